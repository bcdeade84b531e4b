-- Takes an instant of a job, or a turn for what was triggered. The job's row is held until the end: claims of one job come one
-- after another, from whatever process.
create or replace function twinloop.cron_claim(
  of_job text, at_ms int8, is_manual bool, overlap text, waits bool, most_waiting int8,
  my_place text, my_owner text, lease_ms int8, kept int8
) returns table (verdict text, run int8) language plpgsql as $$
declare
  standing twinloop.cron_job;
  now_ms int8 := (extract(epoch from clock_timestamp()) * 1000)::int8;
  live int8;
  waiting int8;
  begun text;
  refusal text;
begin
  select * into strict standing from twinloop.cron_job where job = of_job for update;
  if not is_manual then
    -- The answer to the same claim was lost.
    return query select status, id from twinloop.cron_run
      where job = of_job and scheduled_ms = at_ms and not manual and owner = my_owner
        and status in ('waiting', 'running');
    if found then
      return;
    end if;
    -- A mark that lies hours ahead was set by a clock that was wrong.
    if at_ms <= standing.mark_ms and standing.mark_ms <= now_ms + 10800000 then
      return query select 'known', 0::int8; return;
    end if;
    update twinloop.cron_job set mark_ms = at_ms where job = of_job;
    if standing.paused then
      return query select 'paused', 0::int8; return;
    end if;
  end if;
  select count(*), count(*) filter (where status = 'waiting') into live, waiting
    from twinloop.cron_run
    where job = of_job and status in ('waiting', 'running') and lease_until > clock_timestamp();
  if overlap = 'skip' and live > 0 then
    refusal := 'the run before was still going on';
  elsif overlap = 'queue' and waiting >= most_waiting then
    refusal := 'too many runs were waiting';
  end if;
  if refusal is not null and is_manual then
    return query select 'skipped', 0::int8; return;
  end if;
  begun := case
    when refusal is not null then 'skipped'
    when not waits and (overlap = 'allow' or live = 0) then 'running'
    else 'waiting' end;
  insert into twinloop.cron_run
    (job, scheduled_ms, manual, status, place, owner, lease_until, started_at, finished_at, error)
    values (of_job, at_ms, is_manual, begun, my_place, my_owner,
      clock_timestamp() + lease_ms * interval '1 ms',
      case when begun = 'running' then clock_timestamp() end,
      case when begun = 'skipped' then clock_timestamp() end, refusal)
    on conflict (job, scheduled_ms) where not manual do nothing
    returning id into run;
  if run is null then
    return query select 'known', 0::int8; return;
  end if;
  delete from twinloop.cron_run as old using (
    select id from twinloop.cron_run
    where job = of_job and status not in ('waiting', 'running') and not owed
    order by id desc offset kept
  ) as forgotten where old.id = forgotten.id;
  return query select begun, run;
end $$;

-- Begins a run that waits, where its turn has come; null where it is another's.
create or replace function twinloop.cron_begin(of_run int8, overlap text, my_owner text)
returns bool language plpgsql as $$
declare
  of_job text;
  behind bool;
begin
  select job into of_job from twinloop.cron_run where id = of_run;
  perform from twinloop.cron_job where job = of_job for update;
  select exists (
    select from twinloop.cron_run
    where job = of_job and id <> of_run and lease_until > clock_timestamp()
      and (status = 'running' or (status = 'waiting' and id < of_run))
  ) into behind;
  if behind and overlap <> 'allow' then
    return case when exists (select from twinloop.cron_run
      where id = of_run and owner = my_owner and status = 'waiting') then false end;
  end if;
  update twinloop.cron_run set status = 'running', started_at = clock_timestamp()
    where id = of_run and owner = my_owner and status = 'waiting';
  return case when found then true end;
end $$;

-- Takes over what was left behind; `mine` are the runs that the owner knows of. Runs of jobs that make up for nothing, triggered ones, and those that have taken too
-- many owners with them are ended.
create or replace function twinloop.cron_reap(
  made_up text[], others text[], my_place text, my_owner text, lease_ms int8, most_owners int8, mine int8[]
) returns table (run int8, of_job text, at_ms int8) language plpgsql as $$
declare
  left_behind record;
begin
  for left_behind in
    select id, job, scheduled_ms, manual, owners, attempts from twinloop.cron_run
    where job = any(made_up || others) and (status in ('waiting', 'running') or owed)
      and not (owner = my_owner and id = any(mine)) and (owed or lease_until < clock_timestamp())
    order by id for update skip locked
  loop
    if left_behind.job = any(made_up) and not left_behind.manual and left_behind.owners < most_owners then
      update twinloop.cron_run set status = 'waiting', place = my_place, owner = my_owner, owners = owners + 1,
        owed = false, lease_until = clock_timestamp() + lease_ms * interval '1 ms',
        started_at = null, finished_at = null, error = null
        where id = left_behind.id;
      return query select left_behind.id, left_behind.job, left_behind.scheduled_ms;
    else
      update twinloop.cron_run set status = 'interrupted', owed = false, finished_at = clock_timestamp(),
        error = coalesce(error, 'aborted: the process that had it ended')
        where id = left_behind.id;
    end if;
  end loop;
end $$;
