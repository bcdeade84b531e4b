//! The telemetry of this process, configured by one test at a time.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value as Json, json};
use tokio::sync::{Mutex, MutexGuard};
use twinloop_mailbox::{Batch, Kind, Limits};
use twinloop_runtime::telemetry::{
    Caller, Measured, MetricSnapshot, OperationKind, OperationTrace, SpanKind, TraceContext, telemetry,
};
use twinloop_runtime::{Component, Core, Failure, Invocation, Isolate};

const CONFIGURE: u16 = 1;
const SERVE: u16 = 2;
const STOP: u16 = 6;
pub(crate) const ANNOUNCE: u16 = 7;
pub(crate) const RECORD_SPAN: u16 = 3;
pub(crate) const RECORD_METRICS: u16 = 4;
pub(crate) const RECORD_LINE: u16 = 5;

static TURN: Mutex<()> = Mutex::const_new(());
static COMPONENT: OnceLock<Box<dyn Component>> = OnceLock::new();

/// Telemetry as one test has configured it.
pub(crate) struct Process {
    core: &'static Core,
    pub(crate) isolate: Arc<Isolate>,
    /// What `configure` has answered.
    pub(crate) answer: Json,
    _turn: MutexGuard<'static, ()>,
}

/// The settings of an app that exports nothing, keeps recent traces, and has an admin server.
pub(crate) fn settings() -> Json {
    json!({
        "accessLog": { "mode": "off", "slowMs": 0 }, "logFormat": "json", "colours": false,
        "slowQueryMs": null, "stallMs": null, "traceSlowMs": 1000,
        "app": { "name": "shop", "version": "1.0.0", "environment": "test", "node": "v20.0.0", "twinloop": "0.1.0" },
        "otel": {},
        "admin": { "port": 0, "host": "127.0.0.1", "token": null, "metricsToken": false, "allowedHosts": [], "ui": null },
        "store": true,
    })
}

impl Process {
    /// Waits for its turn, and configures.
    pub(crate) async fn configure(settings: &Json) -> Result<Self, Failure> {
        let turn = TURN.lock().await;
        let core = Core::get_or_build(Vec::new).unwrap();
        let isolate = core.attach(Limits::default(), || ());
        let mut process = Self { core, isolate, answer: Json::Null, _turn: turn };
        let answer = process.call(CONFIGURE, settings.to_string()).await?;
        process.answer = serde_json::from_str(&answer).unwrap();
        Ok(process)
    }

    /// Calls an operation.
    pub(crate) async fn call(&self, operation: u16, payload: impl Into<Bytes>) -> Result<String, Failure> {
        self.call_of(Caller::default(), operation, payload).await
    }

    /// Calls an operation as a part of `caller`.
    pub(crate) async fn call_of(
        &self,
        caller: Caller,
        operation: u16,
        payload: impl Into<Bytes>,
    ) -> Result<String, Failure> {
        let component = COMPONENT.get_or_init(|| twinloop_telemetry::component(0));
        let isolate = Arc::clone(&self.isolate);
        let invocation = Invocation { core: self.core, isolate, caller, operation, payload: payload.into() };
        component.call(invocation).await.map(|text| String::from_utf8(text.bytes).unwrap())
    }

    /// The address of the admin server, without `http://`.
    pub(crate) fn address(&self) -> &str {
        self.answer["adminUrl"].as_str().unwrap().strip_prefix("http://").unwrap()
    }

    /// Makes this process's isolate answer questions, each with what `answer` makes of it, for as long as the test runs.
    pub(crate) async fn serve(&self, answer: impl Fn(u16, Json) -> Result<String, String> + Send + 'static) {
        self.call(SERVE, "").await.unwrap();
        let isolate = Arc::clone(&self.isolate);
        tokio::spawn(async move {
            loop {
                let mut batch = Batch::default();
                isolate.port.drain(&mut batch, 1);
                if let [head, id, ..] = *batch.ints() {
                    if head & 0xff == Kind::Job as i32 {
                        let target = u16::try_from((head >> 16) & 0xffff).unwrap();
                        let asked = serde_json::from_slice(batch.narrow()).unwrap();
                        let (entry, text) = match answer(target, asked) {
                            Ok(text) => ([0x101, id, 200], text),
                            Err(text) => ([0x104, id, 500], text),
                        };
                        isolate.port.settle(&entry, 1, &Bytes::from(format!("{text}\n"))).unwrap();
                    }
                } else {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                }
            }
        });
    }

    /// The messages of the lines that the runtime has printed through this process's isolate since the last call.
    pub(crate) fn logged(&self) -> Vec<String> {
        let mut logged = Vec::new();
        loop {
            let mut batch = Batch::default();
            self.isolate.port.drain(&mut batch, 1);
            let [head, ..] = *batch.ints() else { return logged };
            if head & 0xff == Kind::Log as i32 {
                let line: Json = serde_json::from_slice(batch.narrow()).unwrap();
                logged.push(line["msg"].as_str().unwrap().to_owned());
            }
        }
    }

    /// Stops telemetry, and ends the isolate.
    pub(crate) async fn stop(self, grace: Duration) {
        let grace_ms = u64::try_from(grace.as_millis()).unwrap();
        self.call(STOP, json!({ "graceMs": grace_ms }).to_string()).await.unwrap();
        self.core.detach(self.isolate.id);
    }
}

/// Records an operation of `spans` spans.
pub(crate) fn record_operation(spans: usize) -> TraceContext {
    let context = TraceContext::root(true);
    let operation = OperationTrace::begin(OperationKind::Request, context, None, None).unwrap();
    for _ in 1..spans {
        operation.open("select links", SpanKind::Client).end();
    }
    let mut root = operation.root("GET /links/:id", SpanKind::Server);
    root.set("http.route", "/links/:id");
    root.set("http.response.status_code", 200);
    operation.end(root);
    context
}

/// What was dropped until now, by kind.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
pub(crate) fn dropped(what: &str) -> u64 {
    let all: Vec<MetricSnapshot> = telemetry().metrics.collect();
    let Some(metric) = all.iter().find(|metric| metric.spec.name == "twinloop.telemetry.dropped") else {
        return 0;
    };
    let point = metric.points.iter().find(|point| point.labels == [what]).unwrap();
    match point.measured {
        Measured::Number(value) => value as u64,
        ref other @ Measured::Histogram { .. } => panic!("{other:?}"),
    }
}
