//! Who reads what is recorded.

use crate::telemetry::access::AccessEntry;
use crate::telemetry::operation::FinishedOperation;

/// Takes what was recorded. The methods are called by the threads that answer requests: they must not block, and are bounded by
/// the reader itself.
pub trait TelemetryReader: Send + Sync {
    /// Whether spans of operations are collected at all.
    fn wants_traces(&self) -> bool;

    /// Whether operations are handed over that are not exported, because the reader keeps the recent ones.
    fn wants_all(&self) -> bool {
        false
    }

    /// Takes the spans of an operation that has ended.
    fn finished(&self, operation: FinishedOperation);

    /// Takes an entry of the access log.
    fn access(&self, entry: &AccessEntry<'_>);

    /// Takes a log line of the runtime that no isolate was there to print. Default: nothing.
    fn line(&self, _level: crate::log::Level, _message: &str, _fields: &serde_json::Value) {}
}
