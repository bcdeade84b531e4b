//! How long a request to a collector is repeated.

use std::time::Duration;

use tokio::sync::watch;

/// The bounds of repeating one request.
pub(crate) struct RetryBounds {
    /// How long after its first attempt a request may be repeated, as things are now.
    pub(crate) limit: Box<dyn Fn() -> Duration + Send + Sync>,
    /// Whether the exporter is being stopped.
    pub(crate) closing: watch::Receiver<bool>,
    /// Whether a request is still repeated while the exporter is being stopped.
    pub(crate) insists: bool,
}

impl RetryBounds {
    /// Waits before the next attempt, and returns whether it is to be made. A stop cuts the first wait short.
    pub(super) async fn wait(&mut self, since: Duration, pause: Duration) -> bool {
        let was_closing = *self.closing.borrow_and_update();
        if since + pause > (self.limit)() || (was_closing && !self.insists) {
            return false;
        }
        if was_closing {
            tokio::time::sleep(pause).await;
            return true;
        }
        tokio::select! {
            () = tokio::time::sleep(pause) => true,
            _ = self.closing.changed() => self.insists,
        }
    }
}
