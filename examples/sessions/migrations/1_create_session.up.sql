create table session (
  key bytea primary key,
  user_id text not null,
  expires_at timestamptz not null
);
