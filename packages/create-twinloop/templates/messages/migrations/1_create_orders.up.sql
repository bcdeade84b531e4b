create table orders (
  id bigint generated always as identity primary key,
  item text not null,
  count integer not null check (count > 0),
  state text not null default 'placed' check (state in ('placed', 'fulfilled')),
  placed_at timestamptz not null default now()
);
