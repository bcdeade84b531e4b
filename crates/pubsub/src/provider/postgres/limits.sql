-- Whether a claim counts the row against its subscription's `maxInFlight`. The index has no row of a subscription without limits.
alter table twinloop.message add column if not exists limited bool not null default false;
create index if not exists message_limited on twinloop.message (subscription, due_at) where limited and leased;

-- The tokens of a subscription's `rateLimit`: how many there were at a time.
create table if not exists twinloop.rate (
  subscription int4 primary key,
  tokens float8 not null,
  read_at timestamptz not null
) with (fillfactor = 50);

-- Claims messages of a subscription with limits over the whole fleet: `most` in flight at once, and `rate_messages` begun within
-- `rate_us`; null where there is no such limit. One claim at a time counts what is in flight, in a snapshot of after its turn came.
-- The last row has no id; it has the key at which the search of keys ended, and as due_us the milliseconds until the next token, -1
-- where one is left.
create or replace function twinloop.claim_limited(
  of_subscription int8, room int8, lease interval, after text, of_holder int8,
  is_ordered bool, has_priorities bool, most int8, rate_messages int8, rate_us int8
)
returns table (id int8, version int4, attempt int4, published_us int8, message_id text, key text, trace text, body text,
               due_us int8)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  one record;
  admitted int8 := room;
  busy int8;
  bucket float8;
  moment timestamptz;
  claimed int8[] := '{}';
  reached text := null;
  wait_ms int8 := -1;
begin
  perform pg_advisory_xact_lock(1953984625, of_subscription::int4);
  if most is not null then
    select count(*) into busy from (
      select from twinloop.message m
      where m.subscription = of_subscription and m.limited and m.leased and m.due_at > now()
      limit most
    ) out;
    admitted := least(admitted, most - busy);
  end if;
  if rate_messages is not null then
    moment := clock_timestamp();
    insert into twinloop.rate (subscription, tokens, read_at)
    values (of_subscription::int4, rate_messages, moment) on conflict do nothing;
    select least(
      rate_messages,
      r.tokens + greatest(0, extract(epoch from moment - r.read_at))::float8 * 1000000 * rate_messages / rate_us
    ) into bucket from twinloop.rate r where r.subscription = of_subscription::int4;
    admitted := least(admitted, floor(bucket)::int8);
  end if;
  if admitted > 0 and is_ordered then
    for one in select * from twinloop.claim_lanes(of_subscription, admitted, lease, after, of_holder) loop
      if one.id is null then
        reached := one.key;
      else
        claimed := claimed || one.id;
        return query select one.id, one.version, one.attempt, one.published_us, one.message_id, one.key, one.trace,
                            one.body, one.due_us;
      end if;
    end loop;
  end if;
  admitted := admitted - cardinality(claimed);
  if admitted > 0 and has_priorities then
    for one in select * from twinloop.claim_by_priority(of_subscription, admitted, lease, of_holder) loop
      claimed := claimed || one.id;
      return query select one.id, one.version, one.attempt, one.published_us, one.message_id, one.key, one.trace,
                          one.body, one.due_us;
    end loop;
  elsif admitted > 0 then
    for one in select * from twinloop.claim(of_subscription, admitted, lease, 0, of_holder) loop
      claimed := claimed || one.id;
      return query select one.id, one.version, one.attempt, one.published_us, one.message_id, one.key, one.trace,
                          one.body, one.due_us;
    end loop;
  end if;
  update twinloop.message m set limited = true where m.id = any (claimed) and not m.limited;
  if rate_messages is not null then
    bucket := bucket - cardinality(claimed);
    if cardinality(claimed) > 0 then
      update twinloop.rate r set tokens = bucket, read_at = moment where r.subscription = of_subscription::int4;
    end if;
    if bucket < 1 then
      wait_ms := greatest(ceil((1 - bucket) * rate_us / rate_messages / 1000)::int8, least(20, rate_us / 1000), 1);
    end if;
  end if;
  return query select null::int8, 0, 0, 0::int8, null::text, reached, null::text, null::text, wait_ms;
end
$$;
