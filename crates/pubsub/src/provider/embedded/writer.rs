//! The writer: the one task that uses the file. The writer gathers requests, carries them out in one transaction, and answers when
//! that is on the disk.
//!
//! **Group commit.** While one transaction is written, the next requests gather. Callers that were just answered tend to ask
//! again at once: while fewer requests have come than were answered last, the writer waits for more, for at most half the
//! time of a commit. Without this pause an early request would cost a write of its own, for which all others would wait.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, WeakUnboundedSender};
use tokio::time::{sleep, timeout};
use twinloop_runtime::{Failure, lock};

use crate::provider::embedded::request::{Answer, Request};
use crate::provider::embedded::state::{LastFailure, State};

/// Greatest number of requests in one transaction.
const MAX_BATCH: usize = 4096;
/// Longest pause for requests that are expected.
const MAX_PAUSE: Duration = Duration::from_millis(2);
/// Shortest pause that is worth a timer.
const MIN_PAUSE: Duration = Duration::from_micros(500);

/// The means to create the state again after a panic.
pub(super) struct Origin {
    pub(super) path: PathBuf,
    pub(super) writer: WeakUnboundedSender<Request>,
    pub(super) failure: LastFailure,
}

impl Origin {
    pub(super) fn state(&self) -> State {
        State::new(self.path.clone(), self.writer.clone(), self.failure.clone())
    }
}

/// The size and duration of the last transaction.
#[derive(Default)]
struct Pace {
    answered: usize,
    took: Duration,
}

/// Runs until the broker is closed or dropped.
pub(super) async fn run(origin: Origin, mut state: State, mut requests: UnboundedReceiver<Request>) {
    let mut pace = Pace::default();
    loop {
        let Some(mut batch) = gather(&mut requests, state.sleep(), &pace).await else { break };
        let closing = take_close(&mut batch);
        if batch.iter().all(Request::is_light) {
            state.serve_light(batch);
            batch = Vec::new();
        }
        if !batch.is_empty() || state.has_work() {
            (state, pace) = step(state, batch, &origin).await;
        }
        if let Some(answer) = closing {
            let _ = tokio::task::spawn_blocking(move || state.close()).await;
            requests.close();
            let _ = answer.send(Ok(()));
            return;
        }
    }
    let _ = tokio::task::spawn_blocking(move || state.close()).await;
}

async fn step(mut state: State, batch: Vec<Request>, origin: &Origin) -> (State, Pace) {
    let worked = tokio::task::spawn_blocking(move || {
        let began = Instant::now();
        let outcomes = state.step(batch);
        (state, outcomes, began.elapsed())
    });
    match worked.await {
        Ok((state, outcomes, took)) => {
            let answered = outcomes.len();
            for answer in outcomes {
                answer();
            }
            (state, Pace { answered, took })
        }
        Err(panic) => {
            let path = origin.path.display();
            let error = Failure::internal(format!("work on the pubsub file {path} has panicked: {panic}"));
            *lock(&origin.failure) = Some(error);
            (origin.state(), Pace::default())
        }
    }
}

/// Returns the next requests, or none when other work is due; `None` when no more will come.
async fn gather(
    requests: &mut UnboundedReceiver<Request>,
    wake_after: Duration,
    pace: &Pace,
) -> Option<Vec<Request>> {
    let mut batch = Vec::new();
    match timeout(wake_after, requests.recv_many(&mut batch, MAX_BATCH)).await {
        Ok(0) => return None,
        Ok(_) => {}
        Err(_) => return Some(batch),
    }
    let pause = (pace.took / 2).min(MAX_PAUSE);
    if batch.len() >= pace.answered || pause < MIN_PAUSE {
        return Some(batch);
    }
    let end = sleep(pause);
    tokio::pin!(end);
    while batch.len() < pace.answered.min(MAX_BATCH) {
        let room = MAX_BATCH - batch.len();
        tokio::select! {
            received = requests.recv_many(&mut batch, room) => if received == 0 { break },
            () = &mut end => break,
        }
    }
    Some(batch)
}

fn take_close(batch: &mut Vec<Request>) -> Option<Answer<()>> {
    let at = batch.iter().position(|request| matches!(request, Request::Close { .. }))?;
    // Requests after the closing one are refused by being dropped.
    let mut rest = batch.drain(at..);
    match rest.next() {
        Some(Request::Close { answer }) => Some(answer),
        _ => None,
    }
}
