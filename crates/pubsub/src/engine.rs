//! The engine: what pubsub does in the same way over all providers. A process has one engine for each broker, whatever
//! number of isolates use it.
//!
//! **Publishing.** A body is checked against the topic's type, gets an id and its ordering key, and is written together with
//! all other messages that wait for the broker.
//!
//! **Delivering.** One pump per subscription asks the provider for as many messages as its concurrency still allows. Each
//! message gets one attempt: a message that is too old or does not fit its type is buried before an isolate sees it; the
//! others go to the less busy of two isolates. The engine extends the lease while an attempt runs, so that a handler that
//! blocks its event loop keeps its message up to its time limit. The isolate's answer decides whether the message is
//! acknowledged, retried after a backoff, buried, or released.

pub(crate) mod deliver;
mod depth;
pub(crate) mod filter;
mod fleet;
mod health;
pub(crate) mod publish;
mod results;
#[cfg(test)]
mod scripted;
mod setup;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};
pub(crate) use twinloop_runtime::lock;
use twinloop_runtime::{Core, Failure, Isolate, Level, Serving, SharedEngine};
use twinloop_schema::Registry;

use crate::provider::broker::Broker;
use crate::provider::memory::Memory;
use crate::provider::operate::Expiry;
use crate::provider::subscription::Subscription;
use crate::request::OpenBroker;
use crate::telemetry::dead_letter_log::DeadLetterLog;
use crate::transactional::databases::Databases;
use deliver::pump;
use deliver::subscriber::Subscriber;
pub(crate) use health::Health;
use publish::publisher::Publisher;
use publish::topic::TopicRules;

/// Time limit for the provider to store that messages were released, after the grace period of a drain.
const GIVE_BACK_WITHIN: Duration = Duration::from_secs(2);

/// An open broker with the app's topics and subscriptions.
pub(crate) struct Engine {
    /// The runtime, for tasks and the log.
    pub(crate) core: &'static Core,
    /// The provider that keeps the messages.
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) health: Arc<Health>,
    pub(crate) memory: Option<Arc<Memory>>,
    /// The app's databases, in whose transactions messages may be published.
    pub(crate) databases: Databases,
    /// The isolates that take deliveries.
    pub(crate) serving: Serving,
    /// The types of the messages.
    registry: Registry,
    /// The topics, by their number in operations.
    topics: Vec<TopicRules>,
    /// The subscriptions, by their number in operations and deliveries.
    pub(crate) subscribers: Vec<Arc<Subscriber>>,
    /// What gathers the publishes of one turn.
    publisher: Arc<Publisher>,
    /// Whether messages are taken from the provider.
    pulling: AtomicBool,
    /// The tasks that take messages, one for each subscription.
    pumps: Mutex<Vec<JoinHandle<()>>>,
    /// The task that watches the fleet; it runs while messages are pulled.
    watch: Mutex<Option<JoinHandle<()>>>,
    /// The task that measures the queues; it runs while messages are pulled.
    gauges: Mutex<Option<JoinHandle<()>>>,
    /// What decides which dead letters are logged.
    pub(crate) dead_letter_log: DeadLetterLog,
    /// Replaces the expiry that each subscription declares, where the app's environment or start sets one.
    expiry: Option<Expiry>,
}

impl Engine {
    /// Returns the topic with this number; `internal` when there is none.
    pub(crate) fn topic(&self, number: usize) -> Result<&TopicRules, Failure> {
        let found = self.topics.get(number);
        found.ok_or_else(|| Failure::internal(format!("no topic has the number {number}")))
    }

    /// Returns the subscription with this number; `internal` when there is none.
    pub(crate) fn subscriber(&self, number: usize) -> Result<&Arc<Subscriber>, Failure> {
        let found = self.subscribers.get(number);
        found.ok_or_else(|| Failure::internal(format!("no subscription has the number {number}")))
    }

    /// Returns the memory provider.
    ///
    /// Errors: `failed_precondition` when messages are in another provider.
    pub(crate) fn memory(&self) -> Result<&Memory, Failure> {
        self.memory.as_deref().ok_or_else(|| {
            let name = self.broker.name();
            Failure::failed_precondition(format!(
                "only the memory provider can do this, and messages are in {name}: set PUBSUB_URL=memory:"
            ))
        })
    }

    pub(crate) fn is_pulling(&self) -> bool {
        self.pulling.load(Ordering::Acquire)
    }

    /// Gives messages to the isolate from now on; the first isolate starts the pumps.
    pub(crate) fn serve(self: &Arc<Self>, isolate: &Arc<Isolate>) {
        self.serving.enter(isolate);
        let mut pumps = lock(&self.pumps);
        if !self.pulling.swap(true, Ordering::AcqRel) {
            for subscriber in &self.subscribers {
                let pump = pump::run(Arc::clone(self), Arc::clone(subscriber));
                pumps.push(self.core.spawn("subscription", pump));
            }
            *lock(&self.watch) = Some(self.core.spawn("subscriptions", fleet::run(Arc::clone(self))));
            *lock(&self.gauges) = Some(self.core.spawn("queue gauges", depth::run(Arc::clone(self))));
        }
        drop(pumps);
        self.wake_pumps();
    }

    fn wake_pumps(&self) {
        self.subscribers.iter().for_each(|subscriber| subscriber.wake());
    }

    /// Stops giving messages to the isolate and waits up to `grace` for its handlers; then aborts them and releases their
    /// messages. Returns the number of handlers that were aborted. Pulling stops with the last isolate.
    pub(crate) async fn drain(&self, isolate: u32, grace: Duration) -> usize {
        let deadline = Instant::now() + grace;
        self.serving.leave(isolate);
        let last = self.serving.is_empty();
        if last {
            self.pulling.store(false, Ordering::Release);
            self.wake_pumps();
        }
        let mut cut = serde_json::Map::new();
        let mut left = 0;
        for subscriber in &self.subscribers {
            if tokio::time::timeout_at(deadline, subscriber.done_with(isolate)).await.is_err() {
                let count = subscriber.give_back(isolate);
                left += count;
                cut.insert(subscriber.name(), count.into());
            }
        }
        if left > 0 {
            let grace_ms = grace.as_millis();
            let message = format!(
                "cut {left} handlers: not done {grace_ms} ms after the stop began; their messages will be delivered again"
            );
            self.core.log(Level::Warn, &message, &json!({ "count": left, "subscriptions": cut }));
        }
        for subscriber in &self.subscribers {
            let _ = timeout(GIVE_BACK_WITHIN, subscriber.done_with(isolate)).await;
        }
        if last {
            self.end_pumps().await;
        }
        left
    }

    /// Returns the subscriptions that the app declares.
    pub(crate) fn declared(&self) -> Vec<Subscription> {
        self.subscribers.iter().map(|subscriber| subscriber.declared.clone()).collect()
    }

    async fn end_pumps(&self) {
        if let Some(gauges) = lock(&self.gauges).take() {
            gauges.abort();
        }
        let watch = lock(&self.watch).take();
        if let Some(watch) = watch {
            watch.abort();
            // Without this note other processes count this one as serving for two more minutes.
            let _ = timeout(GIVE_BACK_WITHIN, self.broker.leave(&self.declared())).await;
        }
        let pumps = std::mem::take(&mut *lock(&self.pumps));
        for mut pump in pumps {
            if timeout(GIVE_BACK_WITHIN, &mut pump).await.is_err() {
                pump.abort();
            }
        }
        self.dead_letter_log.tell_suppressed(self.core);
    }
}

impl SharedEngine for Engine {
    type Asked = OpenBroker;

    const NAME: &'static str = "pubsub";
    const CLOSED: &'static str = "the broker is closed: the app has stopped";

    /// An operator's tool within the app shares the app's engine; the app does not share the engine of a tool, which
    /// declares nothing.
    fn is_meant(opened: &OpenBroker, asked: &OpenBroker) -> bool {
        opened.url == asked.url && opened.root == asked.root && (opened.declare || !asked.declare)
    }

    fn is_fit(opened: &OpenBroker, asked: &OpenBroker) -> bool {
        !asked.declare || opened == asked
    }

    fn misfit(&self) -> String {
        format!("{} is open with other topics: every worker must declare the same ones", self.broker.place())
    }

    async fn open(core: &'static Core, serving: Serving, asked: &OpenBroker) -> Result<Self, Failure> {
        setup::open(core, serving, asked).await
    }

    /// Stops all tasks and closes the broker.
    async fn close(&self) -> Result<(), Failure> {
        self.pulling.store(false, Ordering::Release);
        self.wake_pumps();
        for subscriber in &self.subscribers {
            subscriber.give_back_all();
        }
        self.end_pumps().await;
        self.databases.close();
        self.health.forget();
        self.broker.close().await
    }

    fn serving(&self) -> &Serving {
        &self.serving
    }
}
