create table links (
  id bigint generated always as identity primary key,
  slug text not null unique check (slug ~ '^[a-z0-9-]{3,32}$'),
  url text not null,
  created_at timestamptz not null default now(),
  clicks bigint not null default 0,
  last_click_at timestamptz
);
