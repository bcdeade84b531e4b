//! Depth, dead letters and waiting messages of a subscription, as JSON.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use twinloop_runtime::Failure;

use crate::engine::Engine;
use crate::engine::deliver::context::milliseconds;
use crate::provider::memory::Memory;
use crate::provider::message::{DeadLetter, Depth};

/// Greatest number of messages or dead letters that one call returns.
const MAX_LISTED: usize = 100_000;

/// Returns the limit, or `invalid_argument` for more than one call returns: a list that is cut silently would look complete.
pub(crate) fn checked_limit(limit: usize) -> Result<usize, Failure> {
    if (1..=MAX_LISTED).contains(&limit) {
        return Ok(limit);
    }
    Err(Failure::invalid_argument(format!("the limit is {limit}: ask for 1 to {MAX_LISTED} at once")))
}

pub(crate) async fn depth(engine: &Engine, subscription: usize) -> Result<Value, Failure> {
    let of = &engine.subscriber(subscription)?.declared;
    Ok(depth_json(&engine.broker.depth(&of.topic, &of.name).await?))
}

pub(crate) fn depth_json(depth: &Depth) -> Value {
    json!({
        "ready": depth.ready,
        "delayed": depth.delayed,
        "inFlight": depth.in_flight,
        "dead": depth.dead,
        "oldestMs": depth.oldest_ms,
    })
}

/// A dead letter as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Letter {
    id: String,
    body: Box<RawValue>,
    key: Option<String>,
    attempts: u32,
    published_at: u64,
    buried_at: u64,
    reason: &'static str,
    error: String,
    stack: Option<String>,
}

pub(crate) async fn dead_letters(
    engine: &Engine,
    subscription: usize,
    limit: usize,
    after: Option<&str>,
) -> Result<Vec<Letter>, Failure> {
    let of = &engine.subscriber(subscription)?.declared;
    let limit = checked_limit(limit)?;
    let letters = engine.broker.dead_letters(&of.topic, &of.name, limit, after).await?;
    letters.into_iter().map(Letter::try_from).collect()
}

impl TryFrom<DeadLetter> for Letter {
    type Error = Failure;

    fn try_from(letter: DeadLetter) -> Result<Self, Failure> {
        Ok(Self {
            body: json_of(&letter.body)?,
            id: letter.id,
            key: letter.key,
            attempts: letter.attempts,
            published_at: milliseconds(letter.published_at),
            buried_at: milliseconds(letter.buried_at),
            reason: letter.burial.reason.name(),
            error: letter.burial.error,
            stack: letter.burial.stack,
        })
    }
}

/// Returns a body as JSON. A body of another program that is not JSON becomes a string.
pub(crate) fn json_of(body: &[u8]) -> Result<Box<RawValue>, Failure> {
    if let Ok(json) = serde_json::from_slice::<Box<RawValue>>(body) {
        return Ok(json);
    }
    let text = String::from_utf8_lossy(body);
    serde_json::value::to_raw_value(&text).map_err(|error| Failure::internal(error.to_string()))
}

/// A published message of the memory provider as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message {
    id: String,
    body: Option<Box<RawValue>>,
    key: Option<String>,
    published_at: u64,
}

pub(crate) fn published(memory: &Memory, topic: &str) -> Vec<Message> {
    let messages = memory.published(topic).into_iter();
    messages
        .map(|message| Message {
            id: message.id,
            body: json_of(&message.body).ok(),
            key: message.key,
            published_at: milliseconds(message.published_at),
        })
        .collect()
}
