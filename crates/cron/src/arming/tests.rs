#![expect(clippy::print_stderr, reason = "prints the figures of docs/design/cron.md")]

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tokio::sync::broadcast::error::TryRecvError;
use tokio::time::Instant as Moment;
use twinloop_runtime::{Core, Serving, SharedEngine};
use uuid::Uuid;

use super::*;
use crate::clock::{Clock, WallClock};
use crate::engine;
use crate::job::CronJob;
use crate::scripted::{Hand, PanickingClock, ScriptedLedger};

/// An engine on the machine's clock, whose ledger notes each claim, and an isolate that serves the engine.
struct Scene {
    engine: Arc<Engine>,
    ledger: Arc<ScriptedLedger>,
    hand: Hand,
}

/// A scene of jobs that each have a period, in milliseconds.
async fn scene(periods: &[u64]) -> Scene {
    scene_on(Arc::new(WallClock), periods).await
}

async fn scene_on(clock: Arc<dyn Clock>, periods: &[u64]) -> Scene {
    let core = Core::get_or_build(Vec::new).unwrap();
    let jobs: Vec<Value> = periods
        .iter()
        .map(|period| {
            json!({
                "id": format!("every {period}"), "everyMs": period, "pattern": null, "timeZone": "UTC",
                "overlap": "allow", "missed": "skip", "jitterMs": 0, "timeoutMs": 60_000,
                "minBackoffMs": 1, "maxBackoffMs": 1, "maxRetries": 0,
            })
        })
        .collect();
    let asked = json!({ "root": "", "jobs": jobs, "database": null, "place": "here/1" });
    let asked = serde_json::from_value(asked).unwrap();
    let ledger = Arc::new(ScriptedLedger::new(Arc::new(WallClock), 0));
    let engine = engine::engine_with(core, Serving::new(0), &asked, clock, Arc::clone(&ledger) as Arc<_>)
        .await
        .unwrap();
    Scene { engine: Arc::new(engine), ledger, hand: Hand::attach(core) }
}

impl Scene {
    fn serve(&self) {
        self.engine.serve(&self.hand.isolate);
    }

    /// Waits until a claim has come beside those that are known, and gives its lateness in microseconds.
    async fn claim_after(&self, known: usize, within: Duration) -> i64 {
        let come = async {
            while self.ledger.lateness().len() <= known {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(within, come).await.expect("a claim comes");
        self.ledger.lateness()[known].1
    }
}

async fn arming() -> &'static Arming {
    while ARMING.get().is_none() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    ARMING.get().unwrap()
}

/// Forty periods that divide a day, so that their instants lie at no common point of a second.
fn forty_periods() -> Vec<u64> {
    (1_500..).filter(|period| 86_400_000 % period == 0).take(40).collect()
}

#[tokio::test]
async fn forty_jobs_fire_in_time_and_none_early() {
    let periods = forty_periods();
    let scene = scene(&periods).await;
    scene.serve();
    tokio::time::sleep(Duration::from_millis(periods[39] + 1_000)).await;
    let claims = scene.ledger.lateness();
    let first = |job: &Arc<CronJob>| claims.iter().find(|(id, _)| id == job.id()).expect("each job fires").1;
    let mut late: Vec<i64> = scene.engine.jobs.iter().map(first).collect();
    late.sort_unstable();
    eprintln!("microseconds late: min {} median {} max {}", late[0], late[20], late[39]);
    assert!(claims.iter().all(|(_, late)| *late >= 0), "fired early: {claims:?}");
    scene.engine.close().await.unwrap();
}

#[tokio::test]
async fn a_job_whose_activation_is_lost_is_listed_again() {
    let scene = scene(&[60_000, 1_000]).await;
    let storage = Storage::default();
    storage.add(&scene.engine);
    // Near, or far off at this moment; the job of each second is always near.
    let listed = storage.near();
    assert!(!listed.is_empty());
    assert!(listed.iter().all(|id| storage.near().contains(id)), "nothing has come of the first listing");
    scene.engine.jobs.iter().for_each(|job| scene.engine.arm(job));
    assert!(scene.engine.jobs[1].is_armed());
    assert!(storage.near().is_empty(), "what has a timer is not listed");
    scene.engine.close().await.unwrap();
    assert!(storage.near().is_empty(), "an engine that is halted has nothing to fire");
}

#[tokio::test]
async fn every_job_fires_though_activations_are_lost() {
    let scene = scene(&forty_periods()).await;
    scene.serve();
    let activations = arming().await.scheduler.context().job_activation_tx.clone();
    let mut seen = activations.subscribe();
    let until = Moment::now() + Duration::from_secs(3);
    let mut floods = 0;
    while Moment::now() < until {
        for _ in 0..500 {
            activations.send(Uuid::new_v4()).unwrap();
        }
        floods += 1;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert!(matches!(seen.try_recv(), Err(TryRecvError::Lagged(_))), "{floods} floods overflow the channel");
    // However slow the machine is: a job whose activation was lost for good would never fire.
    let all_fire = async {
        let has_fired = |job: &Arc<CronJob>| scene.ledger.lateness().iter().any(|(id, _)| id == job.id());
        while !scene.engine.jobs.iter().all(has_fired) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), all_fire).await.expect("each job fires");
    assert!(scene.ledger.lateness().iter().all(|(_, late)| *late >= 0), "fired early");
    scene.engine.close().await.unwrap();
}

#[tokio::test]
async fn s08_a_panic_while_jobs_are_looked_for_stops_no_timer() {
    let clock = Arc::new(PanickingClock(AtomicU32::new(0)));
    let scene = scene_on(Arc::clone(&clock) as Arc<dyn Clock>, &[2_000, 2_500]).await;
    scene.serve();
    scene.claim_after(0, Duration::from_secs(10)).await;
    clock.0.store(6, Ordering::Release);
    let known = scene.ledger.lateness().len();
    for further in 0..4 {
        assert!(scene.claim_after(known + further, Duration::from_secs(10)).await >= 0);
    }
    assert_eq!(clock.0.load(Ordering::Acquire), 0, "the clock has panicked");
    scene.engine.close().await.unwrap();
}

#[tokio::test]
async fn s08_a_panic_while_a_job_fires_does_not_end_its_timer() {
    let scene = scene(&[1_000]).await;
    scene.ledger.panics.store(2, Ordering::Release);
    scene.serve();
    scene.claim_after(4, Duration::from_secs(20)).await;
    let claims = scene.ledger.lateness();
    assert!(claims.iter().all(|(_, late)| *late >= 0), "{claims:?}");
    scene.engine.close().await.unwrap();
}

#[tokio::test]
async fn a_stop_is_prompt_and_leaves_nothing_that_fires() {
    let scene = scene(&[1_000, 3_000]).await;
    scene.serve();
    scene.claim_after(0, Duration::from_secs(10)).await;
    let stopping = Moment::now();
    scene.engine.drain(scene.hand.isolate.id, Duration::ZERO).await;
    scene.engine.close().await.unwrap();
    assert!(stopping.elapsed() < Duration::from_millis(400), "{:?}", stopping.elapsed());
    let known = scene.ledger.lateness().len();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(scene.ledger.lateness().len(), known);
    assert!(scene.engine.jobs.iter().all(|job| !job.is_armed()));
    assert_eq!(Arc::strong_count(&scene.engine), 1, "nothing holds an engine that is closed");
}

#[tokio::test]
#[ignore = "prints figures of an idle process over ten seconds"]
async fn figures_of_an_idle_process() {
    let scene = scene(&[86_400_000; 20]).await;
    scene.serve();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let before = cost();
    tokio::time::sleep(Duration::from_secs(10)).await;
    let after = cost();
    let (cpu_us, wakes) = ((after.0 - before.0) / 1_000, after.1 - before.1);
    eprintln!("over 10 s: {cpu_us} us of CPU, {wakes} wake-ups");
    scene.engine.close().await.unwrap();
}

/// CPU in nanoseconds, and how often they gave way, of the runtime's threads.
fn cost() -> (u64, u64) {
    let mut sum = (0, 0);
    for task in std::fs::read_dir("/proc/self/task").unwrap().flatten() {
        let read = |name: &str| std::fs::read_to_string(task.path().join(name)).unwrap_or_default();
        if !read("comm").starts_with("twinloop-io") {
            continue;
        }
        sum.0 += read("schedstat").split(' ').next().unwrap().parse::<u64>().unwrap();
        let status = read("status");
        let switches = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:")).unwrap();
        sum.1 += switches.trim().parse::<u64>().unwrap();
    }
    sum
}
