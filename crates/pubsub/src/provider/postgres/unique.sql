-- Unique keys, each with the message that has it as long as it waits or runs in a subscription. A row may outlive its message: a
-- publish looks whether the message is still there, and old rows are swept.
create table if not exists twinloop.unique_key (
  topic text not null,
  key text not null,
  message_id text not null,
  checked_at timestamptz not null default now(),
  primary key (topic, key)
);

create index if not exists unique_key_checked on twinloop.unique_key (checked_at);

-- Whether a message that was published with a unique key waits or runs in any subscription.
create or replace function twinloop.is_live(of_id text) returns bool
language sql stable
as $$
  select exists (select from twinloop.message m where m.message_id = of_id and m.findable)
      or exists (select from twinloop.delayed d where d.message_id = of_id)
$$;

-- Takes the free keys among those of a batch, whose locks the transaction holds. Returns the owner of each key, and whether it has
-- just taken it.
create or replace function twinloop.take_unique(topics text[], keys text[], ids text[])
returns table (topic text, key text, message_id text, is_new bool)
language plpgsql
as $$
#variable_conflict use_column
begin
  return query
    with taken as (
      insert into twinloop.unique_key as k (topic, key, message_id)
      select u.topic, u.key, u.id from unnest(topics, keys, ids) u(topic, key, id) order by u.topic, u.key
      on conflict (topic, key) do update set message_id = excluded.message_id, checked_at = now()
      where not twinloop.is_live(k.message_id)
      returning k.topic, k.key, k.message_id
    )
    select u.topic, u.key, coalesce(t.message_id, k.message_id), t.message_id is not null
    from unnest(topics, keys) u(topic, key)
    left join taken t on t.topic = u.topic and t.key = u.key
    left join twinloop.unique_key k on k.topic = u.topic and k.key = u.key;
end
$$;
