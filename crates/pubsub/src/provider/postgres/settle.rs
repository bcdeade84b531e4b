//! Acknowledgements in batches: those that come while one statement is under way share the next.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;
use twinloop_runtime::{Code, Failure, SqlError, SqlPool, SqlValue, lock};

use crate::provider::postgres::ANSWER_WITHIN;

const ACKNOWLEDGE: &str = "select twinloop.acknowledge($1::int8[])";
/// Greatest number of acknowledgements in one statement.
const MAX_GATHERED: usize = 5_000;
/// Pauses before an acknowledgement is sent again over another connection. A repeated acknowledgement changes nothing.
const AGAIN_AFTER_MS: [u64; 3] = [100, 500, 1_000];

/// Sorts leases in the order of their rows. Statements that name several lock them in this order; otherwise two of them
/// could wait for each other (PostgreSQL 13.3.4, Deadlocks) until the server ends one after a second.
pub(crate) fn in_lock_order(leases: impl Iterator<Item = i64>) -> Vec<Option<i64>> {
    let mut leases: Vec<i64> = leases.collect();
    leases.sort_unstable();
    leases.into_iter().map(Some).collect()
}

type Answer = oneshot::Sender<Result<(), Failure>>;

#[derive(Default)]
struct State {
    waiting: Vec<(i64, Answer)>,
    is_writing: bool,
}

/// The gathered acknowledgements of one consumer.
pub(crate) struct Acknowledgements {
    pool: Arc<dyn SqlPool>,
    state: Mutex<State>,
}

impl Acknowledgements {
    pub(crate) fn new(pool: Arc<dyn SqlPool>) -> Arc<Self> {
        Arc::new(Self { pool, state: Mutex::default() })
    }

    /// Acknowledges a delivery. Resolves when that is stored; continues when the caller is dropped.
    pub(crate) async fn add(self: &Arc<Self>, lease: i64) -> Result<(), Failure> {
        let (answer, answered) = oneshot::channel();
        let begins = {
            let mut state = lock(&self.state);
            state.waiting.push((lease, answer));
            !std::mem::replace(&mut state.is_writing, true)
        };
        if begins {
            tokio::spawn(Arc::clone(self).write());
        }
        answered.await.map_err(|_| Failure::internal("an acknowledgement was dropped"))?
    }

    async fn write(self: Arc<Self>) {
        // Lets the other acknowledgements of this turn be added.
        tokio::task::yield_now().await;
        loop {
            let batch = {
                let mut state = lock(&self.state);
                let count = state.waiting.len().min(MAX_GATHERED);
                if count == 0 {
                    state.is_writing = false;
                    return;
                }
                state.waiting.drain(..count).collect::<Vec<_>>()
            };
            let leases = in_lock_order(batch.iter().map(|(lease, _)| *lease));
            let result = self.store(leases).await.map_err(Failure::from);
            for (_, answer) in batch {
                let _ = answer.send(result.clone());
            }
        }
    }

    async fn store(&self, leases: Vec<Option<i64>>) -> Result<(), SqlError> {
        let mut pauses = AGAIN_AFTER_MS.iter();
        loop {
            let stored = self
                .pool
                .query_within(ACKNOWLEDGE, vec![SqlValue::Ints(leases.clone())], ANSWER_WITHIN)
                .await;
            match stored {
                Err(error) if error.disconnected || error.failure.code == Code::DeadlineExceeded => {
                    match pauses.next() {
                        Some(&pause) => tokio::time::sleep(Duration::from_millis(pause)).await,
                        None => return Err(error),
                    }
                }
                other => return other.map(drop),
            }
        }
    }
}
