create table sessions (
  -- The SHA-256 of what the cookie holds: who reads the table cannot sign in with it.
  key bytea primary key,
  user_id text not null,
  expires_at timestamptz not null
);
