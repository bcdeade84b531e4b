//! The gauges of the queues: how many messages each subscription has, and how old the oldest is.
//!
//! A broker is asked only while somebody reads metrics, by one task of each process, and the asking takes at most a twentieth
//! of the time: where counting is slow, gauges are old rather than the broker busy.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;
use twinloop_runtime::telemetry::telemetry;

use crate::engine::Engine;
use crate::engine::deliver::subscriber::Subscriber;

/// The pause between two looks.
const INTERVAL: Duration = Duration::from_secs(15);
/// The pause before the first look, in which the app has started.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// How many times longer than a look the pause after it is, at least.
const REST: u32 = 20;
/// Time limit of the count of one subscription.
const COUNT_WITHIN: Duration = Duration::from_secs(10);

/// Drops the gauges with the task that sets them.
struct Gauges<'e>(&'e [Arc<Subscriber>]);

impl Drop for Gauges<'_> {
    fn drop(&mut self) {
        self.0.iter().for_each(|subscriber| subscriber.metrics.forget_depth());
    }
}

/// Measures the queues again and again until the task is aborted.
pub(crate) async fn run(engine: Arc<Engine>) {
    let _gauges = Gauges(&engine.subscribers);
    let (mut pause, mut was_read) = (FIRST_PAUSE, false);
    loop {
        tokio::time::sleep(pause).await;
        let is_read = telemetry().settings.reads_metrics();
        let began = Instant::now();
        if is_read {
            measure(&engine).await;
        } else if was_read {
            drop(Gauges(&engine.subscribers));
        }
        was_read = is_read;
        pause = INTERVAL.max(began.elapsed() * REST);
    }
}

/// Sets the gauges of all subscriptions. A subscription that cannot be counted has none until it can.
pub(crate) async fn measure(engine: &Engine) {
    for subscriber in &engine.subscribers {
        let of = &subscriber.declared;
        // A count that takes too long is no outage: the fleet's watch finds those.
        match timeout(COUNT_WITHIN, engine.broker.depth(&of.topic, &of.name)).await {
            Ok(Ok(depth)) => subscriber.metrics.set_depth(&depth),
            Ok(Err(_)) | Err(_) => subscriber.metrics.forget_depth(),
        }
    }
}
