-- Messages whose effects are in this database: a row commits with them.
create table if not exists twinloop.inbox (
  subscription text not null,
  message_id text not null,
  handled_at timestamptz not null default now(),
  primary key (subscription, message_id)
);

create index if not exists inbox_handled_at on twinloop.inbox using brin (handled_at);
