-- The one table of the benchmark. Running it again changes nothing.
create table if not exists bench_rows (
  id int8 primary key,
  name text not null,
  email text not null,
  active bool not null,
  created_at timestamptz not null,
  score float8 not null,
  quantity int4 not null,
  details jsonb not null
);
insert into bench_rows
  select i, 'name ' || i, 'user' || i || '@example.com', i % 3 = 0,
    timestamptz '2024-01-01 00:00:00Z' + i * interval '61.25 seconds', i + 0.25, i % 100, jsonb_build_object('size', i)
  from generate_series(1, 10000) i
  where not exists (select from bench_rows);
analyze bench_rows;
