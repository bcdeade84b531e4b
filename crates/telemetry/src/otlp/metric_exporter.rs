//! Sends metrics to a collector at an interval.

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout_at};
use twinloop_runtime::telemetry::telemetry;
use twinloop_runtime::{Core, lock};

use crate::drops::drops;
use crate::otlp::collector::{Collector, Sent};
use crate::otlp::metric_message::{Period, nanoseconds, request};
use crate::otlp::retry_bounds::RetryBounds;
use crate::otlp::span_message::resource_field;
use crate::process;

/// The exporter of metrics.
pub(crate) struct MetricExporter {
    closing: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl MetricExporter {
    /// Starts the task.
    pub(crate) fn start(
        core: &'static Core,
        collector: Collector,
        every: Duration,
        resource: &[(String, String)],
    ) -> Self {
        let closing = watch::Sender::new(false);
        let task = core
            .spawn("metric exporter", run(collector, every, resource_field(resource), closing.subscribe()));
        Self { closing, task: Mutex::new(Some(task)) }
    }

    /// Sends the metrics a last time, until `deadline`.
    pub(crate) async fn stop(&self, deadline: Instant) {
        self.closing.send_replace(true);
        let Some(mut task) = lock(&self.task).take() else { return };
        if timeout_at(deadline, &mut task).await.is_err() {
            task.abort();
        }
    }
}

async fn run(collector: Collector, every: Duration, resource: Vec<u8>, mut closing: watch::Receiver<bool>) {
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = closing.wait_for(|&is_closing| is_closing) => {}
        }
        let is_last = *closing.borrow();
        send(&collector, every, &resource, &closing).await;
        if is_last {
            return;
        }
    }
}

/// Sends the metrics of this instant. They are cumulative: what was not taken is in the next request.
async fn send(collector: &Collector, every: Duration, resource: &[u8], closing: &watch::Receiver<bool>) {
    let metrics = telemetry().metrics.collect();
    if metrics.is_empty() {
        return;
    }
    let period =
        Period { start_ns: nanoseconds(process::started().at), now_ns: nanoseconds(SystemTime::now()) };
    let message = request(resource, &metrics, period);
    let mut bounds = RetryBounds { limit: Box::new(move || every), closing: closing.clone(), insists: false };
    match collector.send(message, &mut bounds).await {
        Sent::Taken(0) => {}
        Sent::Taken(refused) => drops().metrics.add(refused),
        Sent::Refused | Sent::GivenUp => drops().metrics.add(metrics.len() as u64),
    }
}
