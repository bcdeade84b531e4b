create table step (id text primary key, result jsonb);
create table log (id int generated always as identity, run text not null, what text not null);
