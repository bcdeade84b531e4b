//! The component: what isolates call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::json;
use twinloop_mailbox::{Kind, Text};
use twinloop_runtime::{Answer, Component, Failure, Invocation, Isolate, Operation as Running};

use crate::clock::{Instant, from_millis};
use crate::engine::{self, Engine};
use crate::error::Error;
use crate::job::Job;
use crate::ledger::HISTORY;
use crate::operation::Operation;
use crate::request::{At, Check, Count, Of, Open, Preview, Times, Within};

/// How many next instants are computed at once.
const MOST_NEXT_RUNS: usize = 1_000;

/// Number 4 in every frame.
#[derive(Default)]
struct Cron(Arc<Engines>);

/// The engines of this process: one per app.
#[derive(Default)]
struct Engines {
    opened: Mutex<HashMap<u32, (Open, Arc<Engine>)>>,
    /// Held while one is opened or closed: two at once must not open the same.
    opening: tokio::sync::Mutex<u32>,
}

/// The component, with nothing declared.
pub fn component() -> Box<dyn Component> {
    Box::new(Cron::default())
}

impl Component for Cron {
    fn name(&self) -> &'static str {
        "cron"
    }

    fn call(&self, invocation: Invocation) -> Running {
        let engines = Arc::clone(&self.0);
        Box::pin(async move { answer(&engines, &invocation).await })
    }

    fn heir(&self, kind: Kind) -> Option<Arc<Isolate>> {
        if kind != Kind::Tick {
            return None;
        }
        // A tick does not say whose it is: with several apps it is begun again by its own.
        let opened = self.0.lock();
        let mut engines = opened.values();
        let (_, only) = engines.next()?;
        if engines.next().is_some() { None } else { only.serving.pick() }
    }

    fn isolate_ended(&self, isolate: &Isolate) {
        let engines: Vec<(u32, Arc<Engine>)> =
            self.0.lock().iter().map(|(number, (_, engine))| (*number, Arc::clone(engine))).collect();
        for (number, engine) in engines {
            if engine.part(isolate.id) {
                let engines = Arc::clone(&self.0);
                engine.core.spawn("cron", async move { engines.close_unused(number).await });
            }
        }
    }
}

impl Engines {
    fn lock(&self) -> MutexGuard<'_, HashMap<u32, (Open, Arc<Engine>)>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, number: u32) -> Result<Arc<Engine>, Error> {
        let found = self.lock().get(&number).map(|(_, engine)| Arc::clone(engine));
        found.ok_or_else(|| Error::precondition("the jobs are closed: the app has stopped"))
    }

    async fn open(&self, invocation: &Invocation) -> Answer {
        let asked: Open = invocation.arguments()?;
        let mut last = self.opening.lock().await;
        let known = {
            let opened = self.lock();
            let found = opened.iter().find(|(_, (open, _))| open.root == asked.root);
            found.map(|(number, (open, engine))| (*number, *open == asked, Arc::clone(engine)))
        };
        let (number, engine) = match known {
            Some((number, true, engine)) => (number, engine),
            Some((_, false, _)) => {
                return Err(Failure::from(Error::precondition(
                    "cron runs with other jobs in this process: every worker must declare the same ones",
                )));
            }
            None => {
                let engine = Arc::new(engine::open(invocation.core, &asked).await?);
                *last += 1;
                self.lock().insert(*last, (asked, Arc::clone(&engine)));
                (*last, engine)
            }
        };
        engine.join(invocation.isolate.id);
        let now = engine.clock.now();
        let next: Vec<Option<i64>> = engine
            .jobs
            .iter()
            .map(|job| job.next_runs(now, 1).first().map(Instant::timestamp_millis))
            .collect();
        json_text(&json!({ "number": number, "next": next }))
    }

    /// Closes an engine that no isolate needs any longer.
    async fn close_unused(&self, number: u32) {
        let _opening = self.opening.lock().await;
        let engine = {
            let mut opened = self.lock();
            if opened.get(&number).is_none_or(|(_, engine)| engine.is_used()) {
                return;
            }
            opened.remove(&number)
        };
        if let Some((_, engine)) = engine {
            engine.close().await;
        }
    }

    async fn close(&self, number: u32, isolate: u32) {
        let Ok(engine) = self.get(number) else { return };
        engine.interrupt(Some(isolate)).await;
        if engine.part(isolate) {
            self.close_unused(number).await;
        }
    }
}

async fn answer(engines: &Arc<Engines>, invocation: &Invocation) -> Answer {
    let isolate = invocation.isolate.id;
    let Some(operation) = Operation::from_number(invocation.operation) else {
        return Err(Failure::new("unimplemented", format!("cron has no operation {}", invocation.operation)));
    };
    match operation {
        Operation::Check => {
            let Check([times]) = invocation.arguments()?;
            json_text(&times.iter().map(Times::problem).collect::<Vec<_>>())
        }
        Operation::Preview => {
            let Preview(times, after, count) = invocation.arguments()?;
            json_text(&millis(&times.schedule()?.following(from_millis(after), count.min(MOST_NEXT_RUNS))))
        }
        Operation::Open => engines.open(invocation).await,
        Operation::Serve => {
            let Of([number]) = invocation.arguments()?;
            engines.get(number)?.serve(&invocation.isolate);
            Ok(Text::from("null"))
        }
        Operation::Drain => {
            let within: Within = invocation.arguments()?;
            let left = engines.get(within.0)?.drain(isolate, within.time()).await;
            json_text(&json!({ "left": left }))
        }
        Operation::Close => {
            let Of([number]) = invocation.arguments()?;
            engines.close(number, isolate).await;
            Ok(Text::from("null"))
        }
        Operation::Trigger => {
            let At(number, job) = invocation.arguments()?;
            engines.get(number)?.trigger(job, &invocation.isolate).await?;
            Ok(Text::from("null"))
        }
        Operation::Pause | Operation::Resume => {
            let At(number, job) = invocation.arguments()?;
            let engine = engines.get(number)?;
            let (id, paused) = (engine.job(job)?.id(), operation == Operation::Pause);
            engine.ledger.pause(id, paused, engine.clock.now()).await?;
            Ok(Text::from("null"))
        }
        Operation::NextRuns => {
            let (engine, job, count) = counted(engines, invocation)?;
            let next = engine.job(job)?.next_runs(engine.clock.now(), count.min(MOST_NEXT_RUNS));
            json_text(&millis(&next))
        }
        Operation::History => {
            let (engine, job, count) = counted(engines, invocation)?;
            // What runs is there beside what has ended.
            json_text(&engine.ledger.history(engine.job(job)?.id(), count.min(2 * HISTORY)).await?)
        }
        Operation::Stats => {
            let At(number, job) = invocation.arguments()?;
            let engine = engines.get(number)?;
            let job: &Job = engine.job(job)?;
            json_text(&job.counters.report())
        }
    }
}

fn counted(engines: &Engines, invocation: &Invocation) -> Result<(Arc<Engine>, usize, usize), Failure> {
    let Count(number, job, count) = invocation.arguments()?;
    Ok((engines.get(number)?, job, count))
}

fn millis(instants: &[Instant]) -> Vec<i64> {
    instants.iter().map(Instant::timestamp_millis).collect()
}

fn json_text(value: &impl Serialize) -> Answer {
    let text = serde_json::to_string(value).map_err(|error| Failure::new("internal", error.to_string()))?;
    Ok(Text::from(text))
}
