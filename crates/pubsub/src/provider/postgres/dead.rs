//! Dead letters and depth: lists, counts, redrive and purge.

use twinloop_runtime::{Failure, SqlPool, SqlRow, SqlValue};

use crate::provider::message::{Burial, DeadLetter, DeadReason, Depth};
use crate::provider::operate::Done;
use crate::provider::postgres::ALL_WITHIN;
use crate::provider::postgres::claim::optional;
use crate::provider::postgres::clock::from_epoch;
use crate::provider::postgres::publish::number;
use crate::provider::subscription::MessageState;

const DEPTH: &str = "with s as (select id from twinloop.subscription where topic = $1::text and name = $2::text),
waiting as (
  select count(*) filter (where due_at <= now()) as ready,
         count(*) filter (where due_at > now() and not leased) as delayed,
         count(*) filter (where due_at > now() and leased) as in_flight,
         min(published_us) filter (where due_at <= now()) as oldest
  from twinloop.message where subscription = (select id from s)
)
select ready, delayed + (select count(*) from twinloop.delayed where subscription = (select id from s)), in_flight,
       (select count(*) from twinloop.dead_letter where subscription = (select id from s)),
       coalesce(greatest(0, (extract(epoch from now()) * 1000)::int8 - oldest / 1000), 0)
from waiting";

const LIST: &str =
    "select message_id, body, key, attempts, published_us, (extract(epoch from buried_at) * 1000000)::int8,
       reason, error, stack
from twinloop.dead_letter
where subscription = (select id from twinloop.subscription where topic = $1::text and name = $2::text)
  and id > coalesce((select max(id) from twinloop.dead_letter where message_id = $4::text and subscription =
      (select id from twinloop.subscription where topic = $1::text and name = $2::text)), 0)
order by id limit $3::int8";

const REDRIVE: &str = "with gone as (
  delete from twinloop.dead_letter d using twinloop.subscription s
  where s.topic = $1::text and s.name = $2::text and d.subscription = s.id
    and ($3::text[] is null or d.message_id = any ($3::text[]))
  returning d.*, s.ordered
), placed as (
  insert into twinloop.message (due_at, published_us, subscription, ordered, message_id, key, trace, body, priority)
  select now(), published_us, subscription, ordered and key is not null, message_id, key, trace, body, priority
  from gone order by id
  returning message_id
)
select count(*), case when $3::text[] is not null then string_agg(distinct message_id, e'\n') end from placed";

const PURGE_DEAD: &str = "with dead as (
  delete from twinloop.dead_letter
  where subscription = (select id from twinloop.subscription where topic = $1::text and name = $2::text) returning 1
)
select count(*) from dead";

const PURGE_WAITING: &str = "with s as (
  select id from twinloop.subscription where topic = $1::text and name = $2::text
), messages as (
  delete from twinloop.message
  where subscription = (select id from s) and not (leased and due_at > now()) returning 1
), later as (
  delete from twinloop.delayed where subscription = (select id from s) returning 1
)
select (select count(*) from messages) + (select count(*) from later)";

fn named(topic: &str, subscription: &str) -> Vec<SqlValue> {
    vec![SqlValue::Text(topic.to_owned()), SqlValue::Text(subscription.to_owned())]
}

pub(crate) async fn depth(pool: &dyn SqlPool, topic: &str, subscription: &str) -> Result<Depth, Failure> {
    let rows = pool.query(DEPTH, named(topic, subscription)).await?;
    let counts: Vec<u64> = rows
        .into_iter()
        .flatten()
        .map(|value| if let SqlValue::Int(count) = value { count.unsigned_abs() } else { 0 })
        .collect();
    let [ready, delayed, in_flight, dead, oldest_ms] = counts[..] else {
        return Err(Failure::internal("the depth of a subscription cannot be read"));
    };
    Ok(Depth { ready, delayed, in_flight, dead, oldest_ms })
}

pub(crate) async fn dead_letters(
    pool: &dyn SqlPool,
    topic: &str,
    subscription: &str,
    limit: usize,
    after: Option<&str>,
) -> Result<Vec<DeadLetter>, Failure> {
    let mut parameters = named(topic, subscription);
    parameters.push(SqlValue::Int(i64::try_from(limit).unwrap_or(i64::MAX)));
    parameters.push(after.map_or(SqlValue::Null, |after| SqlValue::Text(after.to_owned())));
    pool.query(LIST, parameters).await?.into_iter().map(letter).collect()
}

fn letter(row: SqlRow) -> Result<DeadLetter, Failure> {
    let unexpected = || Failure::internal("a dead letter cannot be read");
    let row: [SqlValue; 9] = row.try_into().map_err(|_| unexpected())?;
    let [id, body, key, attempts, published_us, buried_us, reason, error, stack] = row;
    let (SqlValue::Int(attempts), SqlValue::Int(published_us), SqlValue::Int(buried_us)) =
        (attempts, published_us, buried_us)
    else {
        return Err(unexpected());
    };
    let reason = optional(reason).unwrap_or_default();
    Ok(DeadLetter {
        id: optional(id).unwrap_or_default(),
        body: optional(body).unwrap_or_default().into(),
        key: optional(key),
        attempts: u32::try_from(attempts).unwrap_or(0),
        published_at: from_epoch(published_us),
        buried_at: from_epoch(buried_us),
        burial: Burial {
            reason: DeadReason::from_name(&reason)
                .ok_or_else(|| Failure::internal(format!("a dead letter has the unknown reason {reason}")))?,
            error: optional(error).unwrap_or_default(),
            stack: optional(stack),
        },
    })
}

pub(crate) async fn redrive(
    pool: &dyn SqlPool,
    topic: &str,
    subscription: &str,
    ids: Option<&[String]>,
) -> Result<Done, Failure> {
    let mut parameters = named(topic, subscription);
    parameters.push(
        ids.map_or(SqlValue::Null, |ids| SqlValue::Texts(ids.iter().map(|id| Some(id.clone())).collect())),
    );
    let rows = pool.query_within(REDRIVE, parameters, ALL_WITHIN).await?;
    let count = number(&rows).unsigned_abs();
    let found = rows.into_iter().flatten().find_map(optional).unwrap_or_default();
    let found: Vec<String> = found.split('\n').map(str::to_owned).collect();
    Ok(Done { count, ..Done::of(ids.unwrap_or_default(), &found) })
}

pub(crate) async fn purge(
    pool: &dyn SqlPool,
    topic: &str,
    subscription: &str,
    part: MessageState,
) -> Result<u64, Failure> {
    let parameters = named(topic, subscription);
    let text = if part == MessageState::Dead { PURGE_DEAD } else { PURGE_WAITING };
    Ok(number(&pool.query_within(text, parameters, ALL_WITHIN).await?).unsigned_abs())
}
