//! The telemetry component: answers the operations that isolates call.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock, RwLock};
use std::time::Duration;

use serde_json::json;
use tokio::sync::Mutex;
use twinloop_runtime::telemetry::telemetry;
use twinloop_runtime::{
    Answer, Answering, Component, Confidential, Core, Failure, Invocation, Isolate, Primitive, json_text,
    lock, lock_to_read, lock_to_write, no_result,
};

use crate::app_side::AppSide;
use crate::engine::Engine;
use crate::operation::Operation;
use crate::settings::TelemetrySettings;
use crate::store::RecentStore;
use crate::store::line::Line;
use crate::user_metrics::UserMetrics;
use crate::user_span;

/// How long what waits for export may take after its isolate has ended without a stop.
const END_GRACE: Duration = Duration::from_secs(1);

/// The entry of telemetry in the addon's list of primitives.
pub const PRIMITIVE: Primitive =
    Primitive { name: "telemetry", operations: Operation::describe(), instant: None, make: component };

/// Makes the telemetry component, which reads nothing yet; `number` is the component's number in calls and jobs.
pub fn component(number: u16) -> Box<dyn Component> {
    let app = Arc::new(AppSide::new(number));
    Box::new(Telemetry { reading: Arc::default(), app, metrics: Arc::default() })
}

struct Telemetry {
    reading: Arc<Reading>,
    /// The isolates that answer questions of the dashboard.
    app: Arc<AppSide>,
    metrics: Arc<UserMetrics>,
}

/// What reads, and who has asked for it. Isolates that start apps of their own, as the threads of a test runner do, share one: the
/// first says how, and the last that stops ends it.
#[derive(Default)]
struct Reading {
    engine: Mutex<Option<Arc<Engine>>>,
    /// The engine's store: lines do not wait for an engine that stops.
    store: RwLock<Option<Arc<RecentStore>>>,
    /// The isolates that have configured and not stopped; changed under the engine's lock, but for isolates that have ended.
    users: std::sync::Mutex<HashSet<u32>>,
    core: OnceLock<&'static Core>,
}

impl Reading {
    /// Begins to read, or joins those who do.
    async fn join(&self, by: &Invocation, app: Arc<AppSide>, settings: TelemetrySettings) -> Answer {
        let mut engine = self.engine.lock().await;
        let _ = self.core.set(by.core);
        if lock(&self.users).contains(&by.isolate.id) {
            let message = "telemetry is configured already: stop it before it is configured again";
            return Err(Failure::failed_precondition(message));
        }
        let running = match &*engine {
            Some(running) => Arc::clone(running),
            None => Engine::start(by.core, app, settings).await?,
        };
        lock(&self.users).insert(by.isolate.id);
        *lock_to_write(&self.store) = running.store().cloned();
        let answer = json!({
            "adminUrl": running.admin_url(),
            "collectsSpans": running.wants_spans(),
            "collectsLines": running.store().is_some(),
            "sampledShare": telemetry().sampled_share(),
        });
        *engine = Some(running);
        json_text(&answer)
    }

    /// Ends the reading for an isolate, and for all where nobody else has asked for it.
    async fn leave(&self, isolate: u32, grace: Duration) {
        let mut engine = self.engine.lock().await;
        lock(&self.users).remove(&isolate);
        if !lock(&self.users).is_empty() {
            return;
        }
        *lock_to_write(&self.store) = None;
        if let Some(running) = engine.take() {
            running.stop(grace).await;
        }
    }
}

impl Component for Telemetry {
    fn name(&self) -> &'static str {
        PRIMITIVE.name
    }

    fn call(&self, invocation: Invocation) -> Answering {
        let (reading, app) = (Arc::clone(&self.reading), Arc::clone(&self.app));
        let metrics = Arc::clone(&self.metrics);
        Box::pin(async move {
            match Operation::read(invocation.operation, &invocation.payload)? {
                Operation::Configure(Confidential(settings)) => {
                    reading.join(&invocation, app, settings).await
                }
                Operation::Serve => {
                    app.serving.enter(&invocation.isolate);
                    no_result()
                }
                Operation::RecordSpan(text) => {
                    user_span::record(text, &invocation.caller)?;
                    no_result()
                }
                Operation::RecordMetrics(text) => {
                    metrics.record(text, invocation.isolate.id)?;
                    no_result()
                }
                Operation::RecordLine(text) => {
                    let kept = lock_to_read(&reading.store).clone();
                    if let Some((store, line)) = kept.zip(Line::read(text)) {
                        store.keep_line(line);
                    }
                    no_result()
                }
                Operation::Announce(announced) => {
                    app.announce(announced.ready);
                    no_result()
                }
                Operation::Stop(stop) => {
                    reading.leave(invocation.isolate.id, Duration::from_millis(stop.grace_ms)).await;
                    no_result()
                }
            }
        })
    }

    fn heir(&self) -> Option<Arc<Isolate>> {
        self.app.serving.pick()
    }

    fn isolate_ended(&self, isolate: &Isolate) {
        self.app.serving.leave(isolate.id);
        self.metrics.isolate_ended(isolate.id);
        let id = isolate.id;
        if let Some(core) = self.reading.core.get().filter(|_| lock(&self.reading.users).contains(&id)) {
            let reading = Arc::clone(&self.reading);
            core.spawn("end of telemetry", async move { reading.leave(id, END_GRACE).await });
        }
    }
}
