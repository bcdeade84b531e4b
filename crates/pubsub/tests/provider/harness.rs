//! What a provider brings along to be tested.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use twinloop_pubsub::Broker;

/// Makes brokers of one provider. Each test has one of its own: an own file, schema or vhost.
pub trait Harness: Sized + Send + 'static {
    /// Promises that this provider does not keep, by the test's name, and why.
    const SKIPS: &'static [(&'static str, &'static str)] = &[];

    /// Why there is nothing to test with, where that is so.
    fn unavailable() -> Option<&'static str> {
        None
    }

    /// How fine its delays are: what is due may come this much later (and no earlier).
    const DELAY_GRAIN: Duration = Duration::from_millis(0);

    /// An empty broker.
    fn fresh() -> impl Future<Output = Self> + Send;

    /// The broker of now.
    fn broker(&self) -> Arc<dyn Broker>;

    /// Closes the broker and opens another on the same place, as a process does that is started again. What was out is free
    /// at once, or after the ack deadline of 1 s.
    fn reopen(&mut self) -> impl Future<Output = ()> + Send;

    /// Lets time pass for the broker.
    fn pass(&self, time: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(time)
    }

    /// The broker's time.
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    /// Removes what the test has left behind. Not run after a failure.
    fn finish(self) -> impl Future<Output = ()> + Send {
        async {}
    }
}

/// Runs one promise over a fresh broker, or says why not.
pub async fn keeps<H: Harness>(name: &str, promise: impl AsyncFnOnce(&mut H)) {
    let skipped = H::SKIPS.iter().find(|(skipped, _)| *skipped == name).map(|(_, reason)| *reason);
    if let Some(reason) = H::unavailable().or(skipped) {
        eprintln!("skipped {name}: {reason}");
        return;
    }
    let mut harness = H::fresh().await;
    promise(&mut harness).await;
    harness.broker().close().await.unwrap();
    harness.finish().await;
}
