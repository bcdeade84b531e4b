create table link (id serial primary key, url text not null unique, clicks integer not null default 0);
