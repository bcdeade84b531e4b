//! The arguments of operations, as JSON arrays.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Deserializer;
use serde_json::value::RawValue;
use twinloop_runtime::telemetry::CallOrigin;

use crate::deadline::Patience;
use crate::options::PoolLimits;
use crate::statement::json_exchange::{JsonExchange, ScriptResults};
use crate::statement::kept_exchange::KeptExchange;
use crate::statement::run::StatementExecution;
use crate::statement::shape::RowForm;
use crate::statement::text_cache::{StatementText, TextCache};
use crate::value::Bigints;

/// The place of a call in a session, `[pool, session, number]`: the first argument of each call that can be made in one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct CallPlace {
    pub(crate) pool: u32,
    /// The session; 0 for any connection of the pool.
    pub(crate) session: u32,
    /// The call's number in its session.
    pub(crate) number: u32,
}

impl CallPlace {
    /// The place in arguments that cannot be read as a whole: the session's next call waits for this one's number.
    pub(crate) fn of_unreadable(payload: &[u8]) -> Option<Self> {
        Deserializer::from_slice(payload.strip_prefix(b"[")?).into_iter().next()?.ok()
    }
}

/// The arguments of `Open`: `[url, limits, rotates, name]`.
#[derive(Deserialize)]
pub(crate) struct OpenPool {
    /// The connection string.
    pub(crate) url: String,
    /// The limits of the pool.
    pub(crate) limits: PoolLimits,
    /// Whether the connection string may change while the process runs.
    pub(crate) rotates: bool,
    /// The database as log lines name it.
    pub(crate) name: String,
}

/// The arguments of `Rotate`: `[pool, url]`.
#[derive(Deserialize)]
pub(crate) struct Rotate {
    pub(crate) pool: u32,
    pub(crate) url: String,
}

/// The arguments of `Release`: `[place, destroys]`; `destroys` closes the connection instead of reusing it.
#[derive(Deserialize)]
pub(crate) struct Release {
    pub(crate) place: CallPlace,
    /// Whether the connection is closed, instead of going back to the pool.
    pub(crate) destroys: bool,
}

/// The arguments of `Hear`: `[place]`.
#[derive(Deserialize)]
pub(crate) struct Hear {
    pub(crate) place: CallPlace,
}

/// The arguments of `SetUp`: `[pool, sql]`.
#[derive(Deserialize)]
pub(crate) struct SetUp {
    pub(crate) pool: u32,
    pub(crate) sql: String,
}

/// The arguments of a statement: `[place, timeoutMs, token, flags, shape, sql, parameters, form]`; `form`, in which rows that stay in
/// Rust are written, is 0 where it is left out.
///
/// The parameters outlive the call: a statement that its caller has given up is finished in the background.
#[derive(Deserialize)]
pub(crate) struct Statement<'a> {
    pub(crate) place: CallPlace,
    timeout_ms: u64,
    token: u32,
    flags: u8,
    shape: u64,
    #[serde(borrow)]
    sql: Cow<'a, str>,
    parameters: Vec<Box<RawValue>>,
    #[serde(default)]
    form: u32,
}

/// A statement that an isolate has sent, ready to be executed.
pub(crate) struct StatementCall<X = JsonExchange> {
    pub(crate) pool: u32,
    /// What the statement is a part of, for telemetry.
    pub(crate) caller: CallOrigin,
    pub(crate) patience: Patience,
    pub(crate) execution: StatementExecution<X>,
}

impl Statement<'_> {
    /// The call with its text from the cache, without what it borrows.
    pub(crate) fn call(self, isolate: u32, caller: CallOrigin, texts: &TextCache) -> StatementCall {
        let limit = Duration::from_millis(self.timeout_ms);
        let patience = Patience { isolate, token: self.token, limit };
        StatementCall { pool: self.place.pool, caller, patience, execution: self.execution(texts) }
    }

    /// The call of a statement whose rows stay in Rust, and the form in which they are written; 0 for none yet.
    pub(crate) fn kept_call(
        self,
        isolate: u32,
        caller: CallOrigin,
        texts: &TextCache,
    ) -> (StatementCall<KeptExchange>, u32) {
        const FIRST_ROW: u8 = 32;
        let (form, is_one) = (self.form, self.flags & FIRST_ROW != 0);
        let StatementCall { pool, caller, patience, execution } = self.call(isolate, caller, texts);
        let StatementExecution { sql, exchange, is_shared, is_kept } = execution;
        let exchange = KeptExchange { json: exchange, is_one, form };
        let execution = StatementExecution { sql, exchange, is_shared, is_kept };
        (StatementCall { pool, caller, patience, execution }, form)
    }

    fn execution(self, texts: &TextCache) -> StatementExecution<JsonExchange> {
        let (is_kept, form, several) = (self.is_kept(), self.form(), self.several());
        StatementExecution {
            // A text that is used once would only evict others.
            sql: if is_kept { texts.get(&self.sql) } else { StatementText::new(&self.sql) },
            exchange: JsonExchange {
                parameters: Arc::new(self.parameters),
                form,
                several,
                known_shape: self.shape,
            },
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
        const BIGINTS: u8 = 64;
        let bigints = match self.flags {
            flags if flags & BIGINT_NUMBERS != 0 => Bigints::Number,
            flags if flags & BIGINTS != 0 => Bigints::BigInt,
            _ => Bigints::Text,
        };
        RowForm { text: self.flags & TEXT != 0, bigints }
    }
}

/// The arguments of `Acquire`: `[pool, timeoutMs, token, begin]`; an empty `begin` begins no transaction.
#[derive(Deserialize)]
pub(crate) struct Acquire {
    pub(crate) pool: u32,
    timeout_ms: u64,
    token: u32,
    pub(crate) begin: String,
}

impl Acquire {
    pub(crate) fn patience(&self, isolate: u32) -> Patience {
        Patience { isolate, token: self.token, limit: Duration::from_millis(self.timeout_ms) }
    }
}

/// The arguments of `Next`: `[place, timeoutMs, token, handle, shape]`.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Next {
    pub(crate) place: CallPlace,
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

/// The arguments of `EndStream`: `[place, handle]`.
#[derive(Deserialize)]
pub(crate) struct EndStream {
    pub(crate) place: CallPlace,
    pub(crate) handle: u32,
}

/// The arguments of `Listen`: `[pool, channel]`.
#[derive(Deserialize)]
pub(crate) struct ListenToChannel {
    pub(crate) pool: u32,
    pub(crate) channel: String,
}

/// The arguments of `CopyIn` and `CopyOut`: `[place, timeoutMs, sql]`.
#[derive(Deserialize)]
pub(crate) struct Copy {
    pub(crate) place: CallPlace,
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
        let place = |text: &str| CallPlace::of_unreadable(text.as_bytes());
        let read = CallPlace { pool: 1, session: 2, number: 3 };
        assert_eq!(place("[[1,2,3],oops"), Some(read));
        assert_eq!(place("[[1,2,3]]"), Some(read));
        for other in ["[[1,2", r#"["postgres://"]"#, "7", ""] {
            assert_eq!(place(other), None, "{other}");
        }
    }

    #[test]
    fn requests_with_names_read_arrays() {
        let text = r#"[[1,0,0],5000,7,20,9,"select $1",[1]]"#;
        let statement: Statement<'_> = serde_json::from_str(text).unwrap();
        assert_eq!((statement.place.pool, statement.shape, statement.parameters.len()), (1, 9, 1));
        assert_eq!((statement.is_kept(), statement.several()), (false, ScriptResults::All));
        let patience = statement.call(4, CallOrigin::default(), &TextCache::default()).patience;
        assert_eq!((patience.isolate, patience.token, patience.limit), (4, 7, Duration::from_secs(5)));
    }
}
