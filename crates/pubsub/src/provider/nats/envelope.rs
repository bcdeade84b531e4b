//! A message as the server stores it: the body unchanged, everything else in headers.
//!
//! The values of NATS headers hold no line breaks, so that texts which people write are stored as JSON strings.

use std::time::{Duration, SystemTime};

use async_nats::HeaderMap;
use bytes::Bytes;
use twinloop_runtime::begin_of;
use uuid::Uuid;

use crate::engine::deliver::context::milliseconds;
use crate::provider::message::{Burial, DeadLetter, DeadReason, Delivery, NewMessage};

const ID: &str = "Twinloop-Id";
const PUBLISHED: &str = "Twinloop-Published-Ms";
const KEY: &str = "Twinloop-Key";
/// Deliveries to a handler before the message was stored here.
const ATTEMPTS: &str = "Twinloop-Attempts";
const DUE: &str = "Twinloop-Due-Ms";
const REASON: &str = "Twinloop-Reason";
const ERROR: &str = "Twinloop-Error";
const STACK: &str = "Twinloop-Stack";
const BURIED: &str = "Twinloop-Buried-Ms";
const TRACE: &str = "traceparent";
const TRACE_STATE: &str = "tracestate";

const MAX_ERROR_BYTES: usize = 4 << 10;
const MAX_STACK_BYTES: usize = 12 << 10;

/// A message in any part of a subscription.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) id: String,
    pub(super) body: Bytes,
    pub(super) key: Option<String>,
    pub(super) published_at: SystemTime,
    pub(super) trace: Option<String>,
    /// Deliveries to a handler so far.
    pub(super) attempts: u32,
    pub(super) due_at: Option<SystemTime>,
}

impl Letter {
    pub(super) fn new(message: &NewMessage) -> Self {
        Self {
            id: message.id.clone(),
            body: message.body.clone(),
            key: message.key.clone(),
            published_at: message.published_at,
            trace: message.trace.clone(),
            attempts: 0,
            due_at: message.deliver_at,
        }
    }

    /// Creates the letter of a delivered message, with this delivery counted.
    pub(super) fn of(delivery: &Delivery) -> Self {
        Self {
            id: delivery.id.clone(),
            body: delivery.body.clone(),
            key: delivery.key.clone(),
            published_at: delivery.published_at,
            trace: delivery.trace.clone(),
            attempts: delivery.attempt,
            due_at: None,
        }
    }

    /// Reads a stored message. Messages of other programs may have none of Twinloop's headers.
    pub(super) fn read(headers: Option<&HeaderMap>, body: Bytes) -> Self {
        let none = HeaderMap::new();
        let headers = headers.unwrap_or(&none);
        let trace = plain(headers, TRACE).map(|parent| match plain(headers, TRACE_STATE) {
            Some(state) => format!("{parent} {state}"),
            None => parent.to_owned(),
        });
        Self {
            id: plain(headers, ID).map_or_else(|| Uuid::now_v7().hyphenated().to_string(), str::to_owned),
            body,
            key: text(headers, KEY),
            published_at: time(headers, PUBLISHED).unwrap_or_else(SystemTime::now),
            trace,
            attempts: plain(headers, ATTEMPTS).and_then(|count| count.parse().ok()).unwrap_or(0),
            due_at: time(headers, DUE),
        }
    }

    pub(super) fn headers(&self, message_id: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(async_nats::header::NATS_MESSAGE_ID, message_id);
        headers.insert(ID, self.id.as_str());
        headers.insert(PUBLISHED, milliseconds(self.published_at).to_string());
        put_text(&mut headers, KEY, self.key.as_deref());
        if let Some(trace) = &self.trace {
            let (parent, state) = trace.split_once(' ').unwrap_or((trace, ""));
            headers.insert(TRACE, parent);
            if !state.is_empty() {
                headers.insert(TRACE_STATE, state);
            }
        }
        if self.attempts > 0 {
            headers.insert(ATTEMPTS, self.attempts.to_string());
        }
        if let Some(at) = self.due_at {
            // The due time is rounded up so that nothing is early.
            headers.insert(DUE, milliseconds(at + Duration::from_micros(999)).to_string());
        }
        headers
    }

    /// Returns the headers of the message as a dead letter.
    pub(super) fn buried(&self, message_id: &str, burial: &Burial, at: SystemTime) -> HeaderMap {
        let mut headers = self.headers(message_id);
        headers.insert(REASON, burial.reason.name());
        put_text(&mut headers, ERROR, Some(begin_of(&burial.error, MAX_ERROR_BYTES)));
        put_text(&mut headers, STACK, burial.stack.as_deref().map(|stack| begin_of(stack, MAX_STACK_BYTES)));
        headers.insert(BURIED, milliseconds(at).to_string());
        headers
    }
}

/// Reads a dead letter.
pub(super) fn dead_letter(headers: &HeaderMap, body: Bytes) -> DeadLetter {
    let letter = Letter::read(Some(headers), body);
    let reason = plain(headers, REASON).and_then(DeadReason::from_name);
    let burial = Burial {
        reason: reason.unwrap_or(DeadReason::Unrecoverable),
        error: text(headers, ERROR).unwrap_or_default(),
        stack: text(headers, STACK),
    };
    DeadLetter {
        id: letter.id,
        body: letter.body,
        key: letter.key,
        attempts: letter.attempts,
        published_at: letter.published_at,
        buried_at: time(headers, BURIED).unwrap_or(letter.published_at),
        burial,
    }
}

fn put_text(headers: &mut HeaderMap, name: &str, text: Option<&str>) {
    if let Some(Ok(text)) = text.map(serde_json::to_string) {
        headers.insert(name, text);
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = plain(headers, name)?;
    Some(serde_json::from_str(value).unwrap_or_else(|_| value.to_owned()))
}

fn plain<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.as_str().trim())
}

fn time(headers: &HeaderMap, name: &str) -> Option<SystemTime> {
    let ms = plain(headers, name)?.parse().ok()?;
    Some(SystemTime::UNIX_EPOCH + Duration::from_millis(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_line_breaks_pass_the_headers() {
        let letter = Letter {
            id: "id".into(),
            body: Bytes::from_static(b"1"),
            key: Some("a\r\nb é".into()),
            published_at: SystemTime::UNIX_EPOCH + Duration::from_millis(5),
            trace: Some("00-a-b-01 k=v".into()),
            attempts: 3,
            due_at: None,
        };
        let burial =
            Burial { reason: DeadReason::Misfit, error: "é".repeat(5000), stack: Some("a\n b".into()) };
        let headers = letter.buried("m", &burial, SystemTime::UNIX_EPOCH + Duration::from_secs(9));
        let dead = dead_letter(&headers, letter.body.clone());
        assert_eq!((dead.key, dead.attempts, dead.published_at), (letter.key, 3, letter.published_at));
        assert_eq!(dead.burial.error.len(), MAX_ERROR_BYTES);
        assert_eq!(dead.burial.stack, burial.stack);
        assert_eq!(Letter::read(Some(&headers), Bytes::new()).trace, letter.trace);
    }
}
