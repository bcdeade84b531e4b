//! The batches that the relay reads, publishes and deletes.

use std::time::{Duration, SystemTime};

use twinloop_runtime::{Failure, SqlRow, SqlStatements, SqlValue};

use crate::provider::message::NewMessage;
use crate::provider::postgres::claim::optional;
use crate::provider::postgres::clock::from_epoch;

/// Selects the oldest messages that may be published, at most 500 of them and about 4 MiB.
///
/// A message with a key must wait until all transactions before its own have ended, because an open one may hold an earlier
/// message of the key. Numbers are drawn when a message is stored, so they give the order among the messages that may be
/// published: of two transactions of which one waited for the other, the waiting one drew later.
const READ: &str = "select id, topic, message_id, key, published_us,
       greatest(0, (extract(epoch from due_at - now()) * 1000000)::int8), trace, body, priority::int8
from (
  select *, sum(octet_length(body)) over (order by id) - octet_length(body) as bytes_before
  from (
    select * from twinloop.outbox
    where refused is null and (key is null or xid < pg_snapshot_xmin(pg_current_snapshot()))
    order by id limit 500
  ) oldest
) measured
where bytes_before < 4194304 order by id";

const DELETE: &str = "delete from twinloop.outbox where id = any ($1::int8[])";
const REFUSE: &str = "update twinloop.outbox set refused = $2::text where id = $1::int8";

/// A message with its number in the outbox.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) number: i64,
    pub(crate) message: NewMessage,
}

pub(crate) async fn read(statements: &dyn SqlStatements) -> Result<Vec<Stored>, Failure> {
    statements.query(READ, Vec::new()).await?.into_iter().map(stored).collect()
}

pub(crate) async fn delete(statements: &dyn SqlStatements, numbers: Vec<i64>) -> Result<(), Failure> {
    let numbers = SqlValue::Ints(numbers.into_iter().map(Some).collect());
    statements.execute(DELETE, vec![numbers]).await?;
    Ok(())
}

/// Marks a message that the broker will never take; it stays in the outbox.
pub(crate) async fn refuse(
    statements: &dyn SqlStatements,
    number: i64,
    error: &Failure,
) -> Result<(), Failure> {
    let why = SqlValue::Text(format!("{}: {}", error.code, &error.message));
    statements.execute(REFUSE, vec![SqlValue::Int(number), why]).await?;
    Ok(())
}

fn stored(row: SqlRow) -> Result<Stored, Failure> {
    let unexpected = || Failure::internal("a row of the outbox cannot be read");
    let row: [SqlValue; 9] = row.try_into().map_err(|_| unexpected())?;
    let [number, topic, id, key, published_us, delay_us, trace, body, priority] = row;
    let (SqlValue::Int(number), SqlValue::Int(published_us), SqlValue::Int(delay_us)) =
        (number, published_us, delay_us)
    else {
        return Err(unexpected());
    };
    let (SqlValue::Text(topic), SqlValue::Text(id), SqlValue::Text(body)) = (topic, id, body) else {
        return Err(unexpected());
    };
    let delay = Duration::from_micros(delay_us.unsigned_abs());
    let message = NewMessage {
        id,
        topic,
        body: body.into(),
        key: optional(key),
        published_at: from_epoch(published_us),
        deliver_at: (delay_us > 0).then(|| SystemTime::now() + delay),
        priority: match priority {
            SqlValue::Int(priority) => u8::try_from(priority).unwrap_or(0),
            _ => 0,
        },
        dedupe: None,
        unique: None,
        trace: optional(trace),
        // The outbox keeps no names: a provider beside a database leaves no copies out.
        unwanted_by: Vec::new(),
    };
    Ok(Stored { number, message })
}
