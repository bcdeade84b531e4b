-- Whether the row can be found by its message's id. The index has only messages that were published with a delay or a unique key: the others cost
-- what they always did, and to recall one means to look through its subscription.
alter table twinloop.message add column if not exists findable bool not null default false;
create index if not exists message_findable on twinloop.message (message_id) where findable;
create index if not exists delayed_message on twinloop.delayed (message_id);

-- Cancels a message, or makes it due after `wait`, in one subscription. Returns where it was: waiting, in_flight, dead or gone.
create or replace function twinloop.recall(of_subscription int4, of_id text, is_cancel bool, wait interval) returns text
language plpgsql
set enable_seqscan = off
as $$
declare
  row_id int8;
  is_lane bool;
begin
  if is_cancel then
    delete from twinloop.delayed d where d.message_id = of_id and d.subscription = of_subscription;
  else
    update twinloop.delayed d set due_at = now() + wait where d.message_id = of_id and d.subscription = of_subscription;
  end if;
  if found then
    return 'waiting';
  end if;
  select m.id, m.ordered and m.attempt = 0 into row_id, is_lane
  from twinloop.message m where m.message_id = of_id and m.findable and m.subscription = of_subscription;
  if row_id is null then
    select m.id, m.ordered and m.attempt = 0 into row_id, is_lane
    from twinloop.message m where m.subscription = of_subscription and m.message_id = of_id limit 1;
  end if;
  if row_id is null then
    if exists (select from twinloop.dead_letter d where d.subscription = of_subscription and d.message_id = of_id) then
      return 'dead';
    end if;
    return 'gone';
  end if;
  if is_cancel then
    delete from twinloop.message m where m.id = row_id and not (m.leased and m.due_at > now());
  elsif is_lane then
    -- A message that was not begun takes its place in its key when it is due.
    with gone as (
      delete from twinloop.message m where m.id = row_id and m.attempt = 0 returning m.*
    )
    insert into twinloop.delayed (due_at, published_us, subscription, message_id, key, trace, body)
    select now() + wait, published_us, subscription, message_id, key, trace, body from gone;
  else
    update twinloop.message m
    set due_at = now() + wait, leased = false, findable = true, version = (m.version + 1) & 65535
    where m.id = row_id and not (m.leased and m.due_at > now());
  end if;
  if found then
    return 'waiting';
  end if;
  -- A claim, or another recall, was faster.
  return case when exists (select from twinloop.message m where m.id = row_id) then 'in_flight' else 'gone' end;
end
$$;
