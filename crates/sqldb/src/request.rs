//! What the isolate sends with an operation.

use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::options::Limits;
use crate::run::Ask;
use crate::shape::Form;
use crate::text::Texts;
use crate::value::Bigints;

/// `[url, limits, rotates]`.
#[derive(Deserialize)]
pub(crate) struct Open(pub(crate) String, pub(crate) Limits, pub(crate) bool);

/// `[pool, url]`.
#[derive(Deserialize)]
pub(crate) struct Rotate(pub(crate) u32, pub(crate) String);

/// A statement: `[pool, session, number, timeoutMs, token, flags, shape, sql, parameters]`.
///
/// Session 0 is any connection of the pool; `number` is the statement's place in its session.
#[derive(Deserialize)]
pub(crate) struct Statement<'a>(
    pub(crate) u32,
    pub(crate) u32,
    pub(crate) u32,
    u64,
    pub(crate) u32,
    u8,
    pub(crate) u64,
    #[serde(borrow)] pub(crate) std::borrow::Cow<'a, str>,
    #[serde(borrow)] pub(crate) Vec<&'a RawValue>,
);

impl<'a> Statement<'a> {
    /// What is to be run, with the text as it is kept for all statements.
    pub(crate) fn ask(self, texts: &Texts) -> Ask<'a> {
        Ask { sql: texts.get(&self.7), form: self.form(), known_shape: self.6, parameters: self.8 }
    }

    pub(crate) fn limit(&self) -> Duration {
        Duration::from_millis(self.3)
    }

    pub(crate) fn form(&self) -> Form {
        const TEXT: u8 = 1;
        const BIGINT_NUMBERS: u8 = 2;
        let bigints = if self.5 & BIGINT_NUMBERS == 0 { Bigints::Text } else { Bigints::Number };
        Form { text: self.5 & TEXT != 0, bigints }
    }
}

/// `[pool, timeoutMs, token, begin]`; an empty `begin` begins nothing.
#[derive(Deserialize)]
pub(crate) struct Acquire(pub(crate) u32, u64, pub(crate) u32, pub(crate) String);

impl Acquire {
    pub(crate) fn limit(&self) -> Duration {
        Duration::from_millis(self.1)
    }
}

/// `[session, number]`.
#[derive(Deserialize)]
pub(crate) struct Release(pub(crate) u32, pub(crate) u32);

/// `[pool, session, number, timeoutMs, token, sql]`.
#[derive(Deserialize)]
pub(crate) struct Script(
    pub(crate) u32,
    pub(crate) u32,
    pub(crate) u32,
    u64,
    pub(crate) u32,
    pub(crate) String,
);

impl Script {
    pub(crate) fn limit(&self) -> Duration {
        Duration::from_millis(self.3)
    }
}

/// `[handle, timeoutMs, token, number, shape]`: the next rows of a stream.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Next(pub(crate) u32, u64, pub(crate) u32, pub(crate) u32, pub(crate) u64);

impl Next {
    pub(crate) fn limit(&self) -> Duration {
        Duration::from_millis(self.1)
    }
}

/// `[handle, number]`.
#[derive(Deserialize)]
pub(crate) struct EndStream(pub(crate) u32, pub(crate) u32);

/// `[pool, channel]`.
#[derive(Deserialize)]
pub(crate) struct Listen(pub(crate) u32, pub(crate) String);

/// `[pool, session, number, timeoutMs, sql]`.
#[derive(Deserialize)]
pub(crate) struct Copy(pub(crate) u32, pub(crate) u32, pub(crate) u32, u64, pub(crate) String);

impl Copy {
    pub(crate) fn limit(&self) -> Duration {
        Duration::from_millis(self.3)
    }
}

/// `[handle, blob]`.
#[derive(Deserialize)]
pub(crate) struct CopyWrite(pub(crate) u32, pub(crate) u32);

/// `[handle, completes]`.
#[derive(Deserialize)]
pub(crate) struct CopyEnd(pub(crate) u32, pub(crate) bool);

/// `number`: a pool, a handle or a token.
#[derive(Deserialize)]
pub(crate) struct Of(pub(crate) u32);
