create table reading (at timestamptz primary key, value float8 not null);
