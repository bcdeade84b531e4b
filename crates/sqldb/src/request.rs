//! The arguments of operations, as JSON arrays.

use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::deadline::Patience;
use crate::options::PoolLimits;
use crate::statement::json_exchange::{JsonExchange, ScriptResults};
use crate::statement::run::StatementExecution;
use crate::statement::shape::RowForm;
use crate::statement::text_cache::{StatementText, TextCache};
use crate::value::Bigints;

/// The place of a call in a session: the first three numbers of each call that can be made in one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CallPlace {
    pub(crate) pool: u32,
    /// The session; 0 for any connection of the pool.
    pub(crate) session: u32,
    /// The call's number in its session.
    pub(crate) number: u32,
}

impl CallPlace {
    /// Reads the leading numbers of `payload` only, so that a call with otherwise unreadable arguments still has its place.
    pub(crate) fn read(payload: &[u8]) -> Self {
        let [pool, session, number] = numbers(payload).map(|number| u32::try_from(number).unwrap_or(0));
        Self { pool, session, number }
    }
}

/// The five leading numbers of a statement's arguments, read without the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    limit: Duration,
    token: u32,
}

impl Head {
    pub(crate) fn read(payload: &[u8]) -> Self {
        let [_, _, _, limit_ms, token] = numbers(payload);
        Self { limit: Duration::from_millis(limit_ms), token: u32::try_from(token).unwrap_or(0) }
    }

    pub(crate) fn patience(self, isolate: u32) -> Patience {
        Patience { isolate, token: self.token, limit: self.limit }
    }
}

/// The leading numbers of a JSON array; 0 for each element that is no number.
fn numbers<const N: usize>(payload: &[u8]) -> [u64; N] {
    let array = payload.strip_prefix(b"[").unwrap_or_default();
    let mut rest = array.splitn(N + 1, |byte| matches!(byte, b',' | b']'));
    std::array::from_fn(|_| {
        let digits = rest.next().and_then(|digits| std::str::from_utf8(digits).ok());
        digits.and_then(|digits| digits.trim().parse().ok()).unwrap_or(0)
    })
}

/// The arguments of `Open`: `[url, limits, rotates, name]`.
#[derive(Deserialize)]
pub(crate) struct OpenPool {
    pub(crate) url: String,
    pub(crate) limits: PoolLimits,
    pub(crate) rotates: bool,
    pub(crate) name: String,
}

/// The arguments of `Rotate`: `[pool, url]`.
#[derive(Deserialize)]
pub(crate) struct Rotate {
    pub(crate) pool: u32,
    pub(crate) url: String,
}

/// The arguments of `Release`: `[pool, session, number, destroys]`; `destroys` 1 closes the connection instead of reusing it.
#[derive(Deserialize)]
pub(crate) struct Release {
    _pool: IgnoredAny,
    _session: IgnoredAny,
    _number: IgnoredAny,
    pub(crate) destroys: u8,
}

/// The arguments of `SetUp`: `[pool, sql]`.
#[derive(Deserialize)]
pub(crate) struct SetUp {
    pub(crate) pool: u32,
    pub(crate) sql: String,
}

/// The arguments of a statement: `[pool, session, number, timeoutMs, token, flags, shape, sql, parameters]`.
///
/// Session 0 is any connection of the pool; `number` is the statement's place in its session. [`Head`] holds the first five.
#[derive(Deserialize)]
pub(crate) struct Statement<'a> {
    pub(crate) pool: u32,
    _session: IgnoredAny,
    _number: IgnoredAny,
    _timeout_ms: IgnoredAny,
    _token: IgnoredAny,
    flags: u8,
    shape: u64,
    #[serde(borrow)]
    sql: std::borrow::Cow<'a, str>,
    #[serde(borrow)]
    parameters: Vec<&'a RawValue>,
}

impl<'a> Statement<'a> {
    /// The statement to execute, with its text from the cache.
    pub(crate) fn execution(self, texts: &TextCache) -> StatementExecution<JsonExchange<'a>> {
        let (is_kept, form, several) = (self.is_kept(), self.form(), self.several());
        StatementExecution {
            // A text that is used once would only evict others.
            sql: if is_kept { texts.get(&self.sql) } else { StatementText::new(&self.sql) },
            exchange: JsonExchange { parameters: self.parameters, form, several, known_shape: self.shape },
            is_shared: false,
            is_kept,
        }
    }

    /// Whether the statement stays prepared, because its text is expected again.
    fn is_kept(&self) -> bool {
        const ONCE: u8 = 16;
        self.flags & ONCE == 0
    }

    /// Which results are returned where the text holds several statements.
    fn several(&self) -> ScriptResults {
        const ALL_RESULTS: u8 = 4;
        const NO_ROWS: u8 = 8;
        match self.flags {
            flags if flags & ALL_RESULTS != 0 => ScriptResults::All,
            flags if flags & NO_ROWS != 0 => ScriptResults::Counts,
            _ => ScriptResults::Refused,
        }
    }

    fn form(&self) -> RowForm {
        const TEXT: u8 = 1;
        const BIGINT_NUMBERS: u8 = 2;
        let bigints = if self.flags & BIGINT_NUMBERS == 0 { Bigints::Text } else { Bigints::Number };
        RowForm { text: self.flags & TEXT != 0, bigints }
    }
}

/// The arguments of `Acquire`: `[pool, timeoutMs, token, begin]`; an empty `begin` begins no transaction.
#[derive(Deserialize)]
pub(crate) struct Acquire {
    pub(crate) pool: u32,
    timeout_ms: u64,
    pub(crate) token: u32,
    pub(crate) begin: String,
}

impl Acquire {
    pub(crate) fn limit(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

/// The arguments of `Next`: `[pool, session, number, timeoutMs, token, handle, shape]`.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Next {
    _pool: IgnoredAny,
    _session: IgnoredAny,
    _number: IgnoredAny,
    timeout_ms: u64,
    token: u32,
    pub(crate) handle: u32,
    pub(crate) shape: u64,
}

impl Next {
    pub(crate) fn patience(&self, isolate: u32) -> Patience {
        Patience { isolate, token: self.token, limit: Duration::from_millis(self.timeout_ms) }
    }
}

/// The arguments of `EndStream`: `[pool, session, number, handle]`.
#[derive(Deserialize)]
pub(crate) struct EndStream {
    _pool: IgnoredAny,
    _session: IgnoredAny,
    _number: IgnoredAny,
    pub(crate) handle: u32,
}

/// The arguments of `Listen`: `[pool, channel]`.
#[derive(Deserialize)]
pub(crate) struct ListenToChannel {
    pub(crate) pool: u32,
    pub(crate) channel: String,
}

/// The arguments of `CopyIn` and `CopyOut`: `[pool, session, number, timeoutMs, sql]`.
#[derive(Deserialize)]
pub(crate) struct Copy {
    pub(crate) pool: u32,
    _session: IgnoredAny,
    _number: IgnoredAny,
    timeout_ms: u64,
    pub(crate) sql: String,
}

impl Copy {
    pub(crate) fn limit(&self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }
}

/// The arguments of `CopyWrite`: `[handle, blob]`.
#[derive(Deserialize)]
pub(crate) struct CopyWrite {
    pub(crate) handle: u32,
    pub(crate) blob: u32,
}

/// The arguments of `CopyEnd`: `[handle, completes]`.
#[derive(Deserialize)]
pub(crate) struct CopyEnd {
    pub(crate) handle: u32,
    pub(crate) completes: bool,
}

/// An argument that is one number alone: a pool, a handle or a token.
#[derive(Deserialize)]
pub(crate) struct Of(pub(crate) u32);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_cannot_be_read_has_a_place() {
        let place = |text: &str| CallPlace::read(text.as_bytes());
        assert_eq!(place("[1,2,3,oops"), CallPlace { pool: 1, session: 2, number: 3 });
        assert_eq!(place("[1,2,3]"), CallPlace { pool: 1, session: 2, number: 3 });
        assert_eq!(place("[1,2"), CallPlace { pool: 1, session: 2, number: 0 });
        assert_eq!(place(""), CallPlace::default());
    }

    #[test]
    fn the_head_of_a_statement_is_read_before_its_text() {
        let patience = Head::read(br#"[1,2,3,5000,7,0,0,"select ']'",[]]"#).patience(4);
        assert_eq!((patience.isolate, patience.token, patience.limit), (4, 7, Duration::from_secs(5)));
        assert_eq!(Head::read(b"[1,2,3,oops").limit, Duration::ZERO);
    }

    #[test]
    fn requests_with_names_read_arrays() {
        let text = r#"[1,0,0,5000,0,20,9,"select $1",[1]]"#;
        let statement: Statement<'_> = serde_json::from_str(text).unwrap();
        assert_eq!((statement.pool, statement.shape, statement.parameters.len()), (1, 9, 1));
        assert_eq!((statement.is_kept(), statement.several()), (false, ScriptResults::All));
    }
}
