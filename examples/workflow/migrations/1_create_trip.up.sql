create table trip (id text primary key, state text not null default 'booking', log text[] not null default '{}');
