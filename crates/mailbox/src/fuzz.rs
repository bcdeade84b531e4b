//! The function that this crate's fuzz target runs: outboxes as a broken isolate may send them. `cargo test` replays the corpus.

#[cfg(test)]
#[path = "../../../fuzz/replay.rs"]
mod replay;

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::batch::Batch;
use crate::feed::feed;
use crate::frame::{ITEM_INTS, OUTBOX_INTS};
use crate::job::{Job, Text};
use crate::limits::Limits;
use crate::port::{Bells, Port};
use crate::slot::{Outcome, Pending};

const JOBS: usize = 4;

/// Input: a byte for the announced number of entries, a byte for the actual one, the entries (three little-endian integers
/// each; an id below four is that of a job), and the text.
pub fn outbox(data: &[u8]) {
    let Some((&[announced, held], rest)) = data.split_first_chunk::<2>() else { return };
    let port = port();
    let jobs: Vec<Pending> = (0..JOBS).filter_map(|_| port.submit(job()).ok()).collect();
    let mut batch = Batch::default();
    port.drain_into(&mut batch, 2, |_| 1);
    let ids: Vec<i32> = batch.ints().chunks_exact(ITEM_INTS).map(|item| item[1]).collect();
    let (numbers, text) = rest.split_at((usize::from(held) * OUTBOX_INTS * size_of::<i32>()).min(rest.len()));
    let mut entries: Vec<i32> = numbers.as_chunks().0.iter().map(|four| i32::from_le_bytes(*four)).collect();
    for entry in entries.chunks_exact_mut(OUTBOX_INTS) {
        if let Some(id) = usize::try_from(entry[1]).ok().and_then(|index| ids.get(index)) {
            entry[1] = *id;
        }
    }
    // The largest announcement stands for a number that no memory holds.
    let count = if announced == u8::MAX { usize::MAX } else { usize::from(announced) };
    let text = Bytes::copy_from_slice(text);
    for _ in 0..2 {
        let before = port.load();
        match port.settle_from(&entries, count, &text, |number: u32| (number < 9).then(Bytes::new)) {
            Ok(()) => {
                let calls = port.distribute();
                assert!(port.load() <= before && calls.len() <= count);
                let spans = calls.iter().filter_map(|call| call.span.as_ref());
                assert!(
                    spans.filter(|span| span.contains(&b'\n')).count() == 0,
                    "a span has more than its line"
                );
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                assert_eq!(port.load(), before, "a bad outbox was applied");
                assert!(port.distribute().is_empty(), "a bad outbox made calls");
            }
        }
    }
    for job in jobs {
        finish(job);
    }
    port.close(|_| None);
    assert!(
        port.settle_from(&entries, count, &text, |number: u32| (number < 9).then(Bytes::new)).is_err()
            || port.load() == 0
    );
}

fn port() -> Arc<Port> {
    let silent = || Box::new(|| ()) as Box<dyn Fn() + Send + Sync>;
    let bells = Bells { notify: silent(), distribute: silent(), sweep: silent() };
    Port::new(Limits { max_in_flight: 3, ..Limits::default() }, bells)
}

fn job() -> Job {
    Job {
        component: 0,
        is_counted: true,
        target: 0,
        text: Text::from("{}"),
        context: Some(Arc::new(Nothing)),
        timeout: None,
        intake: Some(feed().1),
    }
}

/// The context of a job about which nothing can be asked.
struct Nothing;

impl crate::context::Context for Nothing {
    fn get(&self, _name: &str) -> Option<String> {
        None
    }
    fn all(&self) -> String {
        String::new()
    }
}

/// Takes the outcome of a job, and drops the job in any state.
fn finish(job: Pending) {
    let mut cx = Context::from_waker(Waker::noop());
    if let Poll::Ready(Outcome::Stream(mut stream)) = pin!(job).poll(&mut cx) {
        while let Poll::Ready(Some(Ok(_))) = stream.poll_piece(&cx) {}
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kept_corpus_of_outboxes_passes() {
        super::replay::replay("outbox", super::outbox);
    }
}
