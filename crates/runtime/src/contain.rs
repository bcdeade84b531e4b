//! Contains panics: turns a panic of a future into an error.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

/// Polls `future` and turns a panic into `Err` with its message.
pub fn contained<F: Future>(future: F) -> impl Future<Output = Result<F::Output, String>> {
    Contained(Box::pin(future))
}

/// Polls a pinned future once and turns a panic into `Err` with its message. Allocates nothing, unlike [`contained`].
pub fn poll_contained<F: Future>(
    future: Pin<&mut F>,
    cx: &mut Context<'_>,
) -> Poll<Result<F::Output, String>> {
    match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
        Ok(polled) => polled.map(Ok),
        Err(payload) => Poll::Ready(Err(panic_message(payload))),
    }
}

struct Contained<F>(Pin<Box<F>>);

impl<F: Future> Future for Contained<F> {
    type Output = Result<F::Output, String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        poll_contained(self.0.as_mut(), cx)
    }
}

/// The message of a panic. Dropping the payload may panic again, which is contained as well.
pub(crate) fn panic_message(payload: Box<dyn Any + Send>) -> String {
    let message = payload
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned());
    let _ = catch_unwind(AssertUnwindSafe(|| drop(payload)));
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    // With `panic = "abort"` a bug in one request would end the process.
    const _: () = assert!(cfg!(panic = "unwind"));

    #[tokio::test]
    async fn s06_a_panic_becomes_its_message() {
        assert_eq!(contained(async { panic!("it broke") }).await, Err::<(), _>("it broke".to_owned()));
        assert_eq!(contained(async { 7 }).await, Ok(7));
    }

    struct PanicsOnDrop;
    impl Drop for PanicsOnDrop {
        fn drop(&mut self) {
            panic!("dropped");
        }
    }

    #[tokio::test]
    async fn s07_a_payload_that_panics_on_drop_is_contained() {
        let odd = async { std::panic::panic_any(PanicsOnDrop) };
        assert_eq!(contained(odd).await, Err::<(), _>("a panic without a message".to_owned()));
    }
}
