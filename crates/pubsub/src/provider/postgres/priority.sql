-- Claims messages of a subscription with priorities: those of each priority, the greatest first, and last those of priority 0.
-- What other claims have locked is passed over. The last column sorts the claimed by priority and due time. A topic without priorities does not call this function.
create or replace function twinloop.claim_by_priority(of_subscription int8, room int8, lease interval, of_holder int8)
returns table (id int8, version int4, attempt int4, published_us int8, message_id text, key text, trace text, body text,
               due_us int8)
language plpgsql
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off
set enable_hashjoin = off set enable_mergejoin = off
as $$
#variable_conflict use_column
declare
  level int2 := 10;
  free int8 := room;
  taken int8;
begin
  while free > 0 loop
    -- Skips the priorities of which no message is there.
    select d.priority into level from twinloop.message d
    where d.subscription = of_subscription and not d.ordered and d.priority > 0 and d.priority < level
    order by d.priority desc limit 1;
    exit when level is null;
    return query
      with due as materialized (
        select d.id, d.due_at from twinloop.message d
        where d.subscription = of_subscription and not d.ordered and d.priority > 0 and d.priority = level
          and d.due_at <= now()
        order by d.due_at, d.id limit free for update skip locked
      )
      update twinloop.message m
      set due_at = now() + lease, leased = true, attempt = m.attempt + 1, version = (m.version + 1) & 65535,
          holder = of_holder::int4, claimed_at = now()
      from due
      where m.id = due.id
      returning m.id, m.version, m.attempt, m.published_us, m.message_id, m.key, m.trace, m.body,
                (9 - m.priority) * 100000000000000000::int8 + (extract(epoch from due.due_at) * 1000000)::int8;
    get diagnostics taken = row_count;
    free := free - taken;
  end loop;
  if free > 0 then
    return query
      select c.id, c.version, c.attempt, c.published_us, c.message_id, c.key, c.trace, c.body,
             900000000000000000::int8 + c.due_us
      from twinloop.claim(of_subscription, free, lease, 0, of_holder) c;
  end if;
end
$$;
