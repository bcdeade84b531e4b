//! What every ledger must do, as tests over a [`Harness`]: `ledger_suite!(MyHarness)` makes one test of each promise.

#![allow(unreachable_pub, missing_docs, reason = "one module of each test program")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::sync::Arc;

use twinloop_cron::Instant;
use twinloop_cron::ledger::{Claim, Claimed, Ending, HISTORY, Ledger, MOST_WAITING, Overlap, RunId, Status};

/// A ledger under test.
pub trait Harness: Sized {
    /// One in which the job `job` is declared at [`now`].
    async fn fresh() -> Self;
    fn ledger(&self) -> Arc<dyn Ledger>;
    async fn finish(self);
}

/// When the job was declared: a whole minute that has just passed.
pub fn now() -> Instant {
    let now = twinloop_cron::Clock::now(&twinloop_cron::WallClock);
    Instant::from_timestamp(now.timestamp() / 60 * 60, 0).unwrap()
}

/// Some seconds after it.
pub fn at(from: Instant, seconds: u64) -> Instant {
    from + std::time::Duration::from_secs(seconds)
}

pub fn claim(at: Instant, overlap: Overlap) -> Claim {
    Claim { job: "job".to_owned(), at, manual: false, overlap, waits: false, late: false }
}

pub fn trigger(at: Instant, overlap: Overlap) -> Claim {
    Claim { manual: true, ..claim(at, overlap) }
}

pub fn done() -> Ending {
    Ending { status: Status::Succeeded, attempts: 1, error: None, owed: false }
}

pub async fn begun(ledger: &dyn Ledger, claim: Claim) -> RunId {
    match ledger.claim(claim).await.unwrap() {
        Claimed::Begun(run) => run,
        other => panic!("it is {other:?}"),
    }
}

pub async fn waiting(ledger: &dyn Ledger, claim: Claim) -> RunId {
    match ledger.claim(claim).await.unwrap() {
        Claimed::Waiting(run) => run,
        other => panic!("it is {other:?}"),
    }
}

pub async fn an_instant_is_taken_once(ledger: &dyn Ledger) {
    let from = now();
    let run = begun(ledger, claim(at(from, 1), Overlap::Allow)).await;
    assert!(ledger.finish(run, done()).await.unwrap());
    assert_eq!(ledger.claim(claim(at(from, 1), Overlap::Allow)).await.unwrap(), Claimed::Known);
    begun(ledger, claim(at(from, 2), Overlap::Allow)).await;
}

pub async fn what_lies_before_the_mark_is_dealt_with(ledger: &dyn Ledger) {
    let from = now();
    begun(ledger, claim(at(from, 10), Overlap::Allow)).await;
    assert_eq!(ledger.claim(claim(at(from, 9), Overlap::Allow)).await.unwrap(), Claimed::Known);
    assert_eq!(ledger.declare("job", "times", at(from, 20)).await.unwrap().mark, at(from, 10));
}

pub async fn a_mark_that_a_wrong_clock_has_set_is_forgotten(ledger: &dyn Ledger) {
    let from = now();
    begun(ledger, claim(at(from, 86_400), Overlap::Allow)).await;
    let run = begun(ledger, claim(at(from, 1), Overlap::Allow)).await;
    assert!(ledger.finish(run, done()).await.unwrap());
    assert_eq!(ledger.claim(claim(at(from, 1), Overlap::Allow)).await.unwrap(), Claimed::Known);
}

pub async fn an_overlapping_run_is_skipped_and_noted(ledger: &dyn Ledger) {
    let from = now();
    let first = begun(ledger, claim(at(from, 1), Overlap::Skip)).await;
    assert_eq!(ledger.claim(claim(at(from, 2), Overlap::Skip)).await.unwrap(), Claimed::Skipped);
    let runs = ledger.history("job", 10).await.unwrap();
    assert_eq!((runs[0].outcome, runs[1].outcome), (Status::Skipped, Status::Running));
    assert!(runs[0].finished_at.is_some() && runs[0].error.is_some());
    assert!(ledger.finish(first, done()).await.unwrap());
    begun(ledger, claim(at(from, 3), Overlap::Skip)).await;
}

pub async fn queued_runs_come_one_after_another(ledger: &dyn Ledger) {
    let from = now();
    let first = begun(ledger, claim(at(from, 1), Overlap::Queue)).await;
    let second = waiting(ledger, claim(at(from, 2), Overlap::Queue)).await;
    let third = waiting(ledger, claim(at(from, 3), Overlap::Queue)).await;
    assert!(!ledger.begin(second, Overlap::Queue).await.unwrap());
    assert!(ledger.finish(first, done()).await.unwrap());
    assert!(!ledger.begin(third, Overlap::Queue).await.unwrap());
    assert!(ledger.begin(second, Overlap::Queue).await.unwrap());
    assert!(!ledger.begin(third, Overlap::Queue).await.unwrap());
    assert!(ledger.finish(second, done()).await.unwrap());
    assert!(ledger.begin(third, Overlap::Queue).await.unwrap());
}

pub async fn no_more_than_so_many_wait(ledger: &dyn Ledger) {
    let from = now();
    begun(ledger, claim(at(from, 1), Overlap::Queue)).await;
    for n in 0..MOST_WAITING as u64 {
        waiting(ledger, claim(at(from, 2 + n), Overlap::Queue)).await;
    }
    let next = at(from, 2 + MOST_WAITING as u64);
    assert_eq!(ledger.claim(claim(next, Overlap::Queue)).await.unwrap(), Claimed::Skipped);
    let late = Claim { late: true, ..claim(at(next, 1), Overlap::Queue) };
    waiting(ledger, late).await;
}

pub async fn a_triggered_run_is_refused_without_a_trace_where_there_is_no_room(ledger: &dyn Ledger) {
    let from = now();
    begun(ledger, trigger(from, Overlap::Skip)).await;
    assert_eq!(ledger.claim(trigger(from, Overlap::Skip)).await.unwrap(), Claimed::Skipped);
    begun(ledger, trigger(from, Overlap::Allow)).await;
    let runs = ledger.history("job", 10).await.unwrap();
    assert_eq!(runs.len(), 2);
    assert!(runs.iter().all(|run| run.manual));
}

pub async fn a_paused_job_takes_no_instant_but_can_be_triggered(ledger: &dyn Ledger) {
    let from = now();
    ledger.pause("job", true, from).await.unwrap();
    assert_eq!(ledger.claim(claim(at(from, 1), Overlap::Allow)).await.unwrap(), Claimed::Paused);
    begun(ledger, trigger(from, Overlap::Allow)).await;
    assert!(ledger.declare("job", "times", from).await.unwrap().paused);
    ledger.pause("job", false, at(from, 30)).await.unwrap();
    assert_eq!(ledger.claim(claim(at(from, 29), Overlap::Allow)).await.unwrap(), Claimed::Known);
    begun(ledger, claim(at(from, 31), Overlap::Allow)).await;
}

pub async fn the_history_tells_how_each_run_has_ended(ledger: &dyn Ledger) {
    let from = now();
    let run = begun(ledger, claim(at(from, 1), Overlap::Allow)).await;
    let ending = Ending {
        status: Status::TimedOut,
        attempts: 3,
        error: Some("deadline_exceeded: too slow\0 it was".to_owned()),
        owed: false,
    };
    assert!(ledger.finish(run, ending).await.unwrap());
    assert!(!ledger.finish(run, done()).await.unwrap());
    let found = ledger.history("job", 10).await.unwrap().remove(0);
    assert_eq!((found.id, found.outcome, found.attempts), (run, Status::TimedOut, 3));
    assert_eq!(found.scheduled_at, at(from, 1).timestamp_millis());
    assert!(found.error.unwrap().starts_with("deadline_exceeded: too slow"));
    assert!(found.started_at.unwrap() <= found.finished_at.unwrap());
    assert_eq!(found.place, "here/1");
}

pub async fn only_the_last_runs_are_remembered(ledger: &dyn Ledger) {
    let from = now();
    let kept = begun(ledger, claim(at(from, 1), Overlap::Allow)).await;
    for n in 0..HISTORY as u64 + 5 {
        let run = begun(ledger, claim(at(from, 2 + n), Overlap::Allow)).await;
        assert!(ledger.finish(run, done()).await.unwrap());
    }
    begun(ledger, claim(at(from, 1_000), Overlap::Allow)).await;
    let runs = ledger.history("job", 1_000).await.unwrap();
    let ended = runs.iter().filter(|run| run.outcome == Status::Succeeded).count();
    assert_eq!(ended, HISTORY);
    assert_eq!(runs.last().unwrap().id, kept, "what runs is not forgotten");
    assert_eq!(ledger.claim(claim(at(from, 2), Overlap::Allow)).await.unwrap(), Claimed::Known);
}

/// One test for each promise of [`Ledger`], against the one that the harness makes.
macro_rules! ledger_suite {
    ($harness:ty) => {
        $crate::ledger::ledger_suite! { $harness:
            an_instant_is_taken_once,
            what_lies_before_the_mark_is_dealt_with,
            a_mark_that_a_wrong_clock_has_set_is_forgotten,
            an_overlapping_run_is_skipped_and_noted,
            queued_runs_come_one_after_another,
            no_more_than_so_many_wait,
            a_triggered_run_is_refused_without_a_trace_where_there_is_no_room,
            a_paused_job_takes_no_instant_but_can_be_triggered,
            the_history_tells_how_each_run_has_ended,
            only_the_last_runs_are_remembered,
        }
    };
    ($harness:ty: $($promise:ident,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $promise() {
                let harness = <$harness as $crate::ledger::Harness>::fresh().await;
                $crate::ledger::$promise(&*$crate::ledger::Harness::ledger(&harness)).await;
                $crate::ledger::Harness::finish(harness).await;
            }
        )*
    };
}
pub(crate) use ledger_suite;
