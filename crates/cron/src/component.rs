//! The cron component: answers the operations that isolates call.

use std::sync::Arc;

use serde_json::json;
use twinloop_runtime::{
    Answer, Answering, Component, Failure, Handles, Invocation, Isolate, Primitive, Shared, json_text,
    no_result,
};

use crate::clock::{Instant, from_millis};
use crate::engine::Engine;
use crate::ledger::HISTORY;
use crate::operation::Operation;
use crate::operator::Operator;
use crate::request::{JobRuns, LedgerQuestion, OneJob, OpenJobs, Times};

/// How many next instants are computed at once.
const MOST_NEXT_RUNS: usize = 1_000;

/// The entry of cron in the addon's list of primitives.
pub const PRIMITIVE: Primitive =
    Primitive { name: "cron", operations: Operation::describe(), instant: None, make: component };

/// The jobs of this process's apps, and the ledgers that operators have open.
struct Cron {
    engines: Arc<Shared<Engine>>,
    ledgers: Arc<Handles<Operator>>,
}

/// Makes the cron component, with nothing open; `number` is the component's number in calls and jobs.
pub fn component(number: u16) -> Box<dyn Component> {
    Box::new(Cron { engines: Shared::new(number), ledgers: Arc::default() })
}

impl Component for Cron {
    fn name(&self) -> &'static str {
        PRIMITIVE.name
    }

    fn call(&self, invocation: Invocation) -> Answering {
        let (engines, ledgers) = (Arc::clone(&self.engines), Arc::clone(&self.ledgers));
        Box::pin(async move { answer(&engines, &ledgers, &invocation).await })
    }

    fn heir(&self) -> Option<Arc<Isolate>> {
        self.engines.heir()
    }

    fn isolate_ended(&self, isolate: &Isolate) {
        self.ledgers.leave(isolate.id);
        self.engines.isolate_ended(isolate);
    }
}

async fn answer(engines: &Shared<Engine>, ledgers: &Handles<Operator>, invocation: &Invocation) -> Answer {
    let isolate = invocation.isolate.id;
    match Operation::read(invocation.operation, &invocation.payload)? {
        Operation::Check(check) => json_text(&check.times.iter().map(Times::problem).collect::<Vec<_>>()),
        Operation::Preview(preview) => {
            let schedule = preview.times.schedule()?;
            let count = preview.count.min(MOST_NEXT_RUNS);
            json_text(&millis(&schedule.following(from_millis(preview.after), count)))
        }
        Operation::Open(asked) => open(engines, invocation, asked).await,
        Operation::OpenLedger(asked) => {
            json_text(&ledgers.insert(isolate, Operator::open(invocation.core, asked).await?))
        }
        Operation::AskLedger(LedgerQuestion { ledger, question }) => {
            let operator = ledgers.get(isolate, ledger).ok_or_else(ledger_is_closed)?;
            json_text(&operator.answer(question).await?)
        }
        Operation::CloseLedger(closed) => {
            ledgers.remove(isolate, closed.ledger);
            no_result()
        }
        Operation::Serve(served) => {
            engines.get(served.jobs)?.serve(&invocation.isolate);
            no_result()
        }
        Operation::Drain(drain) => {
            let left = engines.get(drain.jobs)?.drain(isolate, drain.grace()).await;
            json_text(&json!({ "left": left }))
        }
        Operation::Close(closed) => {
            if let Ok(engine) = engines.get(closed.jobs) {
                engine.interrupt(Some(isolate)).await;
                engines.leave(closed.jobs, isolate).await?;
            }
            no_result()
        }
        Operation::Trigger(OneJob { jobs, job }) => {
            engines.get(jobs)?.trigger(job, &invocation.isolate, invocation.caller.clone()).await?;
            no_result()
        }
        Operation::Pause(one) => pause(engines, &one, true).await,
        Operation::Resume(one) => pause(engines, &one, false).await,
        Operation::NextRuns(JobRuns { jobs, job, count }) => {
            let engine = engines.get(jobs)?;
            let next = engine.job(job)?.next_runs(engine.clock.now(), count.min(MOST_NEXT_RUNS));
            json_text(&millis(&next))
        }
        Operation::History(JobRuns { jobs, job, count }) => {
            let engine = engines.get(jobs)?;
            // Runs that are going on are added to those that have ended.
            json_text(&engine.ledger.history(engine.job(job)?.id(), count.min(2 * HISTORY)).await?)
        }
        Operation::Stats(OneJob { jobs, job }) => json_text(&engines.get(jobs)?.job(job)?.counters.report()),
    }
}

async fn open(engines: &Shared<Engine>, invocation: &Invocation, asked: OpenJobs) -> Answer {
    let (number, engine) = engines.open(invocation, asked).await?;
    let now = engine.clock.now();
    let next: Vec<Option<i64>> =
        engine.jobs.iter().map(|job| job.next_runs(now, 1).first().map(Instant::timestamp_millis)).collect();
    json_text(&json!({ "number": number, "next": next }))
}

async fn pause(engines: &Shared<Engine>, one: &OneJob, paused: bool) -> Answer {
    let engine = engines.get(one.jobs)?;
    engine.ledger.pause(engine.job(one.job)?.id(), paused, engine.clock.now()).await?;
    no_result()
}

fn millis(instants: &[Instant]) -> Vec<i64> {
    instants.iter().map(Instant::timestamp_millis).collect()
}

fn ledger_is_closed() -> Failure {
    Failure::failed_precondition("the ledger is closed")
}
