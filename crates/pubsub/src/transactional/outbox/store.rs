//! Storing messages in the outbox.

use twinloop_runtime::{Failure, SqlPool, SqlStatements, SqlValue};

use crate::provider::message::{NewMessage, Published};
use crate::provider::postgres::dedupe::take_keys;
use crate::provider::postgres::publish::columns;

/// Stores messages and notifies the relay. `relay.rs` names the channel too; a transaction notifies once, however often it
/// publishes.
const STORE: &str = "with stored as (
  insert into twinloop.outbox (due_at, published_us, topic, message_id, key, trace, body, priority)
  select now() + u.delay_us * interval '1 microsecond', u.published_us, u.topic, u.id, u.key, u.trace, u.body, u.priority::int2
  from unnest($1::text[], $2::text[], $3::text[], $4::int8[], $5::int8[], $6::text[], $7::text[], $8::int8[])
       with ordinality u(topic, id, key, published_us, delay_us, trace, body, priority, place)
  order by u.place
)
select pg_notify('twinloop_outbox', '')";

/// Stores messages in an open transaction of the app; they are published after its commit, and never if it rolls back.
///
/// Dedupe keys are checked here, in the app's database: a second message with a key is not stored.
///
/// Errors: `failed_precondition` when the outbox was not created, which
/// [`Relay::start`](crate::transactional::outbox::Relay::start) does; the transaction has then failed.
pub async fn store(
    statements: &dyn SqlStatements,
    messages: Vec<NewMessage>,
) -> Result<Vec<Published>, Failure> {
    let keys = take_keys(statements, &messages).await?;
    let published: Vec<Published> = messages.iter().map(|message| keys.answer(message)).collect();
    let fresh: Vec<NewMessage> = messages.into_iter().filter(|message| keys.admit(message)).collect();
    if !fresh.is_empty() {
        let columns: Vec<SqlValue> = columns(fresh)?;
        statements.query(STORE, columns).await?;
    }
    Ok(published)
}

/// Stores messages in a transaction of their own, for a provider without dedupe keys.
pub async fn publish(pool: &dyn SqlPool, messages: Vec<NewMessage>) -> Result<Vec<Published>, Failure> {
    let transaction = pool.begin().await?;
    let published = store(&*transaction, messages).await?;
    transaction.commit().await?;
    Ok(published)
}
