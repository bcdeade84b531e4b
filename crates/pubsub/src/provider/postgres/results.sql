-- What is known of messages whose subscriptions keep results, until it is forgotten.
create table if not exists twinloop.result (
  subscription int4 not null,
  message_id text not null,
  version int8 not null,
  state text not null,
  progress text,
  outcome text,
  kept_until timestamptz not null,
  primary key (subscription, message_id)
);

create index if not exists result_kept on twinloop.result (kept_until);
