//! The one task that uses the file: it gathers what is asked for, does all of it in one transaction, and answers when that is on
//! the disk.
//!
//! **Group commit.** While one transaction is written the next requests gather. Those who were just answered tend to ask again
//! at once: as long as fewer have come than were answered last, the writer waits for them, for at most half of what a commit
//! took. Without that, one early bird would cost a write of its own, and all others would wait for it.

use std::path::PathBuf;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::{UnboundedReceiver, WeakUnboundedSender};
use tokio::time::{sleep, timeout};

use super::request::{Answer, Request};
use super::state::{LastFailure, State};
use crate::error::Error;

/// Requests in one transaction.
const MAX_BATCH: usize = 4096;
/// The writer waits no longer than this for requests that are expected.
const MAX_PAUSE: Duration = Duration::from_millis(2);
/// A shorter pause is not worth a timer.
const MIN_PAUSE: Duration = Duration::from_micros(500);

/// How to make the state anew when it was lost to a panic.
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

/// What the last transaction was like.
#[derive(Default)]
struct Pace {
    answered: usize,
    took: Duration,
}

/// Runs until the broker is closed or nobody holds it any more.
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
            let error = Error::internal(format!("work on the pubsub file {path} has panicked: {panic}"));
            *origin.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            (origin.state(), Pace::default())
        }
    }
}

/// The next requests, or none when it is time for something else; `None` when there will be no more.
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
    // What came after it is refused, by being dropped.
    let mut rest = batch.drain(at..);
    match rest.next() {
        Some(Request::Close { answer }) => Some(answer),
        _ => None,
    }
}
