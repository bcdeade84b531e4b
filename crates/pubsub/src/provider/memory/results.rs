//! Results in memory.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use twinloop_runtime::lock;

use crate::provider::memory::clock::OffsetClock;
use crate::provider::pending::BrokerFuture;
use crate::provider::results::{KnownResult, ResultChange, ResultName, Results, Waiters};

/// The name of a result: topic, subscription, message.
type Name = (String, String, String);

/// What is known of messages, with the time until which it is kept.
pub(super) struct KeptResults {
    clock: Arc<OffsetClock>,
    known: Mutex<HashMap<Name, (KnownResult, SystemTime)>>,
    waiters: Waiters,
}

impl KeptResults {
    pub(super) fn new(clock: Arc<OffsetClock>) -> Self {
        Self { clock, known: Mutex::default(), waiters: Waiters::default() }
    }

    pub(super) fn clear(&self) {
        lock(&self.known).clear();
    }
}

fn owned(of: ResultName<'_>) -> Name {
    (of.topic.to_owned(), of.subscription.to_owned(), of.message.to_owned())
}

impl Results for KeptResults {
    fn prepare(&self) -> BrokerFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }

    fn tell<'a>(
        &'a self,
        of: ResultName<'a>,
        told: ResultChange,
        kept_for: Duration,
    ) -> BrokerFuture<'a, ()> {
        let now = self.clock.now();
        let mut known = lock(&self.known);
        known.retain(|_, (_, until)| *until > now);
        let name = owned(of);
        if let Some(next) = KnownResult::after(known.get(&name).map(|(known, _)| known), &told) {
            known.insert(name, (next, now + kept_for));
        }
        drop(known);
        self.waiters.wake(of.message);
        Box::pin(async { Ok(()) })
    }

    fn find<'a>(&'a self, of: ResultName<'a>) -> BrokerFuture<'a, Option<KnownResult>> {
        let now = self.clock.now();
        let found = lock(&self.known).get(&owned(of)).filter(|(_, until)| *until > now).cloned();
        Box::pin(async move { Ok(found.map(|(known, _)| known)) })
    }

    fn waiters(&self) -> &Waiters {
        &self.waiters
    }
}
