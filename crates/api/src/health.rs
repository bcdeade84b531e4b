//! Health probes for liveness and readiness, answered without JavaScript but for the app's own checks.

pub(crate) mod answer;
pub(crate) mod checks;
pub(crate) mod front;
pub(crate) mod probe;
