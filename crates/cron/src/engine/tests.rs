use serde_json::json;
use twinloop_mailbox::Kind;

use super::*;
use crate::scripted::{Hand, ScriptedLedger, SetClock};

mod traces;

struct Scene {
    clock: Arc<SetClock>,
    engine: Arc<Engine>,
    hand: Hand,
}

/// An engine with one job, and an isolate that serves it.
async fn scene(now: &str, options: serde_json::Value, failures: u32) -> Scene {
    let core = Core::get_or_build(Vec::new).unwrap();
    let clock = SetClock::at(now);
    let mut job = json!({
        "id": "job", "everyMs": null, "pattern": "30 2 * * *", "timeZone": "Europe/Berlin",
        "overlap": "skip", "missed": "skip", "jitterMs": 0, "timeoutMs": 60_000,
        "minBackoffMs": 1, "maxBackoffMs": 1, "maxRetries": 0,
    });
    for (name, value) in options.as_object().unwrap() {
        job[name] = value.clone();
    }
    let asked = json!({ "root": "", "jobs": [job], "database": null, "place": "here/1" });
    let ledger = ScriptedLedger::new(Arc::clone(&clock) as Arc<dyn Clock>, failures);
    let asked = serde_json::from_value(asked).unwrap();
    let engine =
        engine_with(core, Serving::new(0), &asked, Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(ledger))
            .await
            .unwrap();
    let (engine, hand) = (Arc::new(engine), Hand::attach(core));
    engine.serve(&hand.isolate);
    Scene { clock, engine, hand }
}

impl Scene {
    /// Moves the clock and answers the tick that comes; gives its instant.
    async fn fires_at(&self, now: &str) -> String {
        self.clock.set(now);
        let tick = self.hand.next(Kind::Job).await;
        self.hand.reply(tick.id);
        self.engine.live.done(None, Duration::from_secs(20)).await;
        crate::clock::from_millis(tick.scheduled_at()).format("%FT%TZ").to_string()
    }

    /// Moves the clock and has the job looked at, after which nothing comes.
    async fn is_silent_at(&self, now: &str) {
        self.clock.set(now);
        self.engine.arm(&self.engine.jobs[0]);
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert_eq!(self.hand.take(Kind::Job), None, "at {now}");
    }

    async fn outcomes(&self) -> Vec<Status> {
        let runs = self.engine.ledger.history("job", 100).await.unwrap();
        runs.into_iter().map(|run| run.outcome).collect()
    }
}

#[tokio::test]
async fn a_job_crosses_both_edges_of_summer_time() {
    for (zone, pattern, spring, autumn) in [
        (
            "Europe/Berlin",
            "30 2 * * *",
            ["2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
            ["2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
        ),
        (
            "America/New_York",
            "30 2 * * *",
            ["2026-03-07T12:00:00Z", "2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"],
            ["2026-10-31T12:00:00Z", "2026-11-01T07:30:00Z", "2026-11-02T07:30:00Z"],
        ),
        (
            "Australia/Lord_Howe",
            "45 1 * * *",
            ["2026-10-03T00:00:00Z", "2026-10-03T15:15:00Z", "2026-10-04T14:45:00Z"],
            ["2026-04-04T00:00:00Z", "2026-04-04T14:45:00Z", "2026-04-05T15:15:00Z"],
        ),
    ] {
        for [before, first, second] in [spring, autumn] {
            let scene = scene(before, json!({ "timeZone": zone, "pattern": pattern }), 0).await;
            assert_eq!(scene.fires_at(first).await, first, "{zone}");
            assert_eq!(scene.fires_at(second).await, second, "{zone}");
            assert_eq!(scene.outcomes().await, [Status::Succeeded; 2]);
        }
    }
}

#[tokio::test]
async fn a_clock_that_jumps_fires_nothing_twice_and_nothing_early() {
    let scene = scene("2026-06-01T09:30:00Z", json!({ "pattern": "0 * * * *", "timeZone": "UTC" }), 0).await;
    scene.is_silent_at("2026-06-01T09:59:59Z").await;
    assert_eq!(scene.fires_at("2026-06-01T10:00:00Z").await, "2026-06-01T10:00:00Z");
    scene.is_silent_at("2026-06-01T09:10:00Z").await;
    scene.is_silent_at("2026-06-01T10:00:00Z").await;
    assert_eq!(scene.fires_at("2026-06-01T11:00:00Z").await, "2026-06-01T11:00:00Z");
    // Ahead by a day: what lies between was missed, and its last instant is on time.
    assert_eq!(scene.fires_at("2026-06-02T11:00:10Z").await, "2026-06-02T11:00:00Z");
    // Back by a day: it was wrong before.
    scene.is_silent_at("2026-06-01T11:30:00Z").await;
    assert_eq!(scene.fires_at("2026-06-01T12:00:00Z").await, "2026-06-01T12:00:00Z");
    assert_eq!(scene.outcomes().await.len(), 4);
}

#[tokio::test]
async fn a_leap_day_is_not_forgotten() {
    let scene =
        scene("2026-06-01T00:00:00Z", json!({ "pattern": "0 12 29 2 *", "timeZone": "UTC" }), 0).await;
    scene.is_silent_at("2027-03-01T12:00:00Z").await;
    assert_eq!(scene.fires_at("2028-02-29T12:00:00Z").await, "2028-02-29T12:00:00Z");
}

#[tokio::test]
async fn what_was_missed_is_made_up_for_in_order() {
    let options = json!({ "pattern": "0 * * * *", "timeZone": "UTC", "missed": "all" });
    let scene = scene("2026-06-01T09:30:00Z", options, 0).await;
    scene.clock.set("2026-06-01T12:30:00Z");
    for hour in ["10", "11", "12"] {
        let tick = scene.hand.next(Kind::Job).await;
        let instant: Instant = format!("2026-06-01T{hour}:00:00Z").parse().unwrap();
        assert_eq!(tick.scheduled_at(), instant.timestamp_millis());
        scene.hand.reply(tick.id);
    }
    scene.is_silent_at("2026-06-01T12:31:00Z").await;
}

#[tokio::test]
async fn a_claim_that_fails_is_made_again() {
    let scene = scene("2026-06-01T00:00:00Z", json!({}), 2).await;
    assert_eq!(scene.fires_at("2026-06-01T00:30:00Z").await, "2026-06-01T00:30:00Z");
}

#[tokio::test]
async fn a_run_that_fails_is_tried_again_and_then_given_up() {
    let scene = scene("2026-06-01T00:00:00Z", json!({ "maxRetries": 1 }), 0).await;
    scene.clock.set("2026-06-01T00:30:00Z");
    for attempt in 1..=2 {
        let tick = scene.hand.next(Kind::Job).await;
        assert_eq!(tick.attempt(), attempt);
        scene.hand.fail(tick.id);
    }
    scene.engine.live.done(None, Duration::from_secs(20)).await;
    let run = scene.engine.ledger.history("job", 1).await.unwrap().remove(0);
    assert_eq!((run.outcome, run.attempts), (Status::Failed, 2));
    assert_eq!(run.error.as_deref(), Some("it broke"));
}

#[tokio::test]
async fn a_run_whose_isolate_ends_has_failed() {
    let scene = scene("2026-06-01T00:00:00Z", json!({}), 0).await;
    scene.clock.set("2026-06-01T00:30:00Z");
    scene.hand.next(Kind::Job).await;
    scene.engine.serving.leave(scene.hand.isolate.id);
    scene.hand.end();
    scene.engine.live.done(None, Duration::from_secs(20)).await;
    let run = scene.engine.ledger.history("job", 1).await.unwrap().remove(0);
    assert_eq!(run.outcome, Status::Failed);
    assert!(run.error.unwrap().starts_with("aborted"));
}

#[tokio::test]
async fn a_run_that_the_grace_is_too_short_for_is_interrupted() {
    let scene = scene("2026-06-01T00:00:00Z", json!({ "maxRetries": 5 }), 0).await;
    scene.clock.set("2026-06-01T00:30:00Z");
    let tick = scene.hand.next(Kind::Job).await;
    assert_eq!(scene.engine.drain(scene.hand.isolate.id, Duration::from_millis(50)).await, 1);
    // What a handler throws because it is told to end is no failure of its own.
    scene.hand.fail(tick.id);
    scene.engine.close().await.unwrap();
    assert_eq!(scene.outcomes().await, [Status::Interrupted]);
    scene.is_silent_at("2026-06-02T00:30:00Z").await;
}

#[tokio::test]
async fn a_run_that_ends_within_the_grace_is_done() {
    let scene = scene("2026-06-01T00:00:00Z", json!({}), 0).await;
    scene.clock.set("2026-06-01T00:30:00Z");
    let tick = scene.hand.next(Kind::Job).await;
    let drain = scene.engine.drain(scene.hand.isolate.id, Duration::from_secs(20));
    let reply = async {
        tokio::time::sleep(Duration::from_millis(30)).await;
        scene.hand.reply(tick.id);
    };
    assert_eq!(tokio::join!(drain, reply).0, 0);
    assert_eq!(scene.outcomes().await, [Status::Succeeded]);
}

#[tokio::test]
async fn a_triggered_job_is_refused_by_an_app_that_stops() {
    let scene = scene("2026-06-01T00:00:00Z", json!({}), 0).await;
    let (triggered, tick) =
        tokio::join!(scene.engine.trigger(0, &scene.hand.isolate, CallOrigin::default()), async {
            let tick = scene.hand.next(Kind::Job).await;
            scene.hand.reply(tick.id);
            tick
        });
    assert!(triggered.is_ok());
    assert_eq!(tick.scheduled_at(), scene.clock.now().timestamp_millis());
    scene.engine.close().await.unwrap();
    let refused = scene.engine.trigger(0, &scene.hand.isolate, CallOrigin::default()).await;
    assert_eq!(refused.unwrap_err().code, twinloop_runtime::Code::FailedPrecondition);
}
