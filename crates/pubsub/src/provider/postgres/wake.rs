//! Waking of consumers that wait: by publishes of this process, by hints of others, by due times, and by polling.
//!
//! One task polls for all waiting consumers of a broker at once, with growing pauses up to one second; it sends no query
//! while no consumer waits.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use twinloop_runtime::{SqlPool, SqlValue, lock};

use crate::provider::postgres::ANSWER_WITHIN;
use crate::provider::postgres::dedupe::SWEEP;
use crate::provider::postgres::unique;

/// First pause between polls where other processes send hints; without hints it is the shorter one below.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const FIRST_PAUSE_WITHOUT_HINTS: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_secs(1);
/// How often expired rows are deleted.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

const NEXT_DUE: &str = "select subscription, wait_ms from twinloop.next_due($1::int8[])";

/// A consumer that may be waiting.
pub(crate) struct Sleeper {
    pub(crate) topic: String,
    pub(crate) subscription: i64,
    /// Whether there may be messages to claim.
    more: AtomicBool,
    /// Whether a delayed message may be due.
    due: AtomicBool,
    waiting: AtomicBool,
    woken: Notify,
}

impl Sleeper {
    pub(crate) fn new(topic: &str, subscription: i64) -> Arc<Self> {
        Arc::new(Self {
            topic: topic.to_owned(),
            subscription,
            more: AtomicBool::new(true),
            due: AtomicBool::new(true),
            waiting: AtomicBool::new(false),
            woken: Notify::new(),
        })
    }

    /// Wakes the consumer to claim messages.
    pub(crate) fn wake(&self) {
        self.more.store(true, Ordering::Release);
        self.woken.notify_one();
    }

    /// Returns whether claiming is worthwhile, and clears the mark.
    pub(crate) fn take_more(&self) -> bool {
        self.more.swap(false, Ordering::AcqRel)
    }

    /// Returns whether a delayed message may be due, and clears the mark.
    pub(crate) fn take_due(&self) -> bool {
        self.due.swap(false, Ordering::AcqRel)
    }

    /// Waits until `wake` is called.
    pub(crate) async fn sleep(&self) {
        struct Awake<'a>(&'a AtomicBool);
        impl Drop for Awake<'_> {
            fn drop(&mut self) {
                self.0.store(false, Ordering::Release);
            }
        }
        self.waiting.store(true, Ordering::Release);
        let _awake = Awake(&self.waiting);
        self.woken.notified().await;
    }
}

/// The waiting consumers of a broker.
#[derive(Default)]
pub(crate) struct Wakes {
    sleepers: Mutex<Vec<Weak<Sleeper>>>,
    /// When the next message that this process knows of is due.
    expected: Mutex<Option<Instant>>,
    stirred: Notify,
}

impl Wakes {
    pub(crate) fn enter(&self, sleeper: &Arc<Sleeper>) {
        let mut sleepers = lock(&self.sleepers);
        sleepers.retain(|sleeper| sleeper.strong_count() > 0);
        sleepers.push(Arc::downgrade(sleeper));
    }

    fn all(&self) -> Vec<Arc<Sleeper>> {
        lock(&self.sleepers).iter().filter_map(Weak::upgrade).collect()
    }

    /// Wakes the consumers of a topic that has new messages.
    pub(crate) fn wake_topic(&self, topic: &str) {
        self.all().iter().filter(|sleeper| sleeper.topic == topic).for_each(|sleeper| sleeper.wake());
    }

    /// Wakes all consumers, since any topic may have new messages.
    pub(crate) fn wake_all(&self) {
        self.all().iter().for_each(|sleeper| sleeper.wake());
    }

    /// Records that a message is due after `delay`.
    pub(crate) fn expect(&self, delay: Duration) {
        let at = Instant::now() + delay;
        let mut expected = lock(&self.expected);
        if expected.is_none_or(|known| at < known) {
            *expected = Some(at);
            drop(expected);
            self.stirred.notify_one();
        }
    }

    /// Shortens the pauses between polls again, because messages are coming.
    pub(crate) fn reset_pause(&self) {
        self.stirred.notify_one();
    }

    /// Polls for waiting consumers until the task is dropped.
    pub(crate) async fn look(self: Arc<Self>, pool: Arc<dyn SqlPool>, has_hints: bool) {
        let first = if has_hints { FIRST_PAUSE } else { FIRST_PAUSE_WITHOUT_HINTS };
        let (mut pause, mut swept) = (first, Instant::now());
        let mut next = Instant::now() + pause;
        loop {
            let expected = *lock(&self.expected);
            let until = expected.map_or(next, |expected| expected.min(next));
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                () = self.stirred.notified() => {
                    pause = first;
                    next = next.min(Instant::now() + pause);
                    continue;
                }
            }
            lock(&self.expected).take_if(|expected| *expected <= Instant::now());
            let soonest = self.poll_once(&*pool).await;
            next = Instant::now() + soonest.map_or(pause, |soonest| soonest.min(pause));
            pause = (pause * 2).min(LAST_PAUSE);
            if swept.elapsed() > SWEEP_INTERVAL {
                swept = Instant::now();
                // The sweep is tried again a minute later.
                let _ = pool.execute(SWEEP, Vec::new()).await;
                let _ = pool.execute(unique::SWEEP, Vec::new()).await;
            }
        }
    }

    /// Wakes the consumers for which messages are due. Returns the time until the next one is due.
    async fn poll_once(&self, pool: &dyn SqlPool) -> Option<Duration> {
        let mut waiting = self.all();
        waiting.retain(|sleeper| sleeper.waiting.load(Ordering::Acquire));
        if waiting.is_empty() {
            return None;
        }
        let subscriptions = waiting.iter().map(|sleeper| Some(sleeper.subscription)).collect();
        // Without an answer the next poll comes after the pause; the claims themselves report the error.
        let rows =
            pool.query_within(NEXT_DUE, vec![SqlValue::Ints(subscriptions)], ANSWER_WITHIN).await.ok()?;
        let mut soonest = None;
        for row in rows {
            let [SqlValue::Int(subscription), SqlValue::Int(wait_ms)] = row[..] else { continue };
            if wait_ms > 0 {
                let wait = Duration::from_millis(wait_ms.unsigned_abs());
                soonest = Some(soonest.map_or(wait, |known: Duration| known.min(wait)));
                continue;
            }
            for sleeper in waiting.iter().filter(|sleeper| sleeper.subscription == subscription) {
                sleeper.due.store(true, Ordering::Release);
                sleeper.wake();
            }
        }
        soonest
    }
}
