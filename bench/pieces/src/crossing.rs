//! A port and both of its sides on one thread.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use twinloop_mailbox::{Batch, Bells, ITEM_INTS, Job, Limits, Outcome, Outgoing, Pending, Port, Text};

/// An answer whose text follows.
const REPLY: i32 = Outgoing::Reply as i32 | 1 << 8;
const ANSWER: &str = "{\"message\":\"Hello, World!\"}\n";

/// Carries jobs to where an isolate would be, and the answers back.
pub(crate) struct Crossing {
    port: Arc<Port>,
    batch: Batch,
    entries: Vec<i32>,
    problem: Option<&'static str>,
}

impl Crossing {
    /// A crossing for so many requests at once.
    pub(crate) fn new(max_in_flight: usize) -> Self {
        let bell = || -> Box<dyn Fn() + Send + Sync> { Box::new(|| ()) };
        let limits = Limits { max_in_flight, ..Limits::default() };
        Self {
            port: Port::new(limits, Bells { notify: bell(), distribute: bell(), sweep: bell() }),
            batch: Batch::default(),
            entries: Vec::new(),
            problem: None,
        }
    }

    /// Carries `jobs` requests there and back.
    pub(crate) fn carry(&mut self, jobs: usize, timeout: Option<Duration>) {
        let mut pending: Vec<_> = (0..jobs)
            .filter_map(|_| {
                let text = Text::default();
                let job = Job {
                    component: 0,
                    is_counted: true,
                    target: 0,
                    text,
                    context: None,
                    timeout,
                    intake: None,
                };
                self.port.submit(job).ok()
            })
            .collect();
        // Waits as a connection does, so that its answer wakes it.
        for each in &mut pending {
            poll(each);
        }
        while self.answer() {}
        self.port.distribute();
        if pending.len() != jobs || !pending.iter_mut().all(poll) {
            self.problem = Some("a request got no answer");
        }
    }

    /// Whether every request so far was answered.
    pub(crate) fn outcome(&self) -> Result<(), String> {
        self.problem.map_or(Ok(()), |problem| Err(problem.to_owned()))
    }

    /// Answers all that waits; false when nothing did.
    fn answer(&mut self) -> bool {
        self.batch.clear();
        self.port.drain(&mut self.batch, usize::MAX);
        if self.batch.is_empty() {
            return false;
        }
        self.entries.clear();
        for item in self.batch.ints().chunks_exact(ITEM_INTS) {
            self.entries.extend([REPLY, item[1], 200]);
        }
        let count = self.batch.len();
        if self.port.settle(&self.entries, count, &Bytes::from(ANSWER.repeat(count))).is_err() {
            self.problem = Some("the port refused the answers");
        }
        true
    }
}

fn poll(pending: &mut Pending) -> bool {
    matches!(pin!(pending).poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Outcome::Reply(_)))
}
