create table clicks (
  link_id bigint not null references links on delete cascade,
  at timestamptz not null default now()
);
create index on clicks (link_id);
create index on clicks (at);
