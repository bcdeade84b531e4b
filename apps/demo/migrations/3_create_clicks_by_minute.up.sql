create table clicks_by_minute (
  link_id bigint not null references links on delete cascade,
  minute timestamptz not null,
  clicks bigint not null,
  primary key (link_id, minute)
);
create index on clicks_by_minute (minute);
