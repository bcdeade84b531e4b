//! The cron ledger over the connection pools of sqldb: an integration test of two crates.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "../../cron/tests/ledger/suite.rs"]
mod ledger;

use std::sync::Arc;

use ledger::{Harness, at, begun, claim, done, ledger_suite, now, trigger, waiting};
use twinloop_cron::ledger::postgres::PostgresLedger;
use twinloop_cron::ledger::{Claimed, Ending, Ledger, MOST_OWNERS, Overlap, Status};
use twinloop_runtime::{Component, SqlPool};

#[path = "support/database.rs"]
mod database;

use database::Database;

struct InPostgres {
    sqldb: Box<dyn Component>,
    database: Database,
    ledger: Arc<dyn Ledger>,
}

impl InPostgres {
    /// Returns the ledger of another process.
    async fn another(&self) -> Arc<dyn Ledger> {
        let sql = self.sqldb.sql().unwrap();
        Arc::new(PostgresLedger::open(sql, &self.database.url, "there/2").await.unwrap())
    }

    fn pool(&self) -> Arc<dyn SqlPool> {
        self.database.pool(&*self.sqldb)
    }

    /// Lets all leases run out.
    async fn leases_run_out(&self) {
        let text = "update twinloop.cron_run set lease_until = now() - interval '1 second'";
        self.pool().execute(text, Vec::new()).await.unwrap();
    }
}

impl Harness for InPostgres {
    async fn fresh() -> Self {
        let sqldb = twinloop_sqldb::component();
        let database = Database::create(&*sqldb).await;
        let opened = PostgresLedger::open(sqldb.sql().unwrap(), &database.url, "here/1").await.unwrap();
        let ledger: Arc<dyn Ledger> = Arc::new(opened);
        ledger.declare("job", "times", now()).await.unwrap();
        Self { sqldb, database, ledger }
    }

    fn ledger(&self) -> Arc<dyn Ledger> {
        Arc::clone(&self.ledger)
    }

    async fn finish(self) {
        drop(self.ledger);
        self.database.drop(&*self.sqldb).await;
    }
}

ledger_suite!(InPostgres);

fn made_up() -> Vec<String> {
    vec!["job".to_owned()]
}

#[tokio::test(flavor = "multi_thread")]
async fn of_ten_processes_that_claim_at_once_one_has_the_instant() {
    let here = InPostgres::fresh().await;
    let mut others = Vec::new();
    for _ in 0..10 {
        others.push(here.another().await);
    }
    let from = now();
    for second in 1..=20 {
        let claims = others.iter().map(|other| {
            let other = Arc::clone(other);
            let claim = claim(at(from, second), Overlap::Allow);
            tokio::spawn(async move { other.claim(claim).await.unwrap() })
        });
        let mut won = 0;
        for claimed in claims.collect::<Vec<_>>() {
            match claimed.await.unwrap() {
                Claimed::Begun(_) => won += 1,
                other => assert_eq!(other, Claimed::Known),
            }
        }
        assert_eq!(won, 1, "second {second}");
    }
    assert_eq!(here.ledger.history("job", 100).await.unwrap().len(), 20);
    drop(others);
    here.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_asked_for_is_taken_by_one_process() {
    let here = InPostgres::fresh().await;
    let sql = here.sqldb.sql().unwrap();
    let operator = PostgresLedger::open(sql, &here.database.url, "desk/9").await.unwrap();
    assert_eq!(operator.ask("no such job", now()).await.unwrap(), None);
    let run = operator.ask("job", now()).await.unwrap().unwrap();
    assert_eq!(operator.run(run).await.unwrap().unwrap().outcome, Status::Asked);
    // The run has no owner yet: it blocks no instant and does not count as orphaned.
    let instant = begun(&*here.ledger, claim(at(now(), 1), Overlap::Skip)).await;
    assert!(here.ledger.finish(instant, done()).await.unwrap());
    assert_eq!(here.ledger.reap(&made_up(), &[], &[]).await.unwrap(), []);

    let there = here.another().await;
    let jobs = made_up();
    let (one, other) = tokio::join!(here.ledger.take_asked(&jobs), there.take_asked(&jobs));
    let taken: Vec<_> = one.unwrap().into_iter().chain(other.unwrap()).map(|asked| asked.id).collect();
    assert_eq!(taken, [run]);
    assert!(!operator.withdraw(run).await.unwrap());
    assert_eq!(operator.run(run).await.unwrap().unwrap().outcome, Status::Waiting);

    let given_up = operator.ask("job", now()).await.unwrap().unwrap();
    assert!(operator.withdraw(given_up).await.unwrap());
    let forgotten = operator.ask("job", now()).await.unwrap().unwrap();
    here.leases_run_out().await;
    assert_eq!(here.ledger.take_asked(&jobs).await.unwrap(), []);
    assert_eq!(operator.run(forgotten).await.unwrap(), None);
    let standings = operator.standings().await.unwrap();
    assert_eq!((&*standings[0].job, standings[0].failures, standings.len()), ("job", 0, 1));
    drop((operator, there));
    here.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn overlap_is_seen_over_processes() {
    let here = InPostgres::fresh().await;
    let there = here.another().await;
    let from = now();
    let run = begun(&*here.ledger, claim(at(from, 1), Overlap::Skip)).await;
    assert_eq!(there.claim(claim(at(from, 2), Overlap::Skip)).await.unwrap(), Claimed::Skipped);
    let queued = waiting(&*there, claim(at(from, 3), Overlap::Queue)).await;
    assert!(!there.begin(queued, Overlap::Queue).await.unwrap());
    assert!(here.ledger.finish(run, done()).await.unwrap());
    assert!(there.begin(queued, Overlap::Queue).await.unwrap());
    here.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_process_has_ended_is_taken_over_once() {
    let here = InPostgres::fresh().await;
    let (there, elsewhere) = (here.another().await, here.another().await);
    let from = now();
    let run = begun(&*here.ledger, claim(at(from, 1), Overlap::Queue)).await;
    assert_eq!(there.reap(&made_up(), &[], &[]).await.unwrap(), []);
    here.leases_run_out().await;
    // A process that asks again gets its own run.
    assert_eq!(here.ledger.reap(&made_up(), &[], &[run]).await.unwrap(), []);
    let orphans = there.reap(&made_up(), &[], &[]).await.unwrap();
    assert_eq!(orphans.iter().map(|orphan| (orphan.id, orphan.at)).collect::<Vec<_>>(), [(run, at(from, 1))]);
    assert_eq!(elsewhere.reap(&made_up(), &[], &[]).await.unwrap(), []);
    assert!(!here.ledger.finish(run, done()).await.unwrap());
    assert_eq!(here.ledger.extend(&[run]).await.unwrap(), [run]);
    assert!(there.begin(run, Overlap::Queue).await.unwrap());
    assert!(there.finish(run, done()).await.unwrap());
    let history = there.history("job", 10).await.unwrap();
    assert_eq!((history.len(), history[0].outcome, &*history[0].place), (1, Status::Succeeded, "there/2"));
    here.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_answer_was_lost_is_answered_again() {
    let here = InPostgres::fresh().await;
    let there = here.another().await;
    let from = now();
    let run = begun(&*here.ledger, claim(at(from, 1), Overlap::Skip)).await;
    assert_eq!(begun(&*here.ledger, claim(at(from, 1), Overlap::Skip)).await, run);
    assert_eq!(there.claim(claim(at(from, 1), Overlap::Skip)).await.unwrap(), Claimed::Known);
    assert!(here.ledger.finish(run, done()).await.unwrap());
    assert_eq!(here.ledger.claim(claim(at(from, 1), Overlap::Skip)).await.unwrap(), Claimed::Known);
    // A run for which no process asks again is found by its own process too.
    let lost = begun(&*here.ledger, claim(at(from, 2), Overlap::Skip)).await;
    here.leases_run_out().await;
    assert_eq!(here.ledger.reap(&made_up(), &[], &[lost]).await.unwrap(), []);
    assert_eq!(here.ledger.reap(&made_up(), &[], &[]).await.unwrap().len(), 1);
    here.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_lease_is_no_orphan() {
    let here = InPostgres::fresh().await;
    let there = here.another().await;
    let run = begun(&*here.ledger, claim(at(now(), 1), Overlap::Queue)).await;
    here.leases_run_out().await;
    assert!(here.ledger.extend(&[run]).await.unwrap().is_empty());
    assert_eq!(there.reap(&made_up(), &[], &[]).await.unwrap(), []);
    here.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_make_up_for_nothing_and_triggered_runs_are_noted_as_interrupted() {
    let here = InPostgres::fresh().await;
    let there = here.another().await;
    let from = now();
    begun(&*here.ledger, claim(at(from, 1), Overlap::Allow)).await;
    here.leases_run_out().await;
    assert_eq!(there.reap(&[], &made_up(), &[]).await.unwrap(), []);
    begun(&*here.ledger, trigger(from, Overlap::Allow)).await;
    here.leases_run_out().await;
    assert_eq!(there.reap(&made_up(), &[], &[]).await.unwrap(), []);
    let runs = there.history("job", 10).await.unwrap();
    assert!(runs.iter().all(|run| run.outcome == Status::Interrupted && run.error.is_some()));
    assert_eq!(runs.len(), 2);
    here.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_interrupted_and_is_owed_is_begun_again_at_once() {
    let here = InPostgres::fresh().await;
    let there = here.another().await;
    let run = begun(&*here.ledger, claim(at(now(), 1), Overlap::Queue)).await;
    let error = Some("canceled: the app stopped".to_owned());
    let ending = Ending { status: Status::Interrupted, attempts: 1, error, owed: true };
    assert!(here.ledger.finish(run, ending).await.unwrap());
    assert_eq!(there.history("job", 1).await.unwrap()[0].outcome, Status::Interrupted);
    assert_eq!(there.reap(&made_up(), &[], &[]).await.unwrap().len(), 1);
    assert!(there.begin(run, Overlap::Queue).await.unwrap());
    assert!(there.finish(run, done()).await.unwrap());
    let ended = there.history("job", 1).await.unwrap().remove(0);
    assert_eq!((ended.outcome, ended.attempts, ended.error), (Status::Succeeded, 2, None));
    here.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_takes_its_processes_with_it_is_given_up() {
    let here = InPostgres::fresh().await;
    begun(&*here.ledger, claim(at(now(), 1), Overlap::Queue)).await;
    for owner in 2..=MOST_OWNERS + 1 {
        here.leases_run_out().await;
        let orphans = here.another().await.reap(&made_up(), &[], &[]).await.unwrap();
        assert_eq!(orphans.len(), usize::from(owner <= MOST_OWNERS), "owner {owner}");
    }
    assert_eq!(here.ledger.history("job", 1).await.unwrap()[0].outcome, Status::Interrupted);
    here.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_times_have_changed_has_missed_nothing_by_them() {
    let here = InPostgres::fresh().await;
    let there = here.another().await;
    let later = at(now(), 600);
    assert!(there.declare("job", "times", later).await.unwrap().mark < later);
    assert_eq!(there.declare("job", "other times", later).await.unwrap().mark, later);
    here.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_at_once_make_the_tables_together() {
    let sqldb = twinloop_sqldb::component();
    let database = Database::create(&*sqldb).await;
    let sql = sqldb.sql().unwrap();
    let url = |n: i32| format!("{}?application_name=start-{n}", database.url);
    let (one, two, three, four) = (url(1), url(2), url(3), url(4));
    let opened = tokio::join!(
        PostgresLedger::open(sql, &one, "1"),
        PostgresLedger::open(sql, &two, "2"),
        PostgresLedger::open(sql, &three, "3"),
        PostgresLedger::open(sql, &four, "4"),
    );
    assert!(opened.0.is_ok() && opened.1.is_ok() && opened.2.is_ok() && opened.3.is_ok());
    drop(opened);
    database.drop(&*sqldb).await;
}
