//! Waking consumers that wait: by what this process publishes, by hints of others, by the time of what is due, and by looking.
//!
//! One task looks for all waiting consumers of a broker at once, ever more rarely down to once a second; while nobody waits it
//! asks nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use twinloop_runtime::{SqlPool, SqlValue};

use super::dedupe::SWEEP;

/// Pause before the first look where others give hints, and where they don't.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const FIRST_PAUSE_WITHOUT_HINTS: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_secs(1);
/// How often what has run out is cleared away.
const SWEEP_INTERVAL: Duration = Duration::from_secs(60);

const NEXT_DUE: &str = "select subscription, wait_ms from twinloop.next_due($1::int8[])";

/// A consumer that may be waiting.
pub(crate) struct Sleeper {
    pub(crate) topic: String,
    pub(crate) subscription: i64,
    /// There may be something to claim.
    more: AtomicBool,
    /// Something's time may have come.
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

    /// It is worth looking.
    pub(crate) fn wake(&self) {
        self.more.store(true, Ordering::Release);
        self.woken.notify_one();
    }

    /// Whether it is worth looking; asked once.
    pub(crate) fn take_more(&self) -> bool {
        self.more.swap(false, Ordering::AcqRel)
    }

    /// Whether something's time may have come; asked once.
    pub(crate) fn take_due(&self) -> bool {
        self.due.swap(false, Ordering::AcqRel)
    }

    /// Waits until it is woken.
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

/// All consumers of a broker.
#[derive(Default)]
pub(crate) struct Wakes {
    sleepers: Mutex<Vec<Weak<Sleeper>>>,
    /// When something that this process knows of is due.
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

    /// Something has come into a topic.
    pub(crate) fn wake_topic(&self, topic: &str) {
        self.all().iter().filter(|sleeper| sleeper.topic == topic).for_each(|sleeper| sleeper.wake());
    }

    /// Something may have come anywhere.
    pub(crate) fn wake_all(&self) {
        self.all().iter().for_each(|sleeper| sleeper.wake());
    }

    /// Something is due after `delay`.
    pub(crate) fn expect(&self, delay: Duration) {
        let at = Instant::now() + delay;
        let mut expected = lock(&self.expected);
        if expected.is_none_or(|known| at < known) {
            *expected = Some(at);
            drop(expected);
            self.stirred.notify_one();
        }
    }

    /// Messages are coming: look more often again.
    pub(crate) fn stir(&self) {
        self.stirred.notify_one();
    }

    /// Looks for those who wait, until dropped.
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
            let soonest = self.look_once(&*pool).await;
            next = Instant::now() + soonest.map_or(pause, |soonest| soonest.min(pause));
            pause = (pause * 2).min(LAST_PAUSE);
            if swept.elapsed() > SWEEP_INTERVAL {
                swept = Instant::now();
                // It is tried again a minute later.
                let _ = pool.execute(SWEEP, Vec::new()).await;
            }
        }
    }

    /// Wakes those for whom something is due, and says in how long the next will be.
    async fn look_once(&self, pool: &dyn SqlPool) -> Option<Duration> {
        let mut waiting = self.all();
        waiting.retain(|sleeper| sleeper.waiting.load(Ordering::Acquire));
        if waiting.is_empty() {
            return None;
        }
        let subscriptions = waiting.iter().map(|sleeper| Some(sleeper.subscription)).collect();
        // Without an answer it is looked again after the pause; the claims themselves report what is wrong.
        let rows = pool.query(NEXT_DUE, vec![SqlValue::Ints(subscriptions)]).await.ok()?;
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

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
