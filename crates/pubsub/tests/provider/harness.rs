//! The harness: what a provider supplies to be tested.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use twinloop_pubsub::Broker;

/// A maker of brokers of one provider. Each test has a broker of its own: a file, schema or vhost.
pub trait Harness: Sized + Send + 'static {
    /// The tests of promises that this provider does not keep, by their names or that of their whole group, each with the reason.
    const SKIPS: &'static [(&'static str, &'static str)] = &[];

    /// Returns why the provider cannot be tested here; `None` where it can.
    fn unavailable() -> Option<&'static str> {
        None
    }

    /// The precision of delays: a due message may come this much later, and no earlier.
    const DELAY_GRAIN: Duration = Duration::from_millis(0);

    /// Opens an empty broker.
    fn fresh() -> impl Future<Output = Self> + Send;

    /// Returns the open broker.
    fn broker(&self) -> Arc<dyn Broker>;

    /// Closes the broker and opens another on the same place, as a restarted process does. Messages in flight are free at
    /// once, or after their ack deadline.
    fn reopen(&mut self) -> impl Future<Output = ()> + Send;

    /// Lets time pass for the broker.
    fn pass(&self, time: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(time)
    }

    /// Returns the broker's time.
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    /// Removes the data of the test. Not run after a failure.
    fn finish(self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// Runs one promise over a fresh broker, or prints why it is skipped.
pub async fn keeps<H: Harness>(group: &str, name: &str, promise: impl AsyncFnOnce(&mut H)) {
    let skipped =
        H::SKIPS.iter().find(|(skipped, _)| [group, name].contains(skipped)).map(|(_, reason)| *reason);
    if let Some(reason) = H::unavailable().or(skipped) {
        eprintln!("skipped {name}: {reason}");
        return;
    }
    let mut harness = H::fresh().await;
    promise(&mut harness).await;
    harness.broker().close().await.unwrap();
    harness.finish().await;
}
