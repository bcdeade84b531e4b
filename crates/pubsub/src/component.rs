//! The component: what isolates call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde_json::{json, value::RawValue};
use twinloop_mailbox::{Kind, Text};
use twinloop_runtime::{Answer, Component, Failure, Invocation, Isolate, Operation as Running};

use crate::engine::{self, Engine};
use crate::error::Error;
use crate::inspect;
use crate::operation::Operation;
use crate::request::{At, DeadLetters, Inbox, Of, Open, Publish, PublishBatch, Purge, Redrive, Turn, Within};

/// How long `settle` waits: a handler that hangs is to be seen in a test.
const SETTLE_WITHIN: Duration = Duration::from_secs(30);

/// Number 3 in every frame.
#[derive(Default)]
struct Pubsub(Arc<Engines>);

/// The engines of this process: one per broker.
#[derive(Default)]
struct Engines {
    opened: Mutex<HashMap<u32, (Open, Arc<Engine>)>>,
    /// Held while one is opened or closed: two at once must not open the same.
    opening: tokio::sync::Mutex<u32>,
}

/// The component, with nothing declared.
pub fn component() -> Box<dyn Component> {
    Box::new(Pubsub::default())
}

impl Component for Pubsub {
    fn name(&self) -> &'static str {
        "pubsub"
    }

    fn call(&self, invocation: Invocation) -> Running {
        let engines = Arc::clone(&self.0);
        Box::pin(async move { answer(&engines, &invocation).await })
    }

    fn heir(&self, kind: Kind) -> Option<Arc<Isolate>> {
        if kind != Kind::Message {
            return None;
        }
        // A message does not say whose it is: with several brokers it is given back to its own.
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
                engine.core.spawn("pubsub", async move {
                    // Nobody is left to be told of an error.
                    let _ = engines.close_unused(number).await;
                });
            }
        }
    }
}

impl Engines {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u32, (Open, Arc<Engine>)>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, broker: u32) -> Result<Arc<Engine>, Error> {
        let found = self.lock().get(&broker).map(|(_, engine)| Arc::clone(engine));
        found.ok_or_else(|| Error::precondition("the broker is closed: the app has stopped"))
    }

    async fn open(&self, invocation: &Invocation) -> Answer {
        let asked: Open = invocation.arguments()?;
        let mut last = self.opening.lock().await;
        let known = {
            let opened = self.lock();
            let found = opened.iter().find(|(_, (open, _))| open.url == asked.url && open.root == asked.root);
            found.map(|(number, (open, engine))| (*number, *open == asked, Arc::clone(engine)))
        };
        let (number, engine) = match known {
            Some((number, true, engine)) => (number, engine),
            Some((_, false, engine)) => {
                return Err(Failure::from(Error::precondition(format!(
                    "{} is open with other topics: every worker must declare the same ones",
                    engine.broker.place()
                ))));
            }
            None => {
                let engine = Arc::new(engine::open(invocation.core, &asked).await?);
                *last += 1;
                self.lock().insert(*last, (asked, Arc::clone(&engine)));
                (*last, engine)
            }
        };
        engine.join(invocation.isolate.id);
        let broker = &engine.broker;
        json_text(&json!({ "broker": number, "provider": broker.name(), "place": broker.place() }))
    }

    /// Closes an engine that no isolate needs any longer.
    async fn close_unused(&self, number: u32) -> Result<(), Error> {
        let _opening = self.opening.lock().await;
        let engine = {
            let mut opened = self.lock();
            if opened.get(&number).is_none_or(|(_, engine)| engine.is_used()) {
                return Ok(());
            }
            opened.remove(&number)
        };
        match engine {
            Some((_, engine)) => engine.close().await,
            None => Ok(()),
        }
    }
}

async fn answer(engines: &Arc<Engines>, invocation: &Invocation) -> Answer {
    let isolate = invocation.isolate.id;
    let Some(operation) = Operation::from_number(invocation.operation) else {
        let message = format!("pubsub has no operation {}", invocation.operation);
        return Err(Failure::new("unimplemented", message));
    };
    match operation {
        Operation::Publish => {
            let Publish(broker, topic, options, body) = borrowed(invocation)?;
            let mut ids = engines.get(broker)?.publish(isolate, topic, options, &[body]).await?;
            json_text(&ids.pop())
        }
        Operation::PublishBatch => {
            let PublishBatch(broker, topic, options, bodies): PublishBatch<'_> = borrowed(invocation)?;
            json_text(&engines.get(broker)?.publish(isolate, topic, options, &bodies).await?)
        }
        Operation::Inbox => {
            let Inbox(broker, subscription, message, database, session, turn) = invocation.arguments()?;
            let engine = engines.get(broker)?;
            let name = engine.subscriber(subscription)?.name();
            let turn = Turn(database, session, turn);
            json_text(&engine.databases.note_handled(engine.core, isolate, &turn, name, message).await?)
        }
        Operation::Open => engines.open(invocation).await,
        Operation::Subscribe => {
            let Of([broker]) = invocation.arguments()?;
            engines.get(broker)?.serve(&invocation.isolate);
            Ok(Text::from("null"))
        }
        Operation::Drain => {
            let within: Within = invocation.arguments()?;
            let left = engines.get(within.0)?.drain(isolate, within.time()).await;
            json_text(&json!({ "left": left }))
        }
        Operation::Close => {
            let Of([broker]) = invocation.arguments()?;
            if engines.get(broker).is_ok_and(|engine| engine.part(isolate)) {
                engines.close_unused(broker).await?;
            }
            Ok(Text::from("null"))
        }
        _ => operate(engines, operation, invocation).await,
    }
}

/// What is asked of a subscription, or of the memory provider, now and then.
async fn operate(engines: &Engines, operation: Operation, invocation: &Invocation) -> Answer {
    match operation {
        Operation::Pause | Operation::Resume => {
            let At(broker, subscription) = invocation.arguments()?;
            engines.get(broker)?.subscriber(subscription)?.pause(operation == Operation::Pause);
            Ok(Text::from("null"))
        }
        Operation::Stats => {
            let At(broker, subscription) = invocation.arguments()?;
            json_text(&engines.get(broker)?.subscriber(subscription)?.stats())
        }
        Operation::Depth => {
            let At(broker, subscription) = invocation.arguments()?;
            json_text(&inspect::depth(&*engines.get(broker)?, subscription).await?)
        }
        Operation::DeadLetters => {
            let DeadLetters(broker, subscription, limit, after) = invocation.arguments()?;
            let engine = engines.get(broker)?;
            json_text(&inspect::dead_letters(&engine, subscription, limit, after.as_deref()).await?)
        }
        Operation::Redrive => {
            let Redrive(broker, subscription, ids) = invocation.arguments()?;
            let engine = engines.get(broker)?;
            let of = &engine.subscriber(subscription)?.declared;
            json_text(&engine.broker.redrive(&of.topic, &of.name, ids.as_deref()).await?)
        }
        Operation::Purge => {
            let Purge(broker, subscription, part) = invocation.arguments()?;
            let engine = engines.get(broker)?;
            let of = &engine.subscriber(subscription)?.declared;
            json_text(&engine.broker.purge(&of.topic, &of.name, part.into()).await?)
        }
        Operation::Advance => {
            let within: Within = invocation.arguments()?;
            engines.get(within.0)?.memory()?.advance(within.time());
            Ok(Text::from("null"))
        }
        Operation::Settle => {
            let Of([broker]) = invocation.arguments()?;
            let engine = engines.get(broker)?;
            let settled = tokio::time::timeout(SETTLE_WITHIN, engine.memory()?.idle()).await;
            settled.map_err(|_| Failure::new("deadline_exceeded", unsettled()))?;
            Ok(Text::from("null"))
        }
        _ => {
            let At(broker, topic) = invocation.arguments()?;
            let engine = engines.get(broker)?;
            json_text(&inspect::published(engine.memory()?, engine.topic(topic)?.name()))
        }
    }
}

fn unsettled() -> String {
    format!(
        "after {} s messages are still waiting: a handler hangs, a subscription is paused, or start() was not called",
        SETTLE_WITHIN.as_secs()
    )
}

/// Arguments that point into the call's own bytes: a body is not copied to be read.
fn borrowed<'a, T: serde::Deserialize<'a>>(invocation: &'a Invocation) -> Result<T, Failure> {
    serde_json::from_slice(&invocation.payload).map_err(|error| Failure::bad_arguments(&error))
}

fn json_text(value: &impl Serialize) -> Answer {
    let text = serde_json::value::to_raw_value(value);
    let text: Box<RawValue> = text.map_err(|error| Failure::new("internal", error.to_string()))?;
    Ok(Text::from(text.get()))
}
