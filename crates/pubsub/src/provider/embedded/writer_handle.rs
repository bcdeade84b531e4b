//! The handle by which requests reach the writer.

use tokio::sync::{mpsc, oneshot};
use twinloop_runtime::{Failure, lock};

use crate::provider::embedded::request::{Answer, Request};
use crate::provider::embedded::state::LastFailure;

/// The handle of the task that writes the file.
#[derive(Clone)]
pub(super) struct Writer {
    pub(super) requests: mpsc::UnboundedSender<Request>,
    pub(super) failure: LastFailure,
}

impl Writer {
    /// Sends a request and waits for its answer.
    pub(super) async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, Failure> {
        let (answer, answered) = oneshot::channel();
        // A writer that has ended drops the request, and the wait ends at once.
        let _ = self.requests.send(request(answer));
        answered.await.unwrap_or_else(|_| Err(self.why()))
    }

    pub(super) fn tell(&self, request: Request) {
        let _ = self.requests.send(request);
    }

    /// Returns the reason for which there was no answer.
    pub(super) fn why(&self) -> Failure {
        let failure = lock(&self.failure);
        failure
            .clone()
            .unwrap_or_else(|| Failure::internal("work on the pubsub file ended without an answer"))
    }
}
