//! Recalling a message that the relay has not carried to the broker yet.

use twinloop_runtime::{Failure, SqlPool, SqlValue};

use crate::provider::postgres::clock::ahead;
use crate::provider::recall::Recall;

/// Waits for the relay's batch to end, after which a message is either in the outbox or with the broker.
const LOCK: &str = "select pg_advisory_xact_lock(1953984624, -1)";
const CANCEL: &str =
    "delete from twinloop.outbox where topic = $1::text and message_id = $2::text and refused is null";
const RESCHEDULE: &str = "update twinloop.outbox set due_at = now() + $3::int8 * interval '1 microsecond'
where topic = $1::text and message_id = $2::text and refused is null";

/// Recalls a message. Returns whether the outbox had it.
pub async fn recall(pool: &dyn SqlPool, topic: &str, id: &str, what: Recall) -> Result<bool, Failure> {
    let transaction = pool.begin().await?;
    transaction.query(LOCK, Vec::new()).await?;
    let mut parameters = vec![SqlValue::Text(topic.to_owned()), SqlValue::Text(id.to_owned())];
    let text = match what {
        Recall::Cancel => CANCEL,
        Recall::Reschedule(due) => {
            parameters.push(SqlValue::Int(ahead(due)));
            RESCHEDULE
        }
    };
    let count = transaction.execute(text, parameters).await?;
    transaction.commit().await?;
    Ok(count > 0)
}
