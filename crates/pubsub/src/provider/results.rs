//! Results of handled messages, which a provider keeps for whoever waits for them.
//!
//! A result belongs to one message of one subscription. The engine has it stored before the message is acknowledged, so that a process
//! that dies between the two handles the message once more and stores the result again: whoever waits misses none.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use twinloop_runtime::lock;

use crate::provider::pending::BrokerFuture;

/// The name of a result.
#[derive(Clone, Copy, Debug)]
pub struct ResultName<'a> {
    /// The topic's name.
    pub topic: &'a str,
    /// The subscription's name.
    pub subscription: &'a str,
    /// The message's id.
    pub message: &'a str,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultState {
    /// A handler has told of its progress.
    Running,
    /// A handler has succeeded: nothing changes any more.
    Done,
    /// The message is a dead letter; put back, it may become another state again.
    Failed,
}

impl ResultState {
    /// Returns the name under which the state is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }

    /// Returns the state with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Running, Self::Done, Self::Failed].into_iter().find(|state| state.name() == name)
    }
}

/// What is told of a message.
#[derive(Clone, Debug)]
pub struct ResultChange {
    /// Where the message stands.
    pub state: ResultState,
    /// What the handler has told of its progress, or has returned, as JSON; of a dead letter its error.
    pub value: String,
}

/// What is known of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownResult {
    /// Grows by each change.
    pub version: u64,
    /// Where the message stands.
    pub state: ResultState,
    /// What the handler has told last of its progress, as JSON.
    pub progress: Option<String>,
    /// What the handler has returned, as JSON; of a dead letter its error.
    pub outcome: Option<String>,
}

impl KnownResult {
    /// What is known after something was told; `None` where that comes too late.
    pub fn after(before: Option<&Self>, told: &ResultChange) -> Option<Self> {
        if before.is_some_and(|known| known.state == ResultState::Done) {
            return None;
        }
        let version = before.map_or(0, |known| known.version) + 1;
        let progress = before.and_then(|known| known.progress.clone());
        Some(match told.state {
            ResultState::Running => {
                Self { version, state: told.state, progress: Some(told.value.clone()), outcome: None }
            }
            state => Self { version, state, progress, outcome: Some(told.value.clone()) },
        })
    }
}

/// The part of a provider that keeps results.
pub trait Results: Send + Sync {
    /// Makes what results are stored in, where it is missing. Called before the first result of a subscription.
    fn prepare(&self) -> BrokerFuture<'_, ()>;

    /// Stores what is told of a message, and wakes those who wait for it. What comes after `Done` changes nothing. The result is
    /// forgotten this long after its last change.
    fn tell<'a>(&'a self, of: ResultName<'a>, told: ResultChange, kept_for: Duration)
    -> BrokerFuture<'a, ()>;

    /// Returns what is known of a message; `None` for nothing.
    fn find<'a>(&'a self, of: ResultName<'a>) -> BrokerFuture<'a, Option<KnownResult>>;

    /// The tasks that wait for results.
    fn waiters(&self) -> &Waiters;

    /// How long a waiter lets pass at most before it looks without having been woken.
    fn look_again(&self) -> Duration {
        Duration::from_secs(2)
    }
}

/// The tasks of this process that wait for results, by the ids of the messages.
#[derive(Default)]
pub struct Waiters(Mutex<HashMap<String, Weak<Notify>>>);

impl Waiters {
    /// Enters someone who waits for a message's result.
    pub(crate) fn enter(&self, message: &str) -> Arc<Notify> {
        let mut waiting = lock(&self.0);
        if let Some(known) = waiting.get(message).and_then(Weak::upgrade) {
            return known;
        }
        waiting.retain(|_, waiter| waiter.strong_count() > 0);
        let entered = Arc::<Notify>::default();
        waiting.insert(message.to_owned(), Arc::downgrade(&entered));
        entered
    }

    /// Wakes those who wait for a message's result.
    pub fn wake(&self, message: &str) {
        if let Some(waiter) = lock(&self.0).get(message).and_then(Weak::upgrade) {
            waiter.notify_waiters();
        }
    }

    /// Wakes all who wait, because something may have been missed.
    pub fn wake_all(&self) {
        lock(&self.0).values().filter_map(Weak::upgrade).for_each(|waiter| waiter.notify_waiters());
    }
}
