//! A message as the broker stores it: the body unchanged, everything else in properties and headers.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::message;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use twinloop_runtime::{Failure, begin_of};
use uuid::Uuid;

use crate::engine::deliver::context::milliseconds;
use crate::provider::message::{Burial, DeadLetter, DeadReason, Delivery, NewMessage};

/// The time of publication, where the message's id does not tell it.
const PUBLISHED: &str = "twinloop-published-us";
const KEY: &str = "twinloop-key";
/// Deliveries to a handler before this one.
const ATTEMPTS: &str = "twinloop-attempts";
const DELIVER_AT: &str = "twinloop-deliver-at-ms";
const REASON: &str = "twinloop-reason";
const ERROR: &str = "twinloop-error";
const STACK: &str = "twinloop-stack";
const REPLAYED: &str = "twinloop-replayed-ms";
const BURIED: &str = "twinloop-buried-us";
const TRACE: &str = "traceparent";
const TRACE_STATE: &str = "tracestate";

const PERSISTENT: u8 = 2;
/// Greatest length of a key in bytes. All headers of a message are in one frame, of which [`LEAST_FRAME_BYTES`] is the limit.
const MAX_KEY_BYTES: usize = 8 << 10;
const MAX_ERROR_BYTES: usize = 4 << 10;
const MAX_STACK_BYTES: usize = 12 << 10;
/// Greatest length of `traceparent` and `tracestate` of a message of another program; longer ones are not passed on.
const MAX_TRACE_BYTES: usize = 2 << 10;
/// The size of a frame that holds all headers of any message.
pub(super) const LEAST_FRAME_BYTES: u32 = 32 << 10;

/// A message in any queue.
#[derive(Clone, Debug)]
pub(super) struct Letter {
    pub(super) id: String,
    pub(super) body: Bytes,
    pub(super) key: Option<String>,
    pub(super) published_at: SystemTime,
    /// The time at which the message was copied from its topic's history.
    pub(super) replayed_at: Option<SystemTime>,
    pub(super) trace: Option<String>,
    /// Deliveries to a handler so far.
    pub(super) attempts: u32,
    pub(super) deliver_at: Option<SystemTime>,
}

impl Letter {
    /// Creates the letter of a new message.
    ///
    /// Errors: `invalid_argument` for a key that is too long.
    pub(super) fn new(message: NewMessage) -> Result<Self, Failure> {
        if message.key.as_ref().is_some_and(|key| key.len() > MAX_KEY_BYTES) {
            return Err(Failure::invalid_argument(format!(
                "the ordering key of a message for topic {} has more than {MAX_KEY_BYTES} bytes: RabbitMQ carries no longer ones",
                message.topic
            )));
        }
        Ok(Self {
            id: message.id,
            body: message.body,
            key: message.key,
            published_at: message.published_at,
            replayed_at: None,
            trace: message.trace,
            attempts: 0,
            deliver_at: message.deliver_at,
        })
    }

    /// Creates the letter of a delivered message, with this delivery counted.
    pub(super) fn of(delivery: &Delivery) -> Self {
        Self {
            id: delivery.id.clone(),
            body: delivery.body.clone(),
            key: delivery.key.clone(),
            published_at: delivery.published_at,
            replayed_at: delivery.replayed_at,
            trace: delivery.trace.clone(),
            attempts: delivery.attempt,
            deliver_at: None,
        }
    }

    /// Reads a delivered message. Messages of other programs may have none of Twinloop's headers.
    pub(super) fn read(delivered: message::Delivery) -> Self {
        let message::Delivery { properties, data, .. } = delivered;
        let headers = properties.headers().as_ref();
        let seconds = *properties.timestamp();
        let given = properties.message_id().as_ref().map(|id| id.as_str().to_owned());
        let told = || given.as_deref().and_then(milliseconds_of).filter(|ms| Some(ms / 1000) == seconds);
        let since = headers
            .and_then(|headers| number(headers, PUBLISHED))
            .map(Duration::from_micros)
            .or_else(|| told().map(Duration::from_millis))
            .or_else(|| seconds.map(Duration::from_secs))
            .map(|since| SystemTime::UNIX_EPOCH + since);
        Self {
            id: given.unwrap_or_else(|| Uuid::now_v7().hyphenated().to_string()),
            key: headers.and_then(|headers| text(headers, KEY)).filter(|key| key.len() <= MAX_KEY_BYTES),
            trace: headers.and_then(trace).filter(|trace| trace.len() <= MAX_TRACE_BYTES),
            attempts: headers.and_then(|headers| number(headers, ATTEMPTS)).map_or(0, saturated),
            replayed_at: headers.and_then(|headers| number(headers, REPLAYED)).map(at_milliseconds),
            deliver_at: headers.and_then(|headers| number(headers, DELIVER_AT)).map(at_milliseconds),
            published_at: since.unwrap_or_else(SystemTime::now),
            body: Bytes::from(data),
        }
    }

    pub(super) fn properties(&self) -> BasicProperties {
        self.properties_with(FieldTable::default())
    }

    /// Returns the properties of the message as a dead letter.
    pub(super) fn buried(&self, burial: Burial, now: SystemTime) -> BasicProperties {
        let mut headers = FieldTable::default();
        put(&mut headers, REASON, string(burial.reason.name().to_owned()));
        put(&mut headers, ERROR, string(cut(burial.error, MAX_ERROR_BYTES)));
        if let Some(stack) = burial.stack {
            put(&mut headers, STACK, string(cut(stack, MAX_STACK_BYTES)));
        }
        put(&mut headers, BURIED, integer(micros(now)));
        self.properties_with(headers)
    }

    /// Returns the properties with these headers and the message's own. A plain message has none: a table of headers is what
    /// costs most to write and to read, here and at the broker.
    fn properties_with(&self, mut headers: FieldTable) -> BasicProperties {
        if milliseconds_of(&self.id) != Some(milliseconds(self.published_at)) {
            put(&mut headers, PUBLISHED, integer(micros(self.published_at)));
        }
        if let Some(key) = &self.key {
            put(&mut headers, KEY, string(key.clone()));
        }
        if let Some(trace) = &self.trace {
            let (parent, state) =
                trace.split_once(' ').map_or((trace.as_str(), None), |(parent, state)| (parent, Some(state)));
            put(&mut headers, TRACE, string(parent.to_owned()));
            if let Some(state) = state {
                put(&mut headers, TRACE_STATE, string(state.to_owned()));
            }
        }
        if self.attempts > 0 {
            put(&mut headers, ATTEMPTS, integer(u64::from(self.attempts)));
        }
        if let Some(at) = self.replayed_at {
            put(&mut headers, REPLAYED, integer(milliseconds(at)));
        }
        if let Some(at) = self.deliver_at {
            // The due time is rounded up so that nothing is early.
            put(&mut headers, DELIVER_AT, integer(milliseconds(at + Duration::from_micros(999))));
        }
        let mut properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_delivery_mode(PERSISTENT)
            .with_timestamp(milliseconds(self.published_at) / 1000);
        if !headers.inner().is_empty() {
            properties = properties.with_headers(headers);
        }
        match ShortString::try_new(self.id.as_str()) {
            Ok(id) => properties.with_message_id(id),
            Err(_) => properties,
        }
    }
}

/// Returns how often the broker has delivered the message before without an acknowledgement.
pub(super) fn redeliveries(delivered: &message::Delivery) -> u32 {
    if !delivered.redelivered {
        return 0;
    }
    let headers = delivered.properties.headers().as_ref();
    headers.and_then(|headers| number(headers, "x-delivery-count")).map_or(1, saturated).max(1)
}

/// Reads a dead letter.
pub(super) fn dead_letter(delivered: message::Delivery) -> DeadLetter {
    let (letter, burial, buried_at) = read_dead_letter(delivered);
    DeadLetter {
        id: letter.id,
        body: letter.body,
        key: letter.key,
        attempts: letter.attempts,
        published_at: letter.published_at,
        buried_at,
        burial,
    }
}

/// Reads a dead letter with its burial and the time of it.
pub(super) fn read_dead_letter(delivered: message::Delivery) -> (Letter, Burial, SystemTime) {
    let headers = delivered.properties.headers().clone().unwrap_or_default();
    let letter = Letter::read(delivered);
    let reason = text(&headers, REASON).as_deref().and_then(DeadReason::from_name);
    let buried_at = number(&headers, BURIED)
        .map_or(letter.published_at, |us| SystemTime::UNIX_EPOCH + Duration::from_micros(us));
    let burial = Burial {
        reason: reason.unwrap_or(DeadReason::Unrecoverable),
        error: text(&headers, ERROR).unwrap_or_default(),
        stack: text(&headers, STACK),
    };
    (letter, burial, buried_at)
}

/// Returns `traceparent` and `tracestate` of the headers as one text.
fn trace(headers: &FieldTable) -> Option<String> {
    let parent = text(headers, TRACE)?;
    Some(match text(headers, TRACE_STATE) {
        Some(state) => format!("{parent} {state}"),
        None => parent,
    })
}

fn put(headers: &mut FieldTable, name: &'static str, value: AMQPValue) {
    headers.insert(name.into(), value);
}

fn string(text: String) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

fn integer(value: u64) -> AMQPValue {
    AMQPValue::LongLongInt(i64::try_from(value).unwrap_or(i64::MAX))
}

fn text(headers: &FieldTable, name: &str) -> Option<String> {
    match headers.inner().get(name)? {
        AMQPValue::LongString(text) => Some(String::from_utf8_lossy(text.as_bytes()).into_owned()),
        AMQPValue::ShortString(text) => Some(text.as_str().to_owned()),
        _ => None,
    }
}

fn number(headers: &FieldTable, name: &str) -> Option<u64> {
    let value = match *headers.inner().get(name)? {
        AMQPValue::LongLongInt(value) => value,
        AMQPValue::LongInt(value) => value.into(),
        AMQPValue::LongUInt(value) => value.into(),
        AMQPValue::ShortInt(value) => value.into(),
        AMQPValue::ShortUInt(value) => value.into(),
        AMQPValue::ShortShortInt(value) => value.into(),
        AMQPValue::ShortShortUInt(value) => value.into(),
        _ => return None,
    };
    u64::try_from(value).ok()
}

fn saturated(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Returns the time that an id tells, in milliseconds since 1970; `None` unless it is a UUID of version 7 (RFC 9562, section
/// 5.7).
fn milliseconds_of(id: &str) -> Option<u64> {
    let id = Uuid::try_parse(id).ok().filter(|id| id.get_version_num() == 7)?;
    u64::try_from(id.as_u128() >> 80).ok()
}

fn micros(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Converts milliseconds since 1970 into a time; a number beyond the range of time, as another program may write it, becomes
/// the far future.
fn at_milliseconds(ms: u64) -> SystemTime {
    let at = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(ms));
    at.unwrap_or_else(|| SystemTime::UNIX_EPOCH + Duration::from_secs(u32::MAX.into()))
}

fn cut(mut text: String, max_bytes: usize) -> String {
    if text.len() > max_bytes {
        text.truncate(begin_of(&text, max_bytes).len());
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter() -> Letter {
        Letter {
            id: "id".into(),
            body: Bytes::from_static(b"1"),
            key: Some("kéy".into()),
            published_at: SystemTime::UNIX_EPOCH + Duration::from_micros(1_700_000_000_123_456),
            replayed_at: Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_750_000_000_001)),
            trace: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 rojo=1".into()),
            attempts: 3,
            deliver_at: Some(SystemTime::UNIX_EPOCH + Duration::from_micros(1_800_000_000_000_001)),
        }
    }

    fn delivered(properties: BasicProperties, redelivered: bool) -> message::Delivery {
        let mut delivered = message::Delivery::mock(1, "".into(), "".into(), redelivered, b"1".to_vec());
        delivered.properties = properties;
        delivered
    }

    #[test]
    fn what_is_written_is_read_again_and_never_due_too_early() {
        let (sent, got) = (letter(), Letter::read(delivered(letter().properties(), false)));
        assert_eq!(
            (&got.id, &got.body, &got.key, &got.trace),
            (&sent.id, &sent.body, &sent.key, &sent.trace)
        );
        assert_eq!((got.published_at, got.replayed_at), (sent.published_at, sent.replayed_at));
        assert_eq!(got.attempts, 3);
        assert_eq!(got.deliver_at, Some(SystemTime::UNIX_EPOCH + Duration::from_millis(1_800_000_000_001)));
    }

    #[test]
    fn a_plain_message_has_no_headers_and_keeps_its_time_to_the_millisecond() {
        let published_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
        let id = Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, 1_700_000_000, 123_456_789));
        let plain = Letter {
            id: id.to_string(),
            body: Bytes::from_static(b"1"),
            key: None,
            published_at,
            replayed_at: None,
            trace: None,
            attempts: 0,
            deliver_at: None,
        };
        assert!(plain.properties().headers().is_none());
        assert_eq!(Letter::read(delivered(plain.properties(), false)).published_at, published_at);
        let later = Letter { published_at: published_at + Duration::from_micros(1_007), ..plain };
        let got = Letter::read(delivered(later.properties(), false));
        assert_eq!(got.published_at, later.published_at, "an id of another time does not count");
    }

    #[test]
    fn what_is_too_long_for_a_frame_is_not_passed_on() {
        let mut headers = FieldTable::default();
        put(&mut headers, KEY, string("k".repeat(MAX_KEY_BYTES + 1)));
        put(&mut headers, TRACE, string("t".repeat(MAX_TRACE_BYTES + 1)));
        let got = Letter::read(delivered(BasicProperties::default().with_headers(headers), false));
        assert_eq!((got.key, got.trace), (None, None));
    }

    #[test]
    fn a_message_of_another_program_is_read_with_what_it_has() {
        let got = Letter::read(delivered(BasicProperties::default().with_timestamp(7), false));
        assert_eq!(got.published_at, SystemTime::UNIX_EPOCH + Duration::from_secs(7));
        assert_eq!((got.id.len(), got.attempts, got.key, got.deliver_at), (36, 0, None, None));
    }

    #[test]
    fn a_burial_fits_into_a_frame_whatever_the_handler_threw() {
        let burial = Burial {
            reason: DeadReason::Misfit,
            error: "é".repeat(1 << 20),
            stack: Some("é".repeat(1 << 20)),
        };
        let letter = Letter { key: Some("k".repeat(MAX_KEY_BYTES)), ..letter() };
        let read = dead_letter(delivered(letter.buried(burial, SystemTime::now()), false));
        assert_eq!((read.burial.reason, read.attempts), (DeadReason::Misfit, 3));
        let bytes = read.burial.error.len() + read.burial.stack.unwrap().len() + read.key.unwrap().len();
        assert!(bytes + MAX_TRACE_BYTES + 1_000 < LEAST_FRAME_BYTES as usize, "{bytes}");
    }

    #[test]
    fn the_broker_says_how_often_it_has_delivered_before() {
        let counted = |count: i64| {
            let mut headers = FieldTable::default();
            put(&mut headers, "x-delivery-count", AMQPValue::LongLongInt(count));
            BasicProperties::default().with_headers(headers)
        };
        assert_eq!(redeliveries(&delivered(counted(4), true)), 4);
        assert_eq!(redeliveries(&delivered(BasicProperties::default(), true)), 1);
        assert_eq!(redeliveries(&delivered(counted(4), false)), 0);
    }
}
