//! Storing messages: one statement for a batch, or several in a transaction where dedupe keys must be checked.

use twinloop_runtime::{Failure, SqlRow, SqlStatements, SqlValue};

use crate::provider::message::{NewMessage, Published};
use crate::provider::postgres::ANSWER_WITHIN;
use crate::provider::postgres::clock::{ahead, since_epoch};
use crate::provider::postgres::dedupe::take_keys;
use crate::provider::postgres::unique::take_unique;

/// The text of a statement that inserts rows for the subscriptions that meet a further condition.
macro_rules! store {
    ($condition:literal) => {
        concat!(
            "with stored as (
  insert into twinloop.message (due_at, published_us, subscription, ordered, message_id, key, trace, body, priority,
                                findable)
  select now() + u.delay_us * interval '1 microsecond', u.published_us, s.id, s.ordered and u.key is not null,
         u.id, u.key, u.trace, u.body, u.priority::int2, u.findable > 0
  from unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::text[], $7::text[], $8::int8[],
              $9::int8[])
       with ordinality u(topic, id, key, published_us, delay_us, trace, body, priority, findable, place)
  join twinloop.subscription s on s.topic = u.topic and s.expired_at is null
  where not (s.ordered and u.key is not null and u.delay_us > 0)",
            $condition,
            "
  order by u.place
)
select pg_notify('twinloop_pubsub', hint) from unnest($10::text[]) hint"
        )
    };
}

/// Like `store`, for the rows that it leaves out: delayed messages that get their place in their key when they are due. The
/// order of a key is stronger than a priority, which these rows do not have.
macro_rules! store_delayed {
    ($condition:literal) => {
        concat!(
            "insert into twinloop.delayed (due_at, published_us, subscription, message_id, key, trace, body)
  select now() + u.delay_us * interval '1 microsecond', u.published_us, s.id, u.id, u.key, u.trace, u.body
  from unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::text[], $7::text[])
       with ordinality u(topic, id, key, published_us, delay_us, trace, body, place)
  join twinloop.subscription s on s.topic = u.topic and s.expired_at is null
  where s.ordered and u.key is not null and u.delay_us > 0",
            $condition,
            "
  order by u.place"
        )
    };
}

/// Inserts a row for each subscription of each message's topic, in the order of the messages.
const STORE: &str = store!("");
/// Like `STORE`, without the subscriptions whose filters refuse a message: a JSON list of their names for each message.
const STORE_WANTED: &str = store!(" and not coalesce(($11::text[])[u.place]::jsonb ? s.name, false)");
const STORE_DELAYED: &str = store_delayed!("");
const STORE_DELAYED_WANTED: &str =
    store_delayed!(" and not coalesce(($8::text[])[u.place]::jsonb ? s.name, false)");

/// Returns whether a batch needs several statements: it has dedupe keys or unique keys, or delayed messages with an ordering key.
pub(crate) fn needs_transaction(messages: &[NewMessage]) -> bool {
    let is_checked = |message: &NewMessage| message.dedupe.is_some() || message.unique.is_some();
    messages.iter().any(|message| is_checked(message) || is_delayed_in_lane(message))
}

/// Returns whether a message is looked for by its id: to recall it, or as the owner of its key.
fn is_findable(message: &NewMessage) -> bool {
    message.deliver_at.is_some() || message.unique.is_some()
}

fn is_delayed_in_lane(message: &NewMessage) -> bool {
    message.key.is_some() && message.deliver_at.is_some()
}

/// Stores messages and sends `hints` to other processes.
pub(crate) async fn store(
    statements: &dyn SqlStatements,
    messages: Vec<NewMessage>,
    hints: Vec<String>,
) -> Result<Vec<Published>, Failure> {
    let keys = take_keys(statements, &messages).await?;
    let unique = take_unique(statements, &messages).await?;
    let answer = |message: &NewMessage| match keys.answer(message) {
        Published::Stored => unique.answer(message),
        duplicate @ Published::Duplicate(_) => duplicate,
    };
    let published: Vec<Published> = messages.iter().map(answer).collect();
    let is_fresh = |message: &NewMessage| keys.admit(message) && unique.admit(message);
    let fresh: Vec<NewMessage> = messages.into_iter().filter(is_fresh).collect();
    if fresh.is_empty() {
        return Ok(published);
    }
    let delayed = fresh.iter().any(is_delayed_in_lane);
    let unwanted = unwanted(&fresh);
    let (store, store_delayed) = match unwanted {
        Some(_) => (STORE_WANTED, STORE_DELAYED_WANTED),
        None => (STORE, STORE_DELAYED),
    };
    let findable = fresh.iter().map(|message| Some(i64::from(is_findable(message)))).collect();
    let mut columns = columns(fresh)?;
    columns.push(SqlValue::Ints(findable));
    if delayed {
        statements
            .execute(store_delayed, columns.iter().take(7).cloned().chain(unwanted.clone()).collect())
            .await?;
    }
    let hints = SqlValue::Texts(hints.into_iter().map(Some).collect());
    let parameters = columns.into_iter().chain([hints]).chain(unwanted).collect();
    statements.query_within(store, parameters, ANSWER_WITHIN).await?;
    Ok(published)
}

/// Returns for each message the names of the subscriptions that refuse it, as a JSON list; `None` where none is refused.
fn unwanted(messages: &[NewMessage]) -> Option<SqlValue> {
    let list =
        |names: &Vec<String>| (!names.is_empty()).then(|| serde_json::to_string(names).unwrap_or_default());
    let lists: Vec<_> = messages.iter().map(|message| list(&message.unwanted_by)).collect();
    lists.iter().any(Option::is_some).then_some(SqlValue::Texts(lists))
}

/// Returns the messages as arrays, one for each column.
pub(crate) fn columns(messages: Vec<NewMessage>) -> Result<Vec<SqlValue>, Failure> {
    let count = messages.len();
    let (mut topics, mut ids, mut keys) =
        (Vec::with_capacity(count), Vec::with_capacity(count), Vec::with_capacity(count));
    let (mut published, mut delays) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let (mut traces, mut bodies) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut priorities = Vec::with_capacity(count);
    for message in messages {
        let body = String::from_utf8(message.body.into())
            .map_err(|_| Failure::internal("a message's body is not UTF-8"))?;
        topics.push(Some(message.topic));
        ids.push(Some(message.id));
        keys.push(message.key);
        published.push(Some(since_epoch(message.published_at)));
        delays.push(Some(message.deliver_at.map_or(0, ahead)));
        traces.push(message.trace);
        priorities.push(Some(message.priority.into()));
        bodies.push(Some(body));
    }
    Ok(vec![
        SqlValue::Texts(topics),
        SqlValue::Texts(ids),
        SqlValue::Texts(keys),
        SqlValue::Ints(published),
        SqlValue::Ints(delays),
        SqlValue::Texts(traces),
        SqlValue::Texts(bodies),
        SqlValue::Ints(priorities),
    ])
}

/// Returns the topics of a batch, each once.
pub(crate) fn topics_of(messages: &[NewMessage]) -> Vec<String> {
    let mut topics: Vec<String> = Vec::new();
    for message in messages {
        if topics.last().is_none_or(|last| *last != message.topic) && !topics.contains(&message.topic) {
            topics.push(message.topic.clone());
        }
    }
    topics
}

/// Returns the single number of a result.
pub(crate) fn number(rows: &[SqlRow]) -> i64 {
    match rows.first().and_then(|row| row.first()) {
        Some(SqlValue::Int(number)) => *number,
        _ => 0,
    }
}
