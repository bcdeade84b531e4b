-- Messages whose handlers wrote to this database: a row commits together with their effects.
create table if not exists twinloop.inbox (
  subscription text not null,
  message_id text not null,
  handled_at timestamptz not null default now(),
  primary key (subscription, message_id)
);

create index if not exists inbox_handled_at on twinloop.inbox using brin (handled_at);
