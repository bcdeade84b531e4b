-- The frequent statements are functions, because a function can forbid plans: a plan made while the table was empty must not
-- be a sequential scan or a sort when a million rows wait.

-- Creates a subscription and returns its number. If it has become unordered, its waiting messages do too.
create or replace function twinloop.declare(of_topic text, of_name text, is_ordered bool) returns int8
language plpgsql
as $$
declare
  found int4;
begin
  insert into twinloop.subscription as s (topic, name, ordered) values (of_topic, of_name, is_ordered)
  on conflict (topic, name) do update set ordered = excluded.ordered
  returning s.id into found;
  if not is_ordered then
    update twinloop.message set ordered = false where subscription = found and ordered;
    with moved as (delete from twinloop.delayed where subscription = found returning *)
    insert into twinloop.message (due_at, published_us, subscription, ordered, message_id, key, trace, body)
    select due_at, published_us, subscription, false, message_id, key, trace, body from moved order by id;
  end if;
  return found;
end
$$;

-- Claims messages of an unordered subscription, the earliest due first. The previous release calls this function without a
-- holder.
drop function if exists twinloop.claim(int8, int8, interval, int8);
create or replace function twinloop.claim(
  of_subscription int8, room int8, lease interval, since_us int8, of_holder int8 default null
)
returns table (id int8, version int4, attempt int4, published_us int8, message_id text, key text, trace text, body text,
               due_us int8)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
begin
  return query
    with due as materialized (
      select d.id, d.due_at from twinloop.message d
      where d.subscription = of_subscription and not d.ordered and d.due_at <= now()
        and d.due_at >= timestamptz 'epoch' + since_us * interval '1 microsecond'
      order by d.due_at, d.id limit room for update skip locked
    )
    update twinloop.message m
    set due_at = now() + lease, leased = true, attempt = m.attempt + 1, version = (m.version + 1) & 65535,
        holder = of_holder::int4, claimed_at = now()
    from due
    where m.id = due.id
    returning m.id, m.version, m.attempt, m.published_us, m.message_id, m.key, m.trace, m.body,
              (extract(epoch from due.due_at) * 1000000)::int8;
end
$$;

-- Claims the front messages of keys, from the key after `after` on. The front of a key is the message that was begun, or
-- else its first one. A last row without an id has the key at which the search ended, or no key if the search reached the
-- last one.
drop function if exists twinloop.claim_lanes(int8, int8, interval, text);
create or replace function twinloop.claim_lanes(
  of_subscription int8, room int8, lease interval, after text, of_holder int8 default null
)
returns table (id int8, version int4, attempt int4, published_us int8, message_id text, key text, trace text, body text,
               due_us int8)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  lane record;
  heads int8[] := '{}';
  seen int4 := 0;
  reached text := null;
begin
  for lane in
    with recursive keys as (
      (select m.key, m.id, m.due_at from twinloop.message m
       where m.subscription = of_subscription and m.ordered and m.key > after
       order by m.key, m.id limit 1)
      union all
      select n.key, n.id, n.due_at from keys k cross join lateral (
        select m.key, m.id, m.due_at from twinloop.message m
        where m.subscription = of_subscription and m.ordered and m.key > k.key
        order by m.key, m.id limit 1
      ) n
    )
    select k.key, coalesce(b.id, k.id) as head, coalesce(b.due_at, k.due_at) as due_at
    from keys k left join lateral (
      select m.id, m.due_at from twinloop.message m
      where m.subscription = of_subscription and m.key = k.key and m.ordered and m.attempt > 0 limit 1
    ) b on true
  loop
    seen := seen + 1;
    if lane.due_at <= now() then
      heads := heads || lane.head;
    end if;
    if cardinality(heads) >= room or seen >= room + 1000 then
      reached := lane.key;
      exit;
    end if;
  end loop;
  return query
    update twinloop.message m
    set due_at = now() + lease, leased = true, attempt = m.attempt + 1, version = (m.version + 1) & 65535,
        holder = of_holder::int4, claimed_at = now()
    where m.id = any (array(
      select d.id from twinloop.message d where d.id = any (heads) and d.due_at <= now() for update skip locked
    ))
    returning m.id, m.version, m.attempt, m.published_us, m.message_id, m.key, m.trace, m.body, 0::int8;
  return query select null::int8, 0, 0, 0::int8, null::text, reached, null::text, null::text, 0::int8;
end
$$;

-- Gives due ordered messages their place, by one process at a time to keep their order.
create or replace function twinloop.promote(of_subscription int8) returns void
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off
as $$
begin
  if pg_try_advisory_xact_lock(1953984624, of_subscription::int4) then
    with due as (
      delete from twinloop.delayed d
      where d.id = any (array(
        select e.id from twinloop.delayed e where e.subscription = of_subscription and e.due_at <= now()
        order by e.due_at, e.id limit 1000
      ))
      returning d.*
    )
    insert into twinloop.message (due_at, published_us, subscription, ordered, message_id, key, trace, body)
    select now(), published_us, subscription, true, message_id, key, trace, body from due order by due_at, id;
  end if;
end
$$;

-- Acknowledges deliveries. A lease is the row's id and, in its last 16 bits, how often the row was claimed or released.
create or replace function twinloop.acknowledge(leases int8[]) returns void
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  delete from twinloop.message m using unnest(leases) l
  where m.id = l >> 16 and m.version = l & 65535 and m.leased;
end
$$;

-- Makes deliveries due after `delay`; the ones that were not begun do not count their attempt.
create or replace function twinloop.give_back(leases int8[], delay interval, begun bool) returns void
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  update twinloop.message m
  set due_at = now() + delay, leased = false, version = (m.version + 1) & 65535,
      attempt = m.attempt - case when begun then 0 else 1 end
  from unnest(leases) l
  where m.id = l >> 16 and m.version = l & 65535 and m.leased;
end
$$;

-- Extends leases and returns the ones that still exist.
create or replace function twinloop.extend(leases int8[], lease interval) returns setof int8
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_hashjoin = off set enable_mergejoin = off
as $$
begin
  return query
    update twinloop.message m set due_at = now() + lease
    from unnest(leases) l
    where m.id = l >> 16 and m.version = l & 65535 and m.leased
    returning l;
end
$$;

-- Buries a delivery.
create or replace function twinloop.bury(lease int8, why text, last_error text, last_stack text) returns void
language sql
as $$
  with gone as (
    delete from twinloop.message m
    where m.id = lease >> 16 and m.version = lease & 65535 and m.leased
    returning m.*
  )
  insert into twinloop.dead_letter
    (subscription, message_id, attempts, published_us, reason, error, stack, key, trace, body, priority)
  select subscription, message_id, attempt, published_us, why, last_error, last_stack, key, trace, body, priority from gone
$$;

-- Returns for each subscription in how many milliseconds a message may be due: 0 for now, no row without messages.
create or replace function twinloop.next_due(subscriptions int8[])
returns table (subscription int8, wait_ms int8)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
as $$
#variable_conflict use_column
begin
  return query
    select s, greatest(0, ceil(extract(epoch from w.due_at - now()) * 1000))::int8
    from unnest(subscriptions) s cross join lateral (
      select least(
        (select m.due_at from twinloop.message m
         where m.subscription = s and not m.ordered order by m.due_at limit 1),
        (select d.due_at from twinloop.delayed d where d.subscription = s order by d.due_at limit 1),
        (select now() from twinloop.message m where m.subscription = s and m.ordered limit 1)
      ) as due_at
    ) w
    where w.due_at is not null;
end
$$;
