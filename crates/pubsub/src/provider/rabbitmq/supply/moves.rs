//! Moving messages of a consumer to other queues in batches, by one task at a time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use twinloop_runtime::{Failure, lock};

use crate::provider::message::{Burial, Lease};
use crate::provider::rabbitmq::copies::Copy;
use crate::provider::rabbitmq::envelope::Letter;
use crate::provider::rabbitmq::stock::Parcel;
use crate::provider::rabbitmq::supply::Supply;

/// Greatest number of copies in one write.
const MAX_BATCH: usize = 500;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(2);

/// A message that is to be moved, with its target.
pub(crate) struct Move {
    /// The number of the session over which the message came.
    session: u64,
    tag: u64,
    letter: Letter,
    burial: Option<Burial>,
    /// The lease of a message in flight.
    lease: Option<Lease>,
    /// The caller that waits for the move; a move without one is repeated until it succeeds.
    pub(crate) answer: Option<oneshot::Sender<Result<(), Failure>>>,
}

impl Move {
    /// Creates the move of a message that came before it was due.
    pub(crate) fn later(session: u64, Parcel { tag, letter }: Parcel) -> Self {
        Self { session, tag, letter, burial: None, lease: None, answer: None }
    }

    /// Returns whether the message came before it was due, and so is with no handler.
    pub(crate) fn is_early(&self) -> bool {
        self.lease.is_none()
    }

    pub(crate) fn into_parcel(self) -> Parcel {
        Parcel { tag: self.tag, letter: self.letter }
    }

    fn copy(&self) -> Copy {
        match &self.burial {
            Some(burial) => Copy::dead(self.letter.clone(), burial.clone()),
            None => Copy::due(self.letter.clone()),
        }
    }
}

impl Supply {
    /// Moves the message in flight with this lease, and resolves when that is done. A lease that has ended is ignored.
    pub(crate) async fn move_out(
        self: &Arc<Self>,
        lease: Lease,
        letter: Letter,
        burial: Option<Burial>,
    ) -> Result<(), Failure> {
        let (answer, answered) = oneshot::channel();
        {
            let mut state = lock(&self.state);
            let (Some(tag), Some(session)) = (state.stock.tag(lease), state.session.as_ref()) else {
                return Ok(());
            };
            let session = session.number;
            let (lease, answer) = (Some(lease), Some(answer));
            state.moves.push(Move { session, tag, letter, burial, lease, answer });
        }
        self.start_moving();
        answered.await.unwrap_or_else(|_| Err(Failure::unavailable("the connection was lost on the way")))
    }

    /// Starts the task that moves messages, unless one is running.
    pub(crate) fn start_moving(self: &Arc<Self>) {
        let mut state = lock(&self.state);
        if state.moves.is_empty() || state.is_moving {
            return;
        }
        state.is_moving = true;
        drop(state);
        let supply = Arc::clone(self);
        tokio::spawn(async move {
            // Lets the other moves of this turn be added.
            tokio::task::yield_now().await;
            supply.keep_moving().await;
        });
    }

    async fn keep_moving(&self) {
        let mut pause = FIRST_PAUSE;
        loop {
            let batch: Vec<Move> = {
                let mut state = lock(&self.state);
                let count = state.moves.len().min(MAX_BATCH);
                if count == 0 {
                    state.is_moving = false;
                    return;
                }
                let batch: Vec<Move> = state.moves.drain(..count).collect();
                state.moving = batch.iter().filter(|asked| asked.is_early()).count() as u64;
                batch
            };
            match self.copies.store(batch.iter().map(Move::copy).collect()).await {
                Ok(()) => {
                    pause = FIRST_PAUSE;
                    self.moved(batch);
                }
                Err(error) => {
                    self.not_moved(batch, &error);
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LAST_PAUSE);
                }
            }
        }
    }

    fn moved(&self, batch: Vec<Move>) {
        let mut state = lock(&self.state);
        state.moving = 0;
        let mut answers = Vec::new();
        for Move { session, tag, letter, lease, answer, .. } in batch {
            if let Some(current) = state.session.as_mut().filter(|current| current.number == session) {
                current.tags.done(tag);
                if let Some(lease) = lease {
                    state.stock.finish(lease, letter.key.as_deref());
                }
            }
            answers.extend(answer);
        }
        drop(state);
        self.work.notify_one();
        self.stocked.notify_one();
        for answer in answers {
            let _ = answer.send(Ok(()));
        }
    }

    fn not_moved(&self, batch: Vec<Move>, error: &Failure) {
        let mut state = lock(&self.state);
        state.moving = 0;
        let session = state.session.as_ref().map(|session| session.number);
        for mut asked in batch {
            match asked.answer.take() {
                Some(answer) => drop(answer.send(Err(error.clone()))),
                None if session == Some(asked.session) => state.moves.push(asked),
                None => {}
            }
        }
    }
}
