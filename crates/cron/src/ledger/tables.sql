-- Instants of a job up to `mark_ms` are dealt with. Times are those of the jobs' own clocks, in milliseconds since 1970.
create table if not exists twinloop.cron_job (
  job text primary key,
  times text not null,
  mark_ms int8 not null,
  paused bool not null default false
);

create table if not exists twinloop.cron_run (
  id int8 generated always as identity primary key,
  job text not null,
  scheduled_ms int8 not null,
  manual bool not null,
  status text not null,
  -- Machine and process, and who it is among those that have been there.
  place text not null,
  owner text not null,
  owners int8 not null default 1,
  -- Interrupted, and to be begun again by another.
  owed bool not null default false,
  lease_until timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  attempts int8 not null default 0,
  error text
);

-- The lease: of all processes, one takes an instant.
create unique index if not exists cron_run_instant on twinloop.cron_run (job, scheduled_ms) where not manual;
create index if not exists cron_run_order on twinloop.cron_run (job, id);
create index if not exists cron_run_live on twinloop.cron_run (job) where status in ('waiting', 'running') or owed;
