//! What a subscription holds, in the words of the isolate.

use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::engine::{Engine, milliseconds};
use crate::error::Error;
use crate::memory::Memory;
use crate::message::DeadLetter;

/// Dead letters that one call gives at most.
const MAX_DEAD_LETTERS: usize = 1_000;

pub(crate) async fn depth(engine: &Engine, subscription: usize) -> Result<Value, Error> {
    let of = &engine.subscriber(subscription)?.declared;
    let depth = engine.broker.depth(&of.topic, &of.name).await?;
    Ok(json!({
        "ready": depth.ready,
        "delayed": depth.delayed,
        "inFlight": depth.in_flight,
        "dead": depth.dead,
        "oldestMs": depth.oldest_ms,
    }))
}

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
) -> Result<Vec<Letter>, Error> {
    let of = &engine.subscriber(subscription)?.declared;
    let limit = limit.min(MAX_DEAD_LETTERS);
    let letters = engine.broker.dead_letters(&of.topic, &of.name, limit, after).await?;
    letters.into_iter().map(Letter::try_from).collect()
}

impl TryFrom<DeadLetter> for Letter {
    type Error = Error;

    fn try_from(letter: DeadLetter) -> Result<Self, Error> {
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

/// A body as JSON; one that is none, from a foreign publisher, as the string that it is.
fn json_of(body: &[u8]) -> Result<Box<RawValue>, Error> {
    if let Ok(json) = serde_json::from_slice::<Box<RawValue>>(body) {
        return Ok(json);
    }
    let text = String::from_utf8_lossy(body);
    serde_json::value::to_raw_value(&text).map_err(|error| Error::internal(error.to_string()))
}

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
