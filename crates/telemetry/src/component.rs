//! The telemetry component: answers the operations that isolates call.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use serde_json::json;
use tokio::sync::Mutex;
use twinloop_runtime::telemetry::telemetry;
use twinloop_runtime::{
    Answer, Answering, Component, Confidential, Failure, Invocation, Isolate, Primitive, json_text,
    lock_to_read, lock_to_write, no_result,
};

use crate::app_side::AppSide;
use crate::engine::Engine;
use crate::operation::Operation;
use crate::store::RecentStore;
use crate::store::line::Line;
use crate::user_metrics::UserMetrics;
use crate::user_span;

/// The entry of telemetry in the addon's list of primitives.
pub const PRIMITIVE: Primitive =
    Primitive { name: "telemetry", operations: Operation::describe(), instant: None, make: component };

/// Makes the telemetry component, which reads nothing yet; `number` is the component's number in calls and jobs.
pub fn component(number: u16) -> Box<dyn Component> {
    let app = Arc::new(AppSide::new(number));
    Box::new(Telemetry { engine: Arc::default(), app, metrics: Arc::default(), store: Arc::default() })
}

struct Telemetry {
    engine: Arc<Mutex<Option<Arc<Engine>>>>,
    /// The isolates that answer questions of the dashboard.
    app: Arc<AppSide>,
    metrics: Arc<UserMetrics>,
    /// The engine's store: lines do not wait for an engine that stops.
    store: Arc<RwLock<Option<Arc<RecentStore>>>>,
}

impl Component for Telemetry {
    fn name(&self) -> &'static str {
        PRIMITIVE.name
    }

    fn call(&self, invocation: Invocation) -> Answering {
        let (engine, app) = (Arc::clone(&self.engine), Arc::clone(&self.app));
        let (metrics, store) = (Arc::clone(&self.metrics), Arc::clone(&self.store));
        Box::pin(async move {
            match Operation::read(invocation.operation, &invocation.payload)? {
                Operation::Configure(Confidential(settings)) => {
                    let mut engine = engine.lock().await;
                    if engine.is_some() {
                        let message =
                            "telemetry is configured already: stop it before it is configured again";
                        return Err(Failure::failed_precondition(message));
                    }
                    let started = Engine::start(invocation.core, app, settings).await?;
                    let answer = json!({
                        "adminUrl": started.admin_url(),
                        "collectsSpans": started.wants_spans(),
                        "collectsLines": started.store().is_some(),
                        "sampledShare": telemetry().sampled_share(),
                    });
                    *lock_to_write(&store) = started.store().cloned();
                    *engine = Some(started);
                    json_text(&answer)
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
                    let kept = lock_to_read(&store).clone();
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
                    *lock_to_write(&store) = None;
                    stop_engine(&engine, Duration::from_millis(stop.grace_ms)).await
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
    }
}

async fn stop_engine(engine: &Mutex<Option<Arc<Engine>>>, grace: Duration) -> Answer {
    let mut engine = engine.lock().await;
    if let Some(running) = engine.take() {
        running.stop(grace).await;
    }
    no_result()
}
