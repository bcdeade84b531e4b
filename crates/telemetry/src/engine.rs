//! Telemetry that is read: the parts that a configuration asks for, from its start to its stop.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use twinloop_runtime::telemetry::{AccessEntry, AccessPolicy, FinishedOperation, NEVER, Reader, telemetry};
use twinloop_runtime::{Core, Failure, Level};

use crate::access::{AccessLines, AccessWriter, recent_line};
use crate::admin::server::AdminServer;
use crate::admin::state::AdminState;
use crate::app_side::AppSide;
use crate::drops::DropReport;
use crate::otlp::collector::Collector;
use crate::otlp::config::OtelConfig;
use crate::otlp::metric_exporter::MetricExporter;
use crate::otlp::span_exporter::SpanExporter;
use crate::process;
use crate::resource::resource;
use crate::settings::{AccessMode, TelemetrySettings, limit};
use crate::store::RecentStore;
use crate::store::line::{Line, now_ms};

/// How often what was dropped is told.
const REPORT_EVERY: Duration = Duration::from_secs(60);

/// The parts of a configuration.
pub(crate) struct Engine {
    store: Option<Arc<RecentStore>>,
    admin: Option<AdminServer>,
    access: Option<Arc<AccessWriter>>,
    spans: Option<Arc<SpanExporter>>,
    metrics: Option<MetricExporter>,
    wants_spans: bool,
    report: JoinHandle<()>,
}

/// What the process's telemetry hands over to.
struct Readers {
    store: Option<Arc<RecentStore>>,
    access: Option<Arc<AccessWriter>>,
    spans: Option<Arc<SpanExporter>>,
}

impl Engine {
    /// Starts the parts that the settings ask for, and reads from then on.
    ///
    /// Errors: `invalid_argument` for a setting that cannot be obeyed; `unavailable` where the admin server's address cannot be bound.
    pub(crate) async fn start(
        core: &'static Core,
        app: Arc<AppSide>,
        settings: TelemetrySettings,
    ) -> Result<Arc<Self>, Failure> {
        process::register();
        let store = settings.store.then(Arc::<RecentStore>::default);
        let otel = OtelConfig::read(&settings.otel)?;
        let resource = resource(&settings.app, &otel.resource, otel.service_name.as_deref());
        let spans = otel.traces.clone().map(|target| Collector::new(core, target)).transpose()?;
        let metrics = otel.metrics.clone().map(|target| Collector::new(core, target)).transpose()?;
        // What can fail comes first: nothing is left behind by a start that fails.
        let lines = match settings.access_log.mode {
            AccessMode::Off => None,
            _ => Some(AccessLines::open(&settings).map_err(|error| no_stdout(&error))?),
        };
        let admin = match &settings.admin {
            Some(admin) => {
                let state =
                    AdminState::new(core, app, &settings.app, admin, (resource.clone(), store.clone()))?;
                Some(AdminServer::start(core, state, admin).await?)
            }
            None => None,
        };
        tell_unknown(core, &otel.unknown);
        let spans =
            spans.map(|collector| Arc::new(SpanExporter::start(core, collector, otel.batch, &resource)));
        let metrics =
            metrics.map(|collector| MetricExporter::start(core, collector, otel.metric_interval, &resource));
        let wants_spans = store.is_some() || spans.is_some();
        let access = lines.map(|lines| Arc::new(lines.start(core)));
        let readers = Readers { store: store.clone(), access: access.clone(), spans: spans.clone() };
        telemetry().sample_by(otel.sampler);
        apply(&settings, wants_spans, admin.is_some() || metrics.is_some());
        telemetry().read_by(Some(Arc::new(readers)));
        let report = core.spawn("telemetry report", report(core));
        Ok(Arc::new(Self { store, admin, access, spans, metrics, wants_spans, report }))
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
    pub(crate) async fn stop(&self, grace: Duration) {
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
        let deadline = Instant::now() + grace;
        let spans = async {
            if let Some(spans) = &self.spans {
                spans.stop(deadline).await;
            }
        };
        let metrics = async {
            if let Some(metrics) = &self.metrics {
                metrics.stop(deadline).await;
            }
        };
        let access = async {
            if let Some(access) = &self.access {
                access.writer.stop(grace).await;
            }
        };
        tokio::join!(spans, metrics, access);
        self.report.abort();
    }
}

/// Names the variables that change nothing: a misspelt one is one of them.
fn tell_unknown(core: &Core, unknown: &[String]) {
    if !unknown.is_empty() {
        let fields = json!({ "variables": unknown });
        core.log(Level::Warn, "ignored variables of OpenTelemetry that this app does not know", &fields);
    }
}

fn no_stdout(error: &std::io::Error) -> Failure {
    let message = format!("the access log cannot be written to standard output: {error}; set ACCESS_LOG=off");
    Failure::failed_precondition(message)
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
        self.store.is_some() || self.spans.is_some()
    }

    fn wants_all(&self) -> bool {
        self.store.is_some()
    }

    fn finished(&self, operation: FinishedOperation) {
        if let Some(spans) = self.spans.as_ref().filter(|_| operation.is_exported) {
            spans.push(&operation);
        }
        if let Some(store) = &self.store {
            store.keep_operation(operation);
        }
    }

    fn access(&self, entry: &AccessEntry<'_>) {
        if let Some(access) = &self.access {
            access.write(entry);
        }
        if let Some(store) = &self.store {
            store.keep_line(recent_line(entry));
        }
    }

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
