//! The pubsub component: the operations that isolates call, and the engines that carry them out.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use serde_json::value::RawValue;
use twinloop_runtime::{
    Answer, Answering, Component, Failure, Invocation, Isolate, Primitive, Shared, json_text, no_result,
};

use crate::engine::Engine;
use crate::operate::{inspect, operator};
use crate::operation::Operation;
use crate::request::{
    Advance, DeadLetters, Inbox, OneSubscription, OneTopic, OpenBroker, Publish, PublishBatch, Purge,
    Redrive, TellProgress, TransactionTurn,
};

/// Time limit of `settle`; a handler that hangs then fails the test with an error instead of blocking it.
const SETTLE_WITHIN: Duration = Duration::from_secs(30);

/// The entry of pubsub in the addon's list of primitives.
pub const PRIMITIVE: Primitive =
    Primitive { name: "pubsub", operations: Operation::describe(), instant: None, make: component };

/// The engines of this process, one for each broker, each with the topics and subscriptions of an app.
struct Pubsub(Arc<Shared<Engine>>);

/// Creates the pubsub component with no broker open; `number` is the component's number in frames.
pub fn component(number: u16) -> Box<dyn Component> {
    Box::new(Pubsub(Shared::new(number)))
}

impl Component for Pubsub {
    fn name(&self) -> &'static str {
        PRIMITIVE.name
    }

    fn call(&self, invocation: Invocation) -> Answering {
        let engines = Arc::clone(&self.0);
        Box::pin(async move { answer(&engines, &invocation).await })
    }

    fn heir(&self) -> Option<Arc<Isolate>> {
        self.0.heir()
    }

    fn isolate_ended(&self, isolate: &Isolate) {
        self.0.isolate_ended(isolate);
    }
}

async fn answer(engines: &Shared<Engine>, invocation: &Invocation) -> Answer {
    match Operation::read(invocation.operation, &invocation.payload)? {
        Operation::Publish(Publish { broker, topic, options, body }) => {
            let body = part_of(invocation, body);
            let (isolate, caller) = (invocation.isolate.id, &invocation.caller);
            json_text(&engines.get(broker)?.publish_one(isolate, caller, topic, options, body).await?)
        }
        // Apart from the publish, whose future would else be as large as the largest of these.
        other => Box::pin(answer_rarer(engines, invocation, other)).await,
    }
}

/// The bytes of a body, which stay in the memory of the call.
fn part_of(invocation: &Invocation, body: &RawValue) -> Bytes {
    invocation.payload.slice_ref(body.get().as_bytes())
}

/// Carries out an operation that is called less often than a message is published.
async fn answer_rarer(engines: &Shared<Engine>, invocation: &Invocation, operation: Operation<'_>) -> Answer {
    let (isolate, caller) = (invocation.isolate.id, &invocation.caller);
    match operation {
        Operation::PublishBatch(PublishBatch { broker, topic, options, bodies }) => {
            let bodies = bodies.into_iter().map(|body| part_of(invocation, body)).collect();
            json_text(&engines.get(broker)?.publish(isolate, caller, topic, options, bodies).await?)
        }
        Operation::Inbox(noted) => {
            let engine = engines.get(noted.broker)?;
            let name = engine.subscriber(noted.subscription)?.name();
            let Inbox { message, database, session, turn, .. } = noted;
            let turn = TransactionTurn { database, session, turn };
            json_text(&engine.databases.note_handled(engine.core, isolate, &turn, name, message).await?)
        }
        Operation::Open(asked) => open(engines, invocation, asked).await,
        Operation::Subscribe(of) => {
            engines.get(of.broker)?.serve(&invocation.isolate);
            no_result()
        }
        Operation::Drain(drain) => {
            let left = engines.get(drain.broker)?.drain(isolate, drain.grace()).await;
            json_text(&json!({ "left": left }))
        }
        Operation::Close(of) => {
            engines.leave(of.broker, isolate).await?;
            no_result()
        }
        Operation::AwaitResult(asked) => {
            let engine = engines.get(asked.broker)?;
            let subscriber = engine.subscriber(asked.subscription)?;
            json_text(&engine.await_result(subscriber, &asked.message, asked.since, asked.wait()).await?)
        }
        Operation::TellProgress(TellProgress { broker, subscription, message, value }) => {
            let engine = engines.get(broker)?;
            engine.tell_progress(engine.subscriber(subscription)?, &message, value.get()).await?;
            no_result()
        }
        other => operate(engines, other).await,
    }
}

async fn open(engines: &Shared<Engine>, invocation: &Invocation, asked: OpenBroker) -> Answer {
    let (number, engine) = engines.open(invocation, asked).await?;
    let broker = &engine.broker;
    json_text(&json!({ "broker": number, "provider": broker.name(), "place": broker.place() }))
}

/// Carries out an operation on a subscription or on the memory provider that is called rarely.
async fn operate(engines: &Shared<Engine>, operation: Operation<'_>) -> Answer {
    match operation {
        Operation::Pause(of) => pause(engines, &of, true),
        Operation::Resume(of) => pause(engines, &of, false),
        Operation::Stats(OneSubscription { broker, subscription }) => {
            json_text(&engines.get(broker)?.subscriber(subscription)?.stats())
        }
        Operation::Depth(OneSubscription { broker, subscription }) => {
            json_text(&inspect::depth(&*engines.get(broker)?, subscription).await?)
        }
        Operation::DeadLetters(DeadLetters { broker, subscription, limit, after }) => {
            let engine = engines.get(broker)?;
            json_text(&inspect::dead_letters(&engine, subscription, limit, after.as_deref()).await?)
        }
        Operation::Redrive(Redrive { broker, subscription, ids }) => {
            let engine = engines.get(broker)?;
            let of = &engine.subscriber(subscription)?.declared;
            let done = engine.broker.redrive(&of.topic, &of.name, ids.as_deref()).await?;
            json_text(&operator::all_found(done, "no dead letter")?)
        }
        Operation::Purge(Purge { broker, subscription, part }) => {
            let engine = engines.get(broker)?;
            let of = &engine.subscriber(subscription)?.declared;
            json_text(&engine.broker.purge(&of.topic, &of.name, part.into()).await?)
        }
        Operation::Operate(asked) => {
            json_text(&operator::operate(&*engines.get(asked.broker)?, asked).await?)
        }
        Operation::Advance(Advance { broker, ms }) => {
            engines.get(broker)?.memory()?.advance(Duration::from_millis(ms));
            no_result()
        }
        Operation::Settle(of) => settle(&*engines.get(of.broker)?).await,
        Operation::Published(OneTopic { broker, topic }) => {
            let engine = engines.get(broker)?;
            json_text(&inspect::published(engine.memory()?, engine.topic(topic)?.name()))
        }
        _ => Err(Failure::internal("the operation has no answer in this function")),
    }
}

fn pause(engines: &Shared<Engine>, of: &OneSubscription, paused: bool) -> Answer {
    engines.get(of.broker)?.subscriber(of.subscription)?.pause(paused);
    no_result()
}

async fn settle(engine: &Engine) -> Answer {
    let memory = engine.memory()?;
    let settled = async {
        // A handler may have published within a transaction, whose messages then wait in the outbox.
        loop {
            memory.idle().await;
            // The relay may have published between the two looks.
            if !engine.databases.relayed().await? && memory.is_idle() {
                return Ok::<(), Failure>(());
            }
        }
    };
    let settled = tokio::time::timeout(SETTLE_WITHIN, settled).await;
    settled.map_err(|_| Failure::deadline_exceeded(unsettled()))??;
    no_result()
}

fn unsettled() -> String {
    format!(
        "after {} s messages are still waiting: a handler hangs, a subscription is paused, or start() was not called",
        SETTLE_WITHIN.as_secs()
    )
}
