//! What the isolate sends with an operation.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::broker::Part;

/// `open`: where the messages are, and what the app declares.
#[derive(Clone, PartialEq, Deserialize)]
pub(crate) struct Open {
    pub(crate) url: String,
    /// The app's folder, which relative paths begin at.
    pub(crate) root: String,
    pub(crate) types: serde_json::Value,
    pub(crate) topics: Vec<DeclaredTopic>,
    #[serde(default)]
    pub(crate) databases: Vec<DeclaredDatabase>,
    /// False for an operator, who looks at what is there and must not make it otherwise.
    #[serde(default = "declares")]
    pub(crate) declare: bool,
}

fn declares() -> bool {
    true
}

#[derive(Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeclaredTopic {
    pub(crate) name: String,
    /// `None`: anything goes.
    #[serde(rename = "type")]
    pub(crate) message: Option<u32>,
    pub(crate) ordered: bool,
    pub(crate) ordering_attribute: Option<String>,
    pub(crate) max_message_bytes: usize,
    pub(crate) subscriptions: Vec<DeclaredSubscription>,
}

#[derive(Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeclaredSubscription {
    pub(crate) name: String,
    pub(crate) max_concurrency: usize,
    pub(crate) ack_deadline_ms: u64,
    pub(crate) retention_ms: u64,
    pub(crate) timeout_ms: u64,
    pub(crate) min_backoff_ms: u64,
    pub(crate) max_backoff_ms: u64,
    /// Below zero: no end.
    pub(crate) max_retries: i64,
}

#[derive(Clone, PartialEq, Deserialize)]
pub(crate) struct DeclaredDatabase {
    pub(crate) name: String,
    pub(crate) url: String,
}

/// `[broker, topic, options|0, body]`.
#[derive(Deserialize)]
pub(crate) struct Publish<'a>(
    pub(crate) u32,
    pub(crate) usize,
    pub(crate) PublishOptions,
    #[serde(borrow)] pub(crate) &'a RawValue,
);

/// `[broker, topic, options|0, [body,…]]`.
#[derive(Deserialize)]
pub(crate) struct PublishBatch<'a>(
    pub(crate) u32,
    pub(crate) usize,
    pub(crate) PublishOptions,
    #[serde(borrow)] pub(crate) Vec<&'a RawValue>,
);

#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum PublishOptions {
    None(#[allow(dead_code, reason = "it is 0")] u8),
    Given(Box<GivenOptions>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GivenOptions {
    delay_ms: Option<f64>,
    run_at_ms: Option<f64>,
    pub(crate) dedupe_key: Option<String>,
    dedupe_window_ms: Option<f64>,
    pub(crate) tx: Option<Turn>,
    /// 32 hexadecimal digits, of whoever publishes.
    pub(crate) trace: Option<String>,
}

/// How long a dedupe key is taken, unless the publisher says otherwise.
const DEDUPE_WINDOW_MS: f64 = 300_000.0;
/// A hundred years: later than any time that is meant.
const LONGEST_MS: f64 = 3_155_760_000_000.0;

impl PublishOptions {
    pub(crate) fn given(self) -> Option<GivenOptions> {
        match self {
            Self::None(_) => None,
            Self::Given(given) => Some(*given),
        }
    }
}

impl GivenOptions {
    pub(crate) fn deliver_at(&self, now: SystemTime) -> Option<SystemTime> {
        let run_at = self.run_at_ms.map(|at| SystemTime::UNIX_EPOCH + milliseconds(at));
        run_at.or_else(|| self.delay_ms.map(|delay| now + milliseconds(delay)))
    }

    pub(crate) fn dedupe_until(&self, now: SystemTime) -> SystemTime {
        now + milliseconds(self.dedupe_window_ms.unwrap_or(DEDUPE_WINDOW_MS))
    }
}

fn milliseconds(given: f64) -> Duration {
    Duration::from_secs_f64(given.clamp(0.0, LONGEST_MS) / 1000.0)
}

/// `[databaseName, session, turn]`: a place in an open transaction of the isolate.
#[derive(Deserialize)]
pub(crate) struct Turn(pub(crate) String, pub(crate) u32, pub(crate) u32);

/// `[broker]`.
#[derive(Deserialize)]
pub(crate) struct Of(pub(crate) [u32; 1]);

/// `[broker, graceMs]` of a drain, `[broker, ms]` of an advance.
#[derive(Deserialize)]
pub(crate) struct Within(pub(crate) u32, u64);

impl Within {
    pub(crate) fn time(&self) -> Duration {
        Duration::from_millis(self.1)
    }
}

/// `[broker, subscription]`, or a topic's number.
#[derive(Deserialize)]
pub(crate) struct At(pub(crate) u32, pub(crate) usize);

/// `[broker, subscription, limit, after|null]`.
#[derive(Deserialize)]
pub(crate) struct DeadLetters(pub(crate) u32, pub(crate) usize, pub(crate) usize, pub(crate) Option<String>);

/// `[broker, subscription, ids|null]`.
#[derive(Deserialize)]
pub(crate) struct Redrive(pub(crate) u32, pub(crate) usize, pub(crate) Option<Vec<String>>);

/// `[broker, subscription, "waiting"|"dead"]`.
#[derive(Deserialize)]
pub(crate) struct Purge(pub(crate) u32, pub(crate) usize, pub(crate) Purged);

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Purged {
    Waiting,
    Dead,
}

impl From<Purged> for Part {
    fn from(purged: Purged) -> Self {
        match purged {
            Purged::Waiting => Self::Waiting,
            Purged::Dead => Self::Dead,
        }
    }
}

/// `[broker, subscription, messageId, databaseName, session, turn]`.
#[derive(Deserialize)]
pub(crate) struct Inbox(
    pub(crate) u32,
    pub(crate) usize,
    pub(crate) String,
    pub(crate) String,
    pub(crate) u32,
    pub(crate) u32,
);
