//! A clock, a ledger and an isolate that tests of the engine move by hand.

use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::sync::Notify;
use twinloop_mailbox::{Batch, Kind, Limits};
use twinloop_runtime::{Core, Failure, Isolate};

use crate::clock::{Clock, Instant, WallClock};
use crate::ledger::memory::MemoryLedger;
use crate::ledger::{Claim, Claimed, Ending, Ledger, LedgerFuture, Orphan, Overlap, Run, RunId, Standing};

/// A clock that shows what it is set to.
pub(crate) struct SetClock {
    shown: Mutex<Instant>,
    set: Notify,
}

/// The machine's clock, which panics a given number of times when it is read.
pub(crate) struct PanickingClock(pub(crate) AtomicU32);

impl Clock for PanickingClock {
    fn now(&self) -> Instant {
        let left = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1));
        assert!(left.is_err(), "injected: the clock");
        WallClock.now()
    }

    fn sleep_until(&self, instant: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        WallClock.sleep_until(instant)
    }
}

impl SetClock {
    pub(crate) fn at(text: &str) -> Arc<Self> {
        Arc::new(Self { shown: Mutex::new(text.parse().unwrap()), set: Notify::new() })
    }

    pub(crate) fn set(&self, text: &str) {
        *self.shown.lock().unwrap() = text.parse().unwrap();
        self.set.notify_waiters();
    }
}

impl Clock for SetClock {
    fn now(&self) -> Instant {
        *self.shown.lock().unwrap()
    }

    fn sleep_until(&self, instant: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            loop {
                let set = self.set.notified();
                tokio::pin!(set);
                set.as_mut().enable();
                if self.now() >= instant {
                    return;
                }
                // Jumps back are looked at as well: a wall clock's sleep ends early.
                set.await;
                if self.now() < instant {
                    return;
                }
            }
        })
    }
}

/// A ledger in memory whose first claims panic or fail, and which notes when it was asked for each claim.
pub(crate) struct ScriptedLedger {
    inner: MemoryLedger,
    pub(crate) panics: AtomicU32,
    failures: AtomicU32,
    lateness: Mutex<Vec<(String, i64)>>,
}

impl ScriptedLedger {
    /// A ledger that refuses its first `failures` claims.
    pub(crate) fn new(clock: Arc<dyn Clock>, failures: u32) -> Self {
        let inner = MemoryLedger::new(clock, "here/1");
        Self {
            inner,
            panics: AtomicU32::new(0),
            failures: AtomicU32::new(failures),
            lateness: Mutex::default(),
        }
    }

    /// The job of each claim, in order, and how many microseconds of the machine's clock after its instant it came.
    pub(crate) fn lateness(&self) -> Vec<(String, i64)> {
        self.lateness.lock().unwrap().clone()
    }
}

impl Ledger for ScriptedLedger {
    fn declare<'a>(&'a self, job: &'a str, times: &'a str, now: Instant) -> LedgerFuture<'a, Standing> {
        Ledger::declare(&self.inner, job, times, now)
    }
    fn claim(&self, claim: Claim) -> LedgerFuture<'_, Claimed> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let late = i64::try_from(since.as_micros()).unwrap() - claim.at.timestamp_micros();
        self.lateness.lock().unwrap().push((claim.job.clone(), late));
        let takes_one = |count: &AtomicU32| {
            count.fetch_update(Ordering::AcqRel, Ordering::Acquire, |left| left.checked_sub(1)).is_ok()
        };
        assert!(!takes_one(&self.panics), "injected: a claim");
        if takes_one(&self.failures) {
            return Box::pin(async { Err(Failure::failed_precondition("the database is away")) });
        }
        Ledger::claim(&self.inner, claim)
    }
    fn begin(&self, run: RunId, overlap: Overlap) -> LedgerFuture<'_, bool> {
        Ledger::begin(&self.inner, run, overlap)
    }
    fn finish(&self, run: RunId, ending: Ending) -> LedgerFuture<'_, bool> {
        Ledger::finish(&self.inner, run, ending)
    }
    fn extend<'a>(&'a self, runs: &'a [RunId]) -> LedgerFuture<'a, Vec<RunId>> {
        Ledger::extend(&self.inner, runs)
    }
    fn reap<'a>(
        &'a self,
        made_up: &'a [String],
        others: &'a [String],
        live: &'a [RunId],
    ) -> LedgerFuture<'a, Vec<Orphan>> {
        Ledger::reap(&self.inner, made_up, others, live)
    }
    fn pause<'a>(&'a self, job: &'a str, paused: bool, now: Instant) -> LedgerFuture<'a, ()> {
        Ledger::pause(&self.inner, job, paused, now)
    }
    fn history<'a>(&'a self, job: &'a str, limit: usize) -> LedgerFuture<'a, Vec<Run>> {
        Ledger::history(&self.inner, job, limit)
    }
    fn is_shared(&self) -> bool {
        false
    }
}

/// An isolate that is driven by hand.
pub(crate) struct Hand {
    core: &'static Core,
    pub(crate) isolate: Arc<Isolate>,
}

/// A tick that has come.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    pub(crate) id: i32,
    /// As `[scheduledAt, attempt, run]`.
    pub(crate) text: String,
}

impl Tick {
    pub(crate) fn scheduled_at(&self) -> i64 {
        serde_json::from_str::<(i64, u32, i64)>(&self.text).unwrap().0
    }

    pub(crate) fn attempt(&self) -> u32 {
        serde_json::from_str::<(i64, u32, i64)>(&self.text).unwrap().1
    }
}

impl Hand {
    pub(crate) fn attach(core: &'static Core) -> Self {
        Self { core, isolate: core.attach(Limits::default(), || ()) }
    }

    /// Takes the next item of this kind that has arrived.
    pub(crate) fn take(&self, kind: Kind) -> Option<Tick> {
        loop {
            let mut batch = Batch::default();
            self.isolate.port.drain(&mut batch, 1);
            let text = String::from_utf8(batch.narrow().to_vec()).unwrap();
            match batch.ints() {
                [head, id, ..] if head & 0xff == kind as i32 => return Some(Tick { id: *id, text }),
                [] => return None,
                _ => {}
            }
        }
    }

    /// Waits for the next item of this kind.
    pub(crate) async fn next(&self, kind: Kind) -> Tick {
        let found = async {
            loop {
                match self.take(kind) {
                    Some(tick) => return tick,
                    None => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), found).await.unwrap()
    }

    /// Answers the job `id`.
    pub(crate) fn reply(&self, id: i32) {
        const REPLY: i32 = 0x101;
        self.isolate.port.settle(&[REPLY, id, 200], 1, &Bytes::from_static(b"\n")).unwrap();
    }

    /// Fails the job `id`.
    pub(crate) fn fail(&self, id: i32) {
        const FAIL: i32 = 0x104;
        let error = Bytes::from_static(b"{\"code\":\"unknown\",\"message\":\"it broke\"}\n");
        self.isolate.port.settle(&[FAIL, id, 500], 1, &error).unwrap();
    }

    /// Ends the isolate, as a terminated worker does.
    pub(crate) fn end(&self) {
        self.core.detach(self.isolate.id);
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.end();
    }
}
