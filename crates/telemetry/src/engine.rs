//! Telemetry that is read: the parts that a configuration asks for, from its start to its stop.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use twinloop_runtime::telemetry::{AccessEntry, AccessPolicy, FinishedOperation, NEVER, Reader, telemetry};
use twinloop_runtime::{Core, Failure, Level, Serving};

use crate::admin::server::AdminServer;
use crate::admin::state::AdminState;
use crate::drops::DropReport;
use crate::process;
use crate::settings::{TelemetrySettings, limit};
use crate::store::RecentStore;
use crate::store::line::{Line, now_ms};

/// How often what was dropped is told.
const REPORT_EVERY: Duration = Duration::from_secs(60);

/// The parts of a configuration.
pub(crate) struct Engine {
    store: Option<Arc<RecentStore>>,
    admin: Option<AdminServer>,
    wants_spans: bool,
    report: JoinHandle<()>,
}

/// What the process's telemetry hands over to.
struct Readers {
    store: Option<Arc<RecentStore>>,
}

impl Engine {
    /// Starts the parts that the settings ask for, and reads from then on.
    ///
    /// Errors: `invalid_argument` for a setting that cannot be obeyed; `unavailable` where the admin server's address cannot be bound.
    pub(crate) async fn start(
        core: &'static Core,
        serving: Arc<Serving>,
        settings: TelemetrySettings,
    ) -> Result<Arc<Self>, Failure> {
        process::register();
        let store = settings.store.then(Arc::<RecentStore>::default);
        let admin = match &settings.admin {
            Some(admin) => {
                let state = AdminState::new(core, serving, &settings.app, admin, store.clone())?;
                Some(AdminServer::start(core, state, admin).await?)
            }
            None => None,
        };
        let wants_spans = store.is_some();
        let readers = Readers { store: store.clone() };
        apply(&settings, wants_spans, admin.is_some());
        telemetry().read_by(Some(Arc::new(readers)));
        let report = core.spawn("telemetry report", report(core));
        Ok(Arc::new(Self { store, admin, wants_spans, report }))
    }

    /// The URL of the admin server.
    pub(crate) fn admin_url(&self) -> Option<&str> {
        self.admin.as_ref().map(AdminServer::url)
    }

    /// Whether spans are read.
    pub(crate) fn wants_spans(&self) -> bool {
        self.wants_spans
    }

    /// The recent traces and lines, where they are kept.
    pub(crate) fn store(&self) -> Option<&Arc<RecentStore>> {
        self.store.as_ref()
    }

    /// Ends all parts. What waits for export may take `grace`.
    pub(crate) async fn stop(&self, _grace: Duration) {
        telemetry().read_by(None);
        let settings = &telemetry().settings;
        settings.collect(false, false);
        settings.set_reads_metrics(false);
        settings.set_access(AccessPolicy::Off);
        settings.set_slow_query(NEVER);
        settings.set_stall(NEVER);
        if let Some(admin) = &self.admin {
            admin.stop().await;
        }
        self.report.abort();
    }
}

/// Sets the limits and modes that requests and queries read.
fn apply(asked: &TelemetrySettings, wants_spans: bool, reads_metrics: bool) {
    let settings = &telemetry().settings;
    settings.set_access(asked.access_log.policy());
    settings.set_slow_query(limit(asked.slow_query_ms));
    settings.set_stall(limit(asked.stall_ms));
    settings.set_trace_slow(Duration::from_millis(asked.trace_slow_ms));
    settings.set_reads_metrics(reads_metrics);
    settings.collect(wants_spans, asked.store);
}

async fn report(core: &'static Core) {
    let mut report = DropReport::default();
    loop {
        tokio::time::sleep(REPORT_EVERY).await;
        report.tell(core);
    }
}

impl Reader for Readers {
    fn wants_traces(&self) -> bool {
        self.store.is_some()
    }

    fn wants_all(&self) -> bool {
        self.store.is_some()
    }

    fn finished(&self, operation: FinishedOperation) {
        if let Some(store) = &self.store {
            store.keep_operation(operation);
        }
    }

    fn access(&self, _entry: &AccessEntry<'_>) {}

    fn line(&self, level: Level, message: &str, fields: &serde_json::Value) {
        if let Some(store) = &self.store {
            let fields = fields.as_object().cloned().unwrap_or_default();
            store.keep_line(Line {
                time_ms: now_ms(),
                level: level as i64,
                message: message.to_owned(),
                fields,
            });
        }
    }
}
