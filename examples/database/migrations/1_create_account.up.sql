create table account (
  name text primary key,
  balance bigint not null
);
