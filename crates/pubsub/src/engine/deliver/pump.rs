//! The pump, one task per subscription: it pulls messages, runs their attempts and extends their leases.
//!
//! All deliveries in flight live in this one task, so that outcomes which arrive together are settled in one turn, and the
//! provider can write their acknowledgements in one statement.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::json;
use tokio::time::Instant;
use twinloop_runtime::{Failure, Level, contained};

use crate::engine::Engine;
use crate::engine::deliver::attempt::{Attempt, Ended};
use crate::engine::deliver::batch::Gathered;
use crate::engine::deliver::gathering::Gathering;
use crate::engine::deliver::limits::{Allowance, Limiter};
use crate::engine::deliver::subscriber::Subscriber;
use crate::engine::deliver::trouble::Trouble;
use crate::provider::broker::Consumer;
use crate::provider::limits::Limits;
use crate::provider::message::Delivery;
use crate::provider::offer::LimitKeeper;
use crate::provider::pending::BrokerFuture;

/// Pause after a message was released because no isolate could take it.
const AFTER_RELEASE: Duration = Duration::from_millis(100);
/// Pause after a panic.
const AFTER_PANIC: Duration = Duration::from_secs(1);

/// Runs until the engine stops pulling. A panic releases the deliveries in flight, and the pump starts again.
pub(crate) async fn run(engine: Arc<Engine>, subscriber: Arc<Subscriber>) {
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
            engine.core.log(Level::Error, "restarted a subscription: its task panicked", &fields);
            tokio::time::sleep(AFTER_PANIC).await;
        }
    }
}

async fn wait_out(engine: &Engine, subscriber: &Subscriber, trouble: &mut Trouble, error: &Failure) {
    let woken = subscriber.woken();
    engine.health.failed(error);
    let pause = trouble.record(engine.core, &subscriber.name(), error);
    // An app that stops does not wait for the pause.
    if engine.is_pulling() {
        let _ = tokio::time::timeout(pause, woken).await;
    }
}

/// The pump of one subscription with its open consumer.
struct Pump<'p> {
    engine: &'p Arc<Engine>,
    subscriber: &'p Arc<Subscriber>,
    consumer: &'p Arc<dyn Consumer>,
}

impl Pump<'_> {
    async fn run(&self, trouble: &mut Trouble) {
        let mut running = FuturesUnordered::new();
        // The messages of `running`.
        let mut in_flight = 0;
        let mut gathering = self.subscriber.policy.batch.map(Gathering::new);
        let mut pulled: Option<BrokerFuture<'_, Vec<Delivery>>> = None;
        let mut not_before: Option<Instant> = None;
        let mut limiter = self.limiter();
        let mut keeping = pin!(self.keep_leases());
        loop {
            let woken = self.subscriber.woken();
            let waiting = gathering.as_mut().map_or(0, |gathering| {
                // What waits when the app stops goes to no isolate, which releases it.
                let all = !self.engine.is_pulling();
                while let Some(batch) = gathering.take(Instant::now(), all) {
                    in_flight += batch.len();
                    running.push(self.attempt().run_work(Work::Batch(batch)));
                }
                gathering.len()
            });
            if running.is_empty() && !self.engine.is_pulling() {
                return;
            }
            if !self.may_pull() {
                self.stop_pulling(&mut pulled);
            } else if pulled.is_none() && not_before.is_none() {
                let Allowance { room, again_at } = self.allowance(&mut limiter, in_flight + waiting);
                not_before = again_at;
                pulled = (room > 0).then(|| self.consumer.next(room));
            }
            tokio::select! {
                deliveries = next_of(&mut pulled) => {
                    pulled = None;
                    match deliveries {
                        Ok(deliveries) => {
                            self.engine.health.reached();
                            trouble.recover(self.engine.core, &self.subscriber.name());
                            limiter.begun(deliveries.len(), Instant::now());
                            let (wanted, unwanted) = self.parted(deliveries);
                            in_flight += unwanted.len();
                            running.extend(unwanted.into_iter().map(|delivery| self.attempt().run_work(Work::Unwanted(delivery))));
                            if let Some(gathering) = &mut gathering {
                                let guarded = wanted.into_iter().map(|delivery| self.gathered(delivery));
                                gathering.add(guarded, Instant::now());
                            } else {
                                in_flight += wanted.len();
                                running.extend(wanted.into_iter().map(|delivery| self.attempt().run_work(Work::One(delivery))));
                            }
                        }
                        Err(error) => {
                            self.engine.health.failed(&error);
                            let pause = trouble.record(self.engine.core, &self.subscriber.name(), &error);
                            not_before = Some(Instant::now() + pause);
                        }
                    }
                }
                Some(mut ended) = running.next() => {
                    // Settles all attempts that ended together before the next pull.
                    while let Some(Some(also)) = running.next().now_or_never() {
                        ended = Ended { released: ended.released | also.released, count: ended.count + also.count };
                    }
                    in_flight -= ended.count;
                    if ended.released {
                        not_before = not_before.max(Some(Instant::now() + AFTER_RELEASE));
                    }
                }
                () = until(not_before) => not_before = None,
                // The next turn takes what is due.
                () = until(gathering.as_ref().and_then(Gathering::due)) => {}
                () = &mut keeping => {}
                () = woken => {}
            }
        }
    }

    fn may_pull(&self) -> bool {
        self.engine.is_pulling() && self.subscriber.may_pull() && !self.engine.serving.is_empty()
    }

    /// Drops the pull under way, and says so to the provider.
    fn stop_pulling(&self, pulled: &mut Option<BrokerFuture<'_, Vec<Delivery>>>) {
        if pulled.take().is_some() {
            self.consumer.rest();
        }
    }

    /// Parts deliveries into those that the subscription's filter admits, and the others.
    fn parted(&self, deliveries: Vec<Delivery>) -> (Vec<Delivery>, Vec<Delivery>) {
        match &self.subscriber.policy.filter {
            None => (deliveries, Vec::new()),
            Some(filter) => deliveries.into_iter().partition(|delivery| filter.admits(&delivery.body)),
        }
    }

    /// Counts a delivery as in flight while it waits for its batch, so that its lease is extended.
    fn gathered(&self, delivery: Delivery) -> Gathered {
        Gathered { guard: self.subscriber.begin(delivery.lease), delivery }
    }

    /// Returns how many messages may be pulled beside those that are in flight.
    fn allowance(&self, limiter: &mut Limiter, in_flight: usize) -> Allowance {
        let room = self.subscriber.declared.max_concurrency.saturating_sub(in_flight);
        limiter.admit(room, in_flight, Instant::now())
    }

    /// Creates the limiter of the subscription; one without limits where the provider holds them.
    fn limiter(&self) -> Limiter {
        let is_held_here = self.engine.broker.offer().limits == Some(LimitKeeper::Engine);
        let limits = self.subscriber.declared.limits;
        Limiter::new(if is_held_here { limits } else { Limits::default() }, Instant::now())
    }

    fn attempt(&self) -> Attempt {
        Attempt {
            engine: Arc::clone(self.engine),
            subscriber: Arc::clone(self.subscriber),
            consumer: Arc::clone(self.consumer),
        }
    }

    /// Extends the leases of all deliveries in flight in one call, three times within each deadline. An isolate cannot
    /// prevent it, not even by blocking its event loop; only the handler's time limit ends the lease.
    async fn keep_leases(&self) {
        loop {
            tokio::time::sleep(self.subscriber.declared.ack_deadline / 3).await;
            let leases = self.subscriber.leases();
            if leases.is_empty() {
                continue;
            }
            // A lease outlasts two failed extensions.
            if let Ok(lost) = self.consumer.extend(&leases).await {
                self.subscriber.lost(&lost);
            }
        }
    }
}

/// What one handler call is given.
enum Work {
    One(Delivery),
    Batch(Vec<Gathered>),
    /// The subscription's filter refuses the message.
    Unwanted(Delivery),
}

impl Attempt {
    async fn run_work(self, work: Work) -> Ended {
        match work {
            Work::One(delivery) => self.run(delivery).await,
            // Apart from the single message, whose future would else be as large as that of a batch.
            Work::Unwanted(delivery) => self.pass_over(&delivery).await,
            Work::Batch(batch) => Box::pin(self.run_batch(batch)).await,
        }
    }
}

async fn next_of(pulled: &mut Option<BrokerFuture<'_, Vec<Delivery>>>) -> Result<Vec<Delivery>, Failure> {
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
    use twinloop_runtime::{Core, Serving};

    use super::*;
    use crate::engine::lock;
    use crate::engine::scripted::{Hand, Pull, Script, Scripted, Told};
    use crate::engine::setup::engine_with;
    use crate::provider::broker::Broker;
    use crate::provider::choose::Opened;
    use crate::provider::message::Lease;

    fn core() -> &'static Core {
        Core::get_or_build(Vec::new).unwrap()
    }

    /// Creates an engine with one subscription, whose leases last for `ack_deadline_ms`.
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
        Arc::new(engine_with(core(), Serving::new(0), &asked, Opened::from(broker)).await.unwrap())
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
        hand.reply(hand.next(Kind::Job).await);
        script.hears(&[Told::Consume, Told::Acknowledge(1)]).await;
    }

    #[tokio::test]
    async fn a_panic_of_the_provider_begins_the_subscription_anew() {
        let (script, _engine, hand) = served([Pull::Panic, Pull::Message(1)]).await;
        hand.reply(hand.next(Kind::Job).await);
        script.hears(&[Told::Consume, Told::Consume, Told::Acknowledge(1)]).await;
    }

    #[tokio::test]
    async fn an_answer_that_could_not_be_stored_is_told_again() {
        let (script, _engine, hand) = served([Pull::Message(1)]).await;
        *lock(&script.failures) = 2;
        hand.reply(hand.next(Kind::Job).await);
        script.hears(&[Told::Consume, Told::Acknowledge(1)]).await;
        assert_eq!(*lock(&script.failures), 0);
    }

    #[tokio::test]
    async fn a_handler_whose_lease_is_lost_is_aborted_and_nothing_is_said_of_its_message() {
        let (script, _engine, hand) = served([Pull::Message(1)]).await;
        lock(&script.lost).push(Lease(1));
        let id = hand.next(Kind::Job).await;
        assert_eq!(hand.next(Kind::Abort).await, id);
        hand.reply(id);
        script.add([Pull::Message(2)]);
        hand.reply(hand.next(Kind::Job).await);
        script.hears(&[Told::Consume, Told::Acknowledge(2)]).await;
    }

    #[tokio::test]
    async fn a_message_whose_isolate_ends_is_retried() {
        let (script, engine, hand) = served([Pull::Message(1)]).await;
        hand.next(Kind::Job).await;
        engine.serving.leave(hand.isolate.id);
        hand.end();
        script.hears(&[Told::Consume, Told::Retry(1)]).await;
    }

    #[tokio::test]
    async fn a_drain_waits_and_then_gives_back() {
        let (script, engine, hand) = served([Pull::Message(1), Pull::Message(2)]).await;
        let first = hand.next(Kind::Job).await;
        hand.next(Kind::Job).await;
        hand.reply(first);
        let left = engine.drain(hand.isolate.id, Duration::from_millis(300)).await;
        assert_eq!(left, 1);
        script.hears(&[Told::Consume, Told::Acknowledge(1), Told::Release(2)]).await;
        script.add([Pull::Message(3)]);
        engine.serve(&hand.isolate);
        hand.next(Kind::Abort).await;
        hand.reply(hand.next(Kind::Job).await);
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
        hand.reply(hand.next(Kind::Job).await);
        script.hears(&[Told::Consume, Told::Acknowledge(1)]).await;
    }
}
