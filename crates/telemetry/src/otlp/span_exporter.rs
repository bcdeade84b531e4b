//! Sends spans to a collector: one task, one request at a time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout_at};
use twinloop_runtime::telemetry::FinishedOperation;
use twinloop_runtime::{Core, lock};

use crate::drops::drops;
use crate::otlp::collector::{Collector, Sent};
use crate::otlp::config::BatchConfig;
use crate::otlp::retry_bounds::RetryBounds;
use crate::otlp::span_message::{request, resource_field};
use crate::otlp::span_queue::{NextBatch, SpanBatch, SpanQueue};

/// The exporter of spans.
pub(crate) struct SpanExporter {
    queue: Arc<SpanQueue>,
    /// Whether the exporter is stopped: what waits is sent at once.
    closing: watch::Sender<bool>,
    task: Mutex<Option<JoinHandle<()>>>,
}

struct Sender {
    queue: Arc<SpanQueue>,
    collector: Collector,
    /// The encoded resource.
    resource: Vec<u8>,
    bounds: RetryBounds,
    closing: watch::Receiver<bool>,
}

impl SpanExporter {
    /// Starts the task.
    pub(crate) fn start(
        core: &'static Core,
        collector: Collector,
        config: BatchConfig,
        resource: &[(String, String)],
    ) -> Self {
        let queue = Arc::new(SpanQueue::new(config));
        let closing = watch::Sender::new(false);
        let sender = Sender {
            queue: Arc::clone(&queue),
            collector,
            resource: resource_field(resource),
            bounds: bounds(&queue, config.timeout, closing.subscribe()),
            closing: closing.subscribe(),
        };
        let task = core.spawn("span exporter", sender.run());
        Self { queue, closing, task: Mutex::new(Some(task)) }
    }

    /// Adds the spans of an operation. Waits for nothing.
    pub(crate) fn push(&self, operation: &FinishedOperation) {
        if operation.dropped > 0 {
            drops().spans.add(operation.dropped.into());
        }
        self.queue.push(operation);
    }

    /// Sends what waits until `deadline`; what is left is counted as dropped.
    pub(crate) async fn stop(&self, deadline: Instant) {
        self.closing.send_replace(true);
        let Some(mut task) = lock(&self.task).take() else { return };
        if timeout_at(deadline, &mut task).await.is_err() {
            task.abort();
            let _ = task.await;
        }
        let left = self.queue.clear();
        drops().spans.add(left as u64);
    }
}

impl Sender {
    async fn run(mut self) {
        while let Some(batch) = self.next_batch().await {
            let SpanBatch { spans, bytes } = batch;
            let size = bytes.len();
            let message = request(&self.resource, &bytes);
            drop(bytes);
            let sent = self.collector.send(message, &mut self.bounds).await;
            self.queue.done(spans, size);
            let lost = match sent {
                Sent::Taken(refused) => refused,
                Sent::Refused | Sent::GivenUp => spans as u64,
            };
            if lost > 0 {
                drops().spans.add(lost);
            }
        }
    }

    /// The next batch, once one is full or old enough; `None` when the exporter is stopped and nothing waits.
    async fn next_batch(&mut self) -> Option<SpanBatch> {
        loop {
            let is_closing = *self.closing.borrow_and_update();
            let until = match self.queue.next(is_closing) {
                NextBatch::Now(batch) => return Some(batch),
                NextBatch::Empty if is_closing => return None,
                NextBatch::At(until) => Some(until),
                NextBatch::Empty => None,
            };
            let due = async {
                match until {
                    Some(until) => sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = due => {}
                () = self.queue.filled.notified() => {}
                _ = self.closing.changed() => {}
            }
        }
    }
}

/// How long a batch is repeated when others need its room. Source: the default of `OTEL_BSP_EXPORT_TIMEOUT`.
const SCARCE_LIMIT: Duration = Duration::from_secs(30);

/// A request is repeated for the time that a variable says; without one for as long as new spans find room, or, once the exporter
/// is stopped, until its deadline.
fn bounds(queue: &Arc<SpanQueue>, limit: Option<Duration>, closing: watch::Receiver<bool>) -> RetryBounds {
    let queue = Arc::clone(queue);
    let as_room_allows = move || if queue.is_scarce() { SCARCE_LIMIT } else { Duration::MAX };
    let limit = move || limit.unwrap_or_else(&as_room_allows);
    RetryBounds { limit: Box::new(limit), closing, insists: true }
}
