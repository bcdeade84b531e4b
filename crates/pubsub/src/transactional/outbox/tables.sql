-- Committed messages on their way to the broker. `refused` holds the reason for one that the broker will never take.
create table if not exists twinloop.outbox (
  id int8 generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  due_at timestamptz not null,
  published_us int8 not null,
  topic text not null,
  message_id text not null,
  key text,
  trace text,
  body text not null,
  refused text
) with (
  autovacuum_vacuum_scale_factor = 0.02,
  autovacuum_vacuum_threshold = 2000,
  autovacuum_vacuum_cost_delay = 0
);

alter table twinloop.outbox alter column body set storage external;

create index if not exists outbox_waiting on twinloop.outbox (id) where refused is null;

alter table twinloop.outbox add column if not exists priority int2 not null default 0;
