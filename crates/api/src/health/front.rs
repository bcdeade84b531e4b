//! The server as other components ask about it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use twinloop_runtime::{Front, ProbeAnswer, Probing};

use crate::config::HealthConfig;
use crate::health::answer::{liveness, readiness};
use crate::health::checks::CheckCall;
use crate::server::Server;

/// How long an event loop may stand where the app has no liveness probe of its own.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The server of the app, with what its own probes go by.
pub(crate) struct AppFront {
    server: Arc<Server>,
    url: Option<String>,
    stall_timeout: Duration,
    checks: Option<CheckCall>,
}

impl AppFront {
    /// The front of a server that a browser reaches under `url`.
    pub(crate) fn new(server: Arc<Server>, url: Option<String>, config: Option<&HealthConfig>) -> Self {
        let stall_timeout =
            config.map_or(STALL_TIMEOUT, |config| Duration::from_millis(config.stall_timeout_ms));
        let checks = config.and_then(|config| config.checks.as_ref()).map(CheckCall::from);
        Self { server, url, stall_timeout, checks }
    }
}

impl Front for AppFront {
    fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    fn live(&self) -> ProbeAnswer {
        let (status, body) = liveness(&self.server.serving.unanswered(Instant::now()), self.stall_timeout);
        (status.as_u16(), body)
    }

    fn ready(&self) -> Probing<'_> {
        Box::pin(async {
            let (status, body) = readiness(&self.server, self.checks).await;
            (status.as_u16(), body)
        })
    }
}
