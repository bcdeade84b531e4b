//! The operations of telemetry.

use serde::Deserialize;
use twinloop_runtime::Confidential;

use crate::settings::TelemetrySettings;

twinloop_runtime::operations! {
    /// An operation of telemetry, with its arguments.
    pub(crate) enum Operation<'a> of "telemetry" {
        /// Begins to read: [`TelemetrySettings`] -> `{"adminUrl","collectsSpans","collectsLines","sampledShare"}`, where the URL is null without an admin server.
        /// Errors: `invalid_argument` for a variable that cannot be obeyed, `unavailable` when the admin server's address cannot be
        /// bound, `failed_precondition` while telemetry is configured.
        Configure(Confidential<TelemetrySettings>) = 1,
        /// Gives questions of the dashboard, and requests for profiles, to the calling isolate from now on.
        Serve = 2,
        /// Records a span of user code: JSON of [`UserSpan`](crate::user_span::UserSpan).
        RecordSpan[&'a str] = 3,
        /// Adds what JavaScript has measured since its last call: JSON of [`UserMetrics`](crate::user_metrics::UserMetrics).
        /// Errors: `failed_precondition` for a metric that another definition of the same name disagrees with.
        RecordMetrics[&'a str] = 4,
        /// Keeps a log line among the recent ones: the line as one JSON object, by pino's names.
        RecordLine[&'a str] = 5,
        /// Exports what waits, closes the admin server, and reads no more: `{"graceMs"}`. Idempotent; allowed before `configure`.
        Stop(Stop) = 6,
        /// Sets whether `/readyz` reports ready, where no server of the app says so: `{"ready"}`.
        Announce(Announced) = 7,
    }
}

/// The arguments of `stop`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Stop {
    /// How long exports may take, in milliseconds.
    pub(crate) grace_ms: u64,
}

/// The arguments of `announce`.
#[derive(Deserialize)]
pub(crate) struct Announced {
    /// Whether the app has started, and is not about to stop.
    pub(crate) ready: bool,
}
