create schema if not exists twinloop;

create table if not exists twinloop.dedupe (
  topic text not null,
  key text not null,
  message_id text not null,
  until timestamptz not null,
  primary key (topic, key)
);

create index if not exists dedupe_until on twinloop.dedupe (until);
