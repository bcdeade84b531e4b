//! Messages into the outbox.

use twinloop_runtime::{SqlPool, SqlStatements, SqlValue};

use crate::error::Error;
use crate::message::{NewMessage, Published};
use crate::postgres::dedupe::take_keys;
use crate::postgres::publish::columns;

/// The channel is named in `relay.rs` too. A transaction notifies once, however often it publishes.
const STORE: &str = "with stored as (
  insert into twinloop.outbox (due_at, published_us, topic, message_id, key, trace, body)
  select now() + u.delay_us * interval '1 microsecond', u.published_us, u.topic, u.id, u.key, u.trace, u.body
  from unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::text[], $7::text[])
       with ordinality u(topic, id, key, published_us, delay_us, trace, body, place)
  order by u.place
)
select pg_notify('twinloop_outbox', '')";

/// Stores messages in an open transaction of the app's: they are published after it has committed, and never if it has not.
///
/// Dedupe keys are checked here, in the app's database: a second message of a key is not stored.
///
/// Errors: `failed_precondition` when the outbox was not made, which [`Relay::start`](super::Relay::start) does; the
/// transaction has then failed.
pub async fn store(
    statements: &dyn SqlStatements,
    messages: Vec<NewMessage>,
) -> Result<Vec<Published>, Error> {
    let keys = take_keys(statements, &messages).await?;
    let published: Vec<Published> = messages.iter().map(|message| keys.answer(message)).collect();
    let fresh: Vec<NewMessage> = messages.into_iter().filter(|message| keys.admit(message)).collect();
    if !fresh.is_empty() {
        let columns: Vec<SqlValue> = columns(fresh)?;
        statements.query(STORE, columns).await?;
    }
    Ok(published)
}

/// Stores messages in a transaction of their own: a provider without dedupe keys gets them so.
pub async fn publish(pool: &dyn SqlPool, messages: Vec<NewMessage>) -> Result<Vec<Published>, Error> {
    let transaction = pool.begin().await?;
    let published = store(&*transaction, messages).await?;
    transaction.commit().await?;
    Ok(published)
}
