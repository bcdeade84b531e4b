create table if not exists twinloop.subscription (
  id int4 generated always as identity primary key,
  topic text not null,
  name text not null,
  ordered bool not null,
  unique (topic, name)
);

-- One row per message and subscription. `due_at` is when it may be claimed: its own time, the end of its lease, or the time
-- of its next attempt. A row whose attempt is not 0 was begun, and holds its key until it is acknowledged or buried.
create table if not exists twinloop.message (
  id int8 generated always as identity primary key,
  due_at timestamptz not null,
  published_us int8 not null,
  subscription int4 not null,
  attempt int4 not null default 0,
  version int4 not null default 0,
  ordered bool not null,
  leased bool not null default false,
  message_id text not null,
  key text collate "C",
  trace text,
  body text not null
) with (
  fillfactor = 90,
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_threshold = 2000,
  autovacuum_vacuum_cost_delay = 0,
  autovacuum_analyze_scale_factor = 0.1
);

-- Compressing JSON costs more time on the way to a handler than it saves.
alter table twinloop.message alter column body set storage external;

create index if not exists message_due on twinloop.message (subscription, due_at, id) where not ordered;
create index if not exists message_lane on twinloop.message (subscription, key, id) where ordered;
-- At most one message of a key is begun, whatever claims cross.
create unique index if not exists message_begun on twinloop.message (subscription, key) where ordered and attempt > 0;

-- Delayed messages of an ordered subscription: they take their place in their key when they are due.
create table if not exists twinloop.delayed (
  id int8 generated always as identity primary key,
  due_at timestamptz not null,
  published_us int8 not null,
  subscription int4 not null,
  message_id text not null,
  key text not null,
  trace text,
  body text not null
);

create index if not exists delayed_due on twinloop.delayed (subscription, due_at, id);

create table if not exists twinloop.dead_letter (
  id int8 generated always as identity primary key,
  subscription int4 not null,
  message_id text not null,
  attempts int4 not null,
  published_us int8 not null,
  buried_at timestamptz not null default now(),
  reason text not null,
  error text not null,
  stack text,
  key text,
  trace text,
  body text not null
);

create index if not exists dead_letter_order on twinloop.dead_letter (subscription, id);
create index if not exists dead_letter_message on twinloop.dead_letter (subscription, message_id);
