//! One task per subscription: pulls, lets run what it has pulled, keeps its leases.
//!
//! What is out lives in this task. An answer and the acknowledgement that it leads to are so handled in one turn together with
//! all others that came with it, and the provider can write them as one.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::json;
use tokio::time::Instant;
use twinloop_runtime::{Level, contained};

use super::Engine;
use super::attempt::Attempt;
use super::subscriber::Subscriber;
use super::trouble::Trouble;
use crate::broker::{BrokerFuture, Consumer};
use crate::error::Error;
use crate::message::Delivery;

/// After a message was given back because nobody could take it.
const AFTER_RELEASE: Duration = Duration::from_millis(100);
/// After a fault of ours.
const AFTER_PANIC: Duration = Duration::from_secs(1);

/// Runs until the engine stops pulling. A panic ends what is out, gives it back, and begins anew.
pub(super) async fn run(engine: Arc<Engine>, subscriber: Arc<Subscriber>) {
    let mut trouble = Trouble::default();
    while engine.is_pulling() {
        let consumer = match engine.broker.consume(&subscriber.declared).await {
            Ok(consumer) => consumer,
            Err(error) => {
                wait_out(&engine, &subscriber, &mut trouble, &error).await;
                continue;
            }
        };
        let pump = Pump { engine: &engine, subscriber: &subscriber, consumer: &consumer };
        if let Err(panic) = contained(pump.run(&mut trouble)).await {
            let fields = json!({ "subscription": subscriber.name(), "panic": panic });
            engine.core.log(Level::Error, "a subscription failed and is begun anew", &fields);
            tokio::time::sleep(AFTER_PANIC).await;
        }
    }
}

async fn wait_out(engine: &Engine, subscriber: &Subscriber, trouble: &mut Trouble, error: &Error) {
    let woken = subscriber.woken();
    let pause = trouble.met(engine.core, &subscriber.name(), error);
    // A stopping app need not wait for it.
    if engine.is_pulling() {
        let _ = tokio::time::timeout(pause, woken).await;
    }
}

struct Pump<'p> {
    engine: &'p Arc<Engine>,
    subscriber: &'p Arc<Subscriber>,
    consumer: &'p Arc<dyn Consumer>,
}

impl Pump<'_> {
    async fn run(&self, trouble: &mut Trouble) {
        let mut running = FuturesUnordered::new();
        let mut pulled: Option<BrokerFuture<'_, Vec<Delivery>>> = None;
        let mut not_before: Option<Instant> = None;
        let mut keeping = pin!(self.keep_leases());
        loop {
            let woken = self.subscriber.woken();
            if running.is_empty() && !self.engine.is_pulling() {
                return;
            }
            if !self.may_pull() {
                pulled = None;
            } else if pulled.is_none() && not_before.is_none() {
                let room = self.subscriber.declared.max_concurrency.saturating_sub(running.len());
                pulled = (room > 0).then(|| self.consumer.next(room));
            }
            tokio::select! {
                deliveries = next_of(&mut pulled) => {
                    pulled = None;
                    match deliveries {
                        Ok(deliveries) => {
                            trouble.over(self.engine.core, &self.subscriber.name());
                            running.extend(deliveries.into_iter().map(|delivery| self.attempt().run(delivery)));
                        }
                        Err(error) => {
                            let pause = trouble.met(self.engine.core, &self.subscriber.name(), &error);
                            not_before = Some(Instant::now() + pause);
                        }
                    }
                }
                Some(mut released) = running.next() => {
                    // All that ended together, before the next look around.
                    while let Some(Some(also)) = running.next().now_or_never() {
                        released |= also;
                    }
                    if released {
                        not_before = not_before.max(Some(Instant::now() + AFTER_RELEASE));
                    }
                }
                () = until(not_before) => not_before = None,
                () = &mut keeping => {}
                () = woken => {}
            }
        }
    }

    fn may_pull(&self) -> bool {
        self.engine.is_pulling() && !self.subscriber.is_paused() && !self.engine.serving.is_empty()
    }

    fn attempt(&self) -> Attempt {
        Attempt {
            engine: Arc::clone(self.engine),
            subscriber: Arc::clone(self.subscriber),
            consumer: Arc::clone(self.consumer),
        }
    }

    /// Extends what is out, all in one call, thrice within each deadline. Whatever an isolate does, it cannot keep this from
    /// happening; its time limit does.
    async fn keep_leases(&self) {
        loop {
            tokio::time::sleep(self.subscriber.declared.ack_deadline / 3).await;
            let leases = self.subscriber.leases();
            if leases.is_empty() {
                continue;
            }
            // One that fails is made up for by the next; leases bear two of them.
            if let Ok(lost) = self.consumer.extend(&leases).await {
                self.subscriber.lost(&lost);
            }
        }
    }
}

async fn next_of(pulled: &mut Option<BrokerFuture<'_, Vec<Delivery>>>) -> Result<Vec<Delivery>, Error> {
    match pulled {
        Some(pulled) => pulled.await,
        None => std::future::pending().await,
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => tokio::time::sleep_until(time).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use twinloop_mailbox::Kind;
    use twinloop_runtime::Core;

    use super::super::lock;
    use super::super::scripted::{Hand, Pull, Script, Scripted, Told};
    use super::super::setup::over;
    use super::*;
    use crate::broker::Broker;
    use crate::message::Lease;
    use crate::provider::Opened;

    fn core() -> &'static Core {
        Core::get_or_build(Vec::new).unwrap()
    }

    /// An engine with one subscription, whose leases last for `ack_deadline_ms`.
    async fn engine(script: &Arc<Script>, ack_deadline_ms: u64) -> Arc<Engine> {
        let asked = json!({ "url": "", "root": "", "types": [], "topics": [{
            "name": "t", "type": null, "ordered": false, "orderingAttribute": null, "maxMessageBytes": 1000,
            "subscriptions": [{
                "name": "s", "maxConcurrency": 10, "ackDeadlineMs": ack_deadline_ms, "retentionMs": 60_000,
                "timeoutMs": 60_000, "minBackoffMs": 1, "maxBackoffMs": 1, "maxRetries": 3,
            }],
        }] });
        let asked = serde_json::from_value(asked).unwrap();
        let broker: Arc<dyn Broker> = Arc::new(Scripted(Arc::clone(script)));
        Arc::new(over(core(), &asked, Opened::from(broker)).await.unwrap())
    }

    async fn served(pulls: impl IntoIterator<Item = Pull>) -> (Arc<Script>, Arc<Engine>, Hand) {
        let script = Arc::<Script>::default();
        script.add(pulls);
        let engine = engine(&script, 300).await;
        let hand = Hand::attach(core());
        engine.serve(&hand.isolate);
        (script, engine, hand)
    }

    #[tokio::test]
    async fn errors_of_the_provider_are_waited_out() {
        let (script, _engine, hand) = served([Pull::Fail, Pull::Fail, Pull::Message(1)]).await;
        hand.reply(hand.next(Kind::Message).await);
        script.hears(&[Told::Consume, Told::Acknowledge(1)]).await;
    }

    #[tokio::test]
    async fn a_panic_of_the_provider_begins_the_subscription_anew() {
        let (script, _engine, hand) = served([Pull::Panic, Pull::Message(1)]).await;
        hand.reply(hand.next(Kind::Message).await);
        script.hears(&[Told::Consume, Told::Consume, Told::Acknowledge(1)]).await;
    }

    #[tokio::test]
    async fn an_answer_that_could_not_be_stored_is_told_again() {
        let (script, _engine, hand) = served([Pull::Message(1)]).await;
        *lock(&script.failures) = 2;
        hand.reply(hand.next(Kind::Message).await);
        script.hears(&[Told::Consume, Told::Acknowledge(1)]).await;
        assert_eq!(*lock(&script.failures), 0);
    }

    #[tokio::test]
    async fn a_handler_whose_lease_is_lost_is_aborted_and_nothing_is_said_of_its_message() {
        let (script, _engine, hand) = served([Pull::Message(1)]).await;
        lock(&script.lost).push(Lease(1));
        let id = hand.next(Kind::Message).await;
        assert_eq!(hand.next(Kind::Abort).await, id);
        hand.reply(id);
        script.add([Pull::Message(2)]);
        hand.reply(hand.next(Kind::Message).await);
        script.hears(&[Told::Consume, Told::Acknowledge(2)]).await;
    }

    #[tokio::test]
    async fn a_message_whose_isolate_ends_is_retried() {
        let (script, engine, hand) = served([Pull::Message(1)]).await;
        hand.next(Kind::Message).await;
        engine.serving.leave(hand.isolate.id);
        hand.end();
        script.hears(&[Told::Consume, Told::Retry(1)]).await;
    }

    #[tokio::test]
    async fn a_drain_waits_and_then_gives_back() {
        let (script, engine, hand) = served([Pull::Message(1), Pull::Message(2)]).await;
        let first = hand.next(Kind::Message).await;
        hand.next(Kind::Message).await;
        hand.reply(first);
        let left = engine.drain(hand.isolate.id, Duration::from_millis(300)).await;
        assert_eq!(left, 1);
        script.hears(&[Told::Consume, Told::Acknowledge(1), Told::Release(2)]).await;
        script.add([Pull::Message(3)]);
        engine.serve(&hand.isolate);
        hand.next(Kind::Abort).await;
        hand.reply(hand.next(Kind::Message).await);
        let told = [Told::Acknowledge(1), Told::Release(2), Told::Consume, Told::Acknowledge(3)];
        script.hears(&[&[Told::Consume][..], &told].concat()).await;
    }

    #[tokio::test]
    async fn nothing_is_pulled_while_paused() {
        let (script, engine, hand) = served([]).await;
        engine.subscriber(0).unwrap().pause(true);
        script.hears(&[Told::Consume]).await;
        script.add([Pull::Message(1)]);
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(lock(&script.pulls).len(), 1);
        engine.subscriber(0).unwrap().pause(false);
        hand.reply(hand.next(Kind::Message).await);
        script.hears(&[Told::Consume, Told::Acknowledge(1)]).await;
    }
}
