//! Recalling a message of a topic by its id.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use twinloop_runtime::Failure;

use crate::engine::Engine;
use crate::provider::recall::{Recall, RecallOutcome, Recalled};
use crate::request::NewTime;

/// The message that is recalled, and what becomes of it: without a time it is cancelled.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecallRequest {
    id: String,
    #[serde(flatten)]
    due: NewTime,
}

/// Recalls a message from the outboxes and from all subscriptions of its topic.
///
/// Shape: `{ changed: "all"|"some"|"none", subscriptions: { name: "waiting"|"in_flight"|"dead"|"gone" } }`; no subscription
/// where an outbox had the message.
pub(crate) async fn recall(engine: &Engine, topic: &str, asked: RecallRequest) -> Result<Value, Failure> {
    let what = asked.due.at(engine.now()).map_or(Recall::Cancel, Recall::Reschedule);
    // A broker without ids refuses before anything is changed.
    let was_in_outbox =
        engine.broker.offer().recall && engine.databases.recall(topic, &asked.id, what).await?;
    if was_in_outbox {
        return Ok(json!({ "changed": "all", "subscriptions": {} }));
    }
    let recalled = engine.broker.recall(topic, &asked.id, what).await?;
    Ok(json!({ "changed": changed(&recalled), "subscriptions": subscriptions(&recalled) }))
}

fn changed(recalled: &[Recalled]) -> &'static str {
    match recalled.iter().filter(|each| each.found == RecallOutcome::Waiting).count() {
        0 => "none",
        count if count == recalled.len() => "all",
        _ => "some",
    }
}

fn subscriptions(recalled: &[Recalled]) -> Value {
    let each = |Recalled { subscription, found }: &Recalled| (subscription.clone(), json!(found.name()));
    Value::Object(recalled.iter().map(each).collect::<Map<String, Value>>())
}
