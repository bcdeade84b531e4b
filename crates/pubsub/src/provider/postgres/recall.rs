//! Recalling a message by its id from the rows of its subscriptions.

use twinloop_runtime::{Failure, SqlPool, SqlRow, SqlValue};

use crate::provider::postgres::ALL_WITHIN;
use crate::provider::postgres::clock::ahead;
use crate::provider::recall::{Recall, RecallOutcome, Recalled};

const RECALL: &str =
    "select s.name, twinloop.recall(s.id, $2::text, $3::bool, $4::int8 * interval '1 microsecond')
from twinloop.subscription s where s.topic = $1::text order by s.name";

/// Recalls a message from all subscriptions of its topic.
pub(crate) async fn recall(
    pool: &dyn SqlPool,
    topic: &str,
    id: &str,
    what: Recall,
) -> Result<Vec<Recalled>, Failure> {
    let wait = match what {
        Recall::Cancel => 0,
        Recall::Reschedule(due) => ahead(due),
    };
    let parameters = vec![
        SqlValue::Text(topic.to_owned()),
        SqlValue::Text(id.to_owned()),
        SqlValue::Bool(what == Recall::Cancel),
        SqlValue::Int(wait),
    ];
    let rows = pool.query_within(RECALL, parameters, ALL_WITHIN).await?;
    if rows.is_empty() {
        return Err(crate::error::no_topic(topic));
    }
    rows.into_iter().map(recalled).collect()
}

fn recalled(row: SqlRow) -> Result<Recalled, Failure> {
    let unexpected = || Failure::internal("the result of twinloop.recall cannot be read");
    match <[SqlValue; 2]>::try_from(row) {
        Ok([SqlValue::Text(subscription), SqlValue::Text(found)]) => {
            let found = RecallOutcome::from_name(&found).ok_or_else(unexpected)?;
            Ok(Recalled { subscription, found })
        }
        _ => Err(unexpected()),
    }
}
