-- The tables of the TechEmpower kinds. Running it again puts rows that are missing, and fortunes that were changed, back.
create table if not exists bench_world (
  id int4 primary key,
  random_number int4 not null
);
insert into bench_world
  select i, 1 + floor(random() * 10000)::int4 from generate_series(1, 10000) i
  on conflict do nothing;
create table if not exists bench_fortune (
  id int4 primary key,
  message text not null
);
truncate bench_fortune;
insert into bench_fortune values
  (1, 'fortune: No such file or directory'),
  (2, 'A computer scientist is someone who fixes things that aren''t broken.'),
  (3, 'After enough decimal places, nobody gives a damn.'),
  (4, 'A bad random number generator: 1, 1, 1, 1, 1, 4.33e+67, 1, 1, 1'),
  (5, 'A computer program does what you tell it to do, not what you want it to do.'),
  (6, 'Emacs is a nice operating system, but I prefer UNIX. — Tom Christaensen'),
  (7, 'Any program that runs right is obsolete.'),
  (8, 'A list is only as strong as its weakest link. — Donald Knuth'),
  (9, 'Feature: A bug with seniority.'),
  (10, 'Computers make very fast, very accurate mistakes.'),
  (11, '<script>alert("This should not be displayed in a browser alert box.");</script>'),
  (12, 'フレームワークのベンチマーク');
analyze bench_world, bench_fortune;
