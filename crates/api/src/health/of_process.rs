//! The health of the process, for probes that are asked elsewhere than at the app's own port.

use std::sync::Weak;
use std::time::Duration;

use serde_json::json;
use twinloop_runtime::{Health, ProbeAnswer, Probing};

use crate::config::HealthConfig;
use crate::health::answer::verdict;
use crate::health::checks::CheckCall;
use crate::health::probe::Probe;
use crate::server::Server;

/// The time for which an event loop may be blocked where the app configures none, as the probes' default.
const STALL_TIMEOUT: Duration = Duration::from_secs(30);

/// The health of the process as a server of this edge knows it; once the server is gone, the process stops.
pub(crate) struct ServerHealth {
    server: Weak<Server>,
    live: Probe,
    ready: Probe,
}

impl ServerHealth {
    /// The health that the probes of this configuration tell, also where no path of the app serves them.
    pub(crate) fn new(server: Weak<Server>, config: Option<&HealthConfig>) -> Self {
        let stall_timeout =
            config.map_or(STALL_TIMEOUT, |config| Duration::from_millis(config.stall_timeout_ms));
        let checks = config.and_then(|config| config.checks.as_ref()).map(CheckCall::from);
        Self { server, live: Probe::Live { stall_timeout }, ready: Probe::Ready { checks } }
    }

    fn ask(&self, probe: Probe) -> Probing {
        let server = self.server.clone();
        Box::pin(async move {
            let Some(server) = server.upgrade() else {
                return ProbeAnswer { status: 503, body: json!({ "status": "stopping" }).to_string() };
            };
            let (status, body) = verdict(&server, probe).await;
            ProbeAnswer { status: status.as_u16(), body: body.to_string() }
        })
    }
}

impl Health for ServerHealth {
    fn live(&self) -> Probing {
        self.ask(self.live)
    }

    fn ready(&self) -> Probing {
        self.ask(self.ready)
    }
}
