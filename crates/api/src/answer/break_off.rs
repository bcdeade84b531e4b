//! The end of a body that breaks off.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep};

use crate::connection::link::Link;

/// The interval at which a body that broke off checks whether all of it is written: Hyper wakes no task when the last byte is.
const LOOK: Duration = Duration::from_millis(10);

/// The end of a body that breaks off: fails it once the bytes yielded before have been written, since Hyper drops unwritten bytes
/// when a body fails. The write timeout handles a client that never reads.
pub(crate) struct BreakOff(Pin<Box<Sleep>>);

impl BreakOff {
    pub(crate) fn new() -> Self {
        Self(Box::pin(sleep(LOOK)))
    }

    /// Polls for the error that ends the body.
    pub(crate) fn poll(&mut self, link: &Link, cx: &mut Context<'_>) -> Poll<io::Error> {
        loop {
            ready!(self.0.as_mut().poll(cx));
            if !link.is_writing() {
                return Poll::Ready(io::Error::other("the handler broke the answer off"));
            }
            self.0.as_mut().reset(Instant::now() + LOOK);
        }
    }
}
