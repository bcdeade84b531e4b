-- Buckets of rate limits, each as the time at which it is full again, in microseconds since 1970. A crash of the server may
-- forget them, which makes them full: so the table is not logged.
create unlogged table if not exists twinloop.rate_limit (
  name text not null,
  key text not null,
  full_us int8 not null,
  primary key (name, key)
);

-- Takes tokens from several buckets, in the order given: callers sort them, so that two never wait for each other.
create or replace function twinloop.rate_take(names text[], keys text[], wants int8[], intervals_ns int8[], depths_ns int8[])
returns table (granted int8, full_in_us int8) language plpgsql as $$
declare
  was int8;
  base int8;
  now_us int8;
begin
  for i in 1 .. coalesce(array_length(names, 1), 0) loop
    insert into twinloop.rate_limit values (names[i], keys[i], 0) on conflict do nothing;
    select r.full_us into was from twinloop.rate_limit r where r.name = names[i] and r.key = keys[i] for update;
    now_us := (extract(epoch from clock_timestamp()) * 1000000)::int8;
    base := greatest(coalesce(was, 0), now_us);
    granted := greatest(0, least(wants[i], ((now_us - base) * 1000 + depths_ns[i]) / intervals_ns[i]));
    base := base + (granted * intervals_ns[i] + 999) / 1000;
    update twinloop.rate_limit r set full_us = base where r.name = names[i] and r.key = keys[i];
    full_in_us := base - now_us;
    return next;
  end loop;
end
$$;
