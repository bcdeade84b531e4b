create table stock (item text primary key, amount bigint not null);
create table total (item text primary key, sold bigint not null);
insert into stock values ('tea', 10);
