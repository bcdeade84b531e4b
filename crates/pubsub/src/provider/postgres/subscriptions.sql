-- The processes that serve a subscription, and what operators decided about it.
alter table twinloop.subscription add column if not exists created_at timestamptz;
alter table twinloop.subscription add column if not exists served_at timestamptz not null default now();
-- When the last process stopped serving the subscription.
alter table twinloop.subscription add column if not exists left_at timestamptz;
-- Milliseconds without a serving process after which copies end: null is not recorded, -1 is never.
alter table twinloop.subscription add column if not exists expiry_ms int8;
alter table twinloop.subscription add column if not exists paused_at timestamptz;
-- When the copies to the subscription ended.
alter table twinloop.subscription add column if not exists expired_at timestamptz;

-- Former names of subscriptions: an app that still declares one means the present subscription.
create table if not exists twinloop.subscription_alias (
  topic text not null,
  name text not null,
  subscription int4 not null,
  primary key (topic, name)
);

-- The processes that claim messages, to show operators the holder of a message.
create table if not exists twinloop.process (
  id int4 generated always as identity primary key,
  place text not null,
  seen_at timestamptz not null default now()
);

-- The greater number is delivered first. The index has the rows of no topic without priorities.
alter table twinloop.message add column if not exists priority int2 not null default 0;
alter table twinloop.dead_letter add column if not exists priority int2 not null default 0;
create index if not exists message_priority on twinloop.message (subscription, priority, due_at, id)
  where not ordered and priority > 0;

alter table twinloop.message add column if not exists holder int4;
alter table twinloop.message add column if not exists claimed_at timestamptz;

-- Moves the waiting messages of a subscription to another one of its topic with ids, attempts and order, and the dead
-- letters too. With `all_of_it`, messages in flight move as well and their leases stay valid. Returns how many were moved.
create or replace function twinloop.move(from_id int4, to_id int4, all_of_it bool) returns int8
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off
as $$
declare
  target twinloop.subscription;
  moved int8 := 0;
  step int8;
begin
  select * into strict target from twinloop.subscription where id = to_id;
  if target.ordered then
    -- Of one key one message is begun: of several the others begin anew.
    update twinloop.message m set attempt = 0
    where m.subscription = from_id and m.key is not null and m.attempt > 0
      and (all_of_it or not (m.leased and m.due_at > now()))
      and (not m.ordered or exists (
        select from twinloop.message t where t.subscription = to_id and t.key = m.key and t.ordered and t.attempt > 0
      ));
    update twinloop.delayed set subscription = to_id where subscription = from_id;
    get diagnostics step = row_count;
  else
    with gone as (delete from twinloop.delayed where subscription = from_id returning *)
    insert into twinloop.message (due_at, published_us, subscription, ordered, message_id, key, trace, body)
    select due_at, published_us, to_id, false, message_id, key, trace, body from gone order by id;
    get diagnostics step = row_count;
  end if;
  moved := moved + step;
  update twinloop.message m set subscription = to_id, ordered = target.ordered and m.key is not null
  where m.subscription = from_id and (all_of_it or not (m.leased and m.due_at > now()));
  get diagnostics step = row_count;
  moved := moved + step;
  update twinloop.dead_letter set subscription = to_id where subscription = from_id;
  get diagnostics step = row_count;
  return moved + step;
end
$$;

-- Creates a subscription and returns its number, with the former names that it takes over and how many messages came with
-- them. `siblings` are all names that the app declares in the topic: none of them counts as a former name of another.
create or replace function twinloop.declare_subscription(
  of_topic text, of_name text, is_ordered bool, replaces text[], siblings text[], expiry int8
) returns table (number int4, adopted text, messages int8)
language plpgsql
as $$
#variable_conflict use_column
declare
  found int4;
  old record;
  made timestamptz;
  moved int8;
begin
  perform pg_advisory_xact_lock(1953984624, -2);
  delete from twinloop.subscription_alias a using twinloop.subscription s
  where a.topic = of_topic and a.name = of_name and s.id = a.subscription and s.name = any (siblings);
  select a.subscription into found from twinloop.subscription_alias a join twinloop.subscription s on s.id = a.subscription
  where a.topic = of_topic and a.name = of_name;
  if found is not null then
    -- An older version of the app, which knows it by the name that it had.
    return query select found, null::text, 0::int8;
    return;
  end if;
  for old in
    select s.id, s.name from twinloop.subscription s
    where s.topic = of_topic and s.name = any (replaces) and s.name <> of_name
    order by array_position(replaces, s.name)
    for update
  loop
    select s.id, s.created_at into found, made from twinloop.subscription s where s.topic = of_topic and s.name = of_name;
    if found is null then
      -- The same subscription under another name: processes that still have the old one share it.
      update twinloop.subscription set name = of_name where id = old.id;
      insert into twinloop.subscription_alias (topic, name, subscription) values (of_topic, old.name, old.id)
      on conflict (topic, name) do update set subscription = excluded.subscription;
      select (select count(*) from twinloop.message m where m.subscription = old.id)
           + (select count(*) from twinloop.delayed d where d.subscription = old.id)
           + (select count(*) from twinloop.dead_letter d where d.subscription = old.id) into moved;
    else
      -- Both are there. What was published since the new one was made has a copy of its own there.
      delete from twinloop.message m where m.subscription = old.id and not (m.leased and m.due_at > now())
        and (m.published_us >= (extract(epoch from made) * 1000000)::int8
             or exists (select from twinloop.message t where t.subscription = found and t.message_id = m.message_id)
             or exists (select from twinloop.dead_letter t where t.subscription = found and t.message_id = m.message_id));
      delete from twinloop.delayed d where d.subscription = old.id
        and d.published_us >= (extract(epoch from made) * 1000000)::int8;
      delete from twinloop.dead_letter d where d.subscription = old.id
        and d.published_us >= (extract(epoch from made) * 1000000)::int8;
      moved := twinloop.move(old.id, found, true);
      update twinloop.subscription_alias set subscription = found where subscription = old.id;
      delete from twinloop.subscription where id = old.id;
      insert into twinloop.subscription_alias (topic, name, subscription) values (of_topic, old.name, found)
      on conflict (topic, name) do update set subscription = excluded.subscription;
    end if;
    return query select old.id, old.name, moved;
  end loop;
  found := twinloop.declare(of_topic, of_name, is_ordered)::int4;
  update twinloop.subscription set expiry_ms = expiry, created_at = coalesce(created_at, case when served_at = now() then now() end)
  where id = found;
  return query select found, null::text, 0::int8;
end
$$;
