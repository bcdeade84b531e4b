create table link (id serial primary key, url text not null, clicks integer not null default 0);
