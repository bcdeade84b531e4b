//! The RabbitMQ provider: quorum queues, publisher confirms, and delays by message expiry (AMQP 0-9-1).
//!
//! **At the broker.** A topic is a fanout exchange; a subscription is a quorum queue bound to it, with a second queue for
//! its dead letters and, created when needed, queues for delayed messages. **Twinloop counts attempts** in a header, and
//! adds the broker's count of unanswered deliveries to processes that died. **Twinloop keeps leases** too, in this process:
//! for the broker a message is unacknowledged until it is acknowledged or its connection ends.
//!
//! **A message is moved** (to be delayed, retried or buried) by a confirmed copy and an acknowledgement, in this order. A
//! message of an ordered subscription is not moved to be retried: it waits in the one process that receives the subscription
//! (single active consumer).
//!
//! **Two connections**, one to publish and one to receive, so that a broker which blocks publishers still gets
//! acknowledgements. Each has a thread of the client's for its socket; everything else runs on the app's runtime.

mod address;
mod catalogue;
mod consumer;
mod copies;
mod envelope;
mod fault;
mod handling;
mod history;
mod hold;
mod inspect;
mod levels;
mod line;
mod mail;
mod merge;
mod names;
mod operate;
mod replay;
mod sender;
mod stock;
mod supply;
mod tags;
mod tls;
mod topology;
mod writer;

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use lapin::types::ShortString;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::provider::broker::{Broker, Consumer};
use crate::provider::history::ReplayRange;
use crate::provider::message::{DeadLetter, Depth, NewMessage, Published};
use crate::provider::offer::Offer;
use crate::provider::operate::{Adopted, Done};
use crate::provider::pending::BrokerFuture;
use crate::provider::subscription::{MessageState, Subscription, Topic};
use address::Address;
use catalogue::Entry;
use consumer::{Leaving, Supplied};
use copies::Counter;
use copies::{Copies, Post};
use line::Link;
use names::Names;
use replay::Replayer;
use sender::Sender;
pub use supply::SupplyEvent;
use supply::{Reporter, Supply};
use topology::{Addressed, Topology};
use twinloop_runtime::{Failure, lock};

/// Time limit for dropped consumers to close their channels.
const LEAVE_WITHIN: Duration = Duration::from_secs(5);

/// The provider over one virtual host of a broker.
pub struct RabbitMq {
    /// What publishes, and waits for confirms.
    post: Arc<Post>,
    /// The connection on which messages arrive.
    receiving: Arc<Link>,
    supplies: Mutex<Vec<Weak<Supply>>>,
    leaving: Leaving,
    report: Reporter,
    /// The names with which queues were created, by topic and name of their subscriptions.
    queues: Mutex<HashMap<(String, String), String>>,
    /// The replays of this process, by the main queue.
    replays: Mutex<HashMap<ShortString, JoinHandle<()>>>,
}

impl RabbitMq {
    /// Creates the provider of a URL, `amqp://user:password@host:port/vhost` or `amqps:`, without connecting.
    ///
    /// Shape: several hosts of one cluster are written `host:port,host:port`. The URL may have `heartbeat` in seconds, default 5,
    /// `frame_max` in bytes, default and least 32 KiB, `channel_max` and `auth_mechanism`; for TLS `cacertfile`, `certfile` and
    /// `keyfile`, PEM files whose relative paths refer to `root`, and `server_name_indication`.
    /// Errors: `invalid_argument` for a URL that cannot be read, a parameter that is not known, and a file that is missing.
    /// Source: RabbitMQ, "URI query parameters".
    pub fn open_at(
        root: &Path,
        url: &str,
        report: impl Fn(SupplyEvent) + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let address = Address::parse(url, root)?;
        let link = Arc::new(Link::new(address.clone()));
        let sender = Sender::new(Arc::clone(&link));
        let topology = Topology::new(address.clone());
        Ok(Self {
            post: Arc::new(Post { link, sender, topology, counter: Counter::default() }),
            receiving: Arc::new(Link::new(address)),
            supplies: Mutex::default(),
            leaving: Leaving::default(),
            report: Arc::new(report),
            queues: Mutex::default(),
            replays: Mutex::default(),
        })
    }

    /// Creates the provider of a URL as [`open_at`](Self::open_at) does; relative paths refer to the folder of the process.
    pub fn open(url: &str, report: impl Fn(SupplyEvent) + Send + Sync + 'static) -> Result<Self, Failure> {
        Self::open_at(Path::new(""), url, report)
    }

    async fn declare(&self, topics: &[Topic]) -> Result<Vec<Adopted>, Failure> {
        let (adopted, entries) = self.note_declared(topics).await?;
        let mut queued = topics.to_vec();
        for subscription in queued.iter_mut().flat_map(|topic| &mut topic.subscriptions) {
            subscription.name = self.queue_of(&subscription.topic, &subscription.name);
        }
        let line = self.post.link.line().await?;
        self.post.topology.declare(&line, &queued).await?;
        let is_ours = |entry: &&Entry| topics.iter().any(|topic| topic.name == entry.topic);
        for entry in entries.iter().filter(is_ours).filter(|entry| !entry.is_gone && entry.replay.is_some()) {
            self.go_on_with_replay(entry)?;
        }
        Ok(adopted)
    }

    /// Starts the task that copies the history to a new subscription, unless this process has one.
    fn go_on_with_replay(&self, entry: &Entry) -> Result<(), Failure> {
        let copies = self.copies_of(entry)?;
        let main = copies.names.main.clone();
        let replayer = Replayer::new(copies, &entry.name, Arc::clone(&self.receiving))?;
        let mut replays = lock(&self.replays);
        replays.retain(|_, task| !task.is_finished());
        replays
            .entry(main)
            .or_insert_with(|| tokio::spawn(replayer.finish(entry.queue.clone(), Arc::clone(&self.report))));
        Ok(())
    }

    async fn replay(&self, topic: &str, name: &str, range: ReplayRange) -> Result<u64, Failure> {
        let copies = self.find(topic, name).await?;
        if copies.ordered {
            return Err(Failure::failed_precondition(format!(
                "{topic}/{name} is ordered: what is replayed would come behind newer messages of its key"
            )));
        }
        Replayer::new(copies, name, Arc::clone(&self.receiving))?.run(range).await
    }

    /// Returns the name with which the queue of a subscription was created.
    fn queue_of(&self, topic: &str, name: &str) -> String {
        let known = lock(&self.queues).get(&(topic.to_owned(), name.to_owned())).cloned();
        known.unwrap_or_else(|| name.to_owned())
    }

    async fn publish(&self, messages: Vec<NewMessage>) -> Result<Vec<Published>, Failure> {
        if messages.iter().any(|message| message.dedupe.is_some()) {
            return Err(Failure::failed_precondition("rabbitmq keeps no dedupe keys"));
        }
        let count = messages.len();
        if count == 0 {
            return Ok(Vec::new());
        }
        let Post { link, sender, topology, .. } = &*self.post;
        let batch = topology.address_all(messages)?;
        let line = link.line().await?;
        topology.renew(&line).await?;
        let unsent: Vec<Addressed> = match sender.send(&batch).await {
            Ok(returned) if returned.is_empty() => return Ok(vec![Published::Stored; count]),
            Ok(returned) => returned.into_iter().filter_map(|place| batch.get(place).cloned()).collect(),
            Err(unsent) if unsent.no_exchange => batch,
            Err(unsent) => return Err(unsent.error),
        };
        // An exchange or queues were deleted.
        let line = link.line().await?;
        topology.declare_known(&line).await?;
        let returned = sender.send(&unsent).await.map_err(|unsent| unsent.error)?;
        if returned.is_empty() {
            return Ok(vec![Published::Stored; count]);
        }
        let address = &link.address;
        Err(Failure::unavailable(format!(
            "{address} has lost queues of a topic, and they cannot be created again: check the broker's log"
        )))
    }

    fn copies(&self, topic: &str, subscription: &str, ordered: bool) -> Result<Copies, Failure> {
        let names = Arc::new(Names::new(topic, &self.queue_of(topic, subscription))?);
        Ok(Copies { post: Arc::clone(&self.post), topic: topic.to_owned(), names, ordered, dead_for: None })
    }

    async fn consumer(&self, subscription: &Subscription) -> Result<Arc<dyn Consumer>, Failure> {
        let dead_for = subscription.dead_retention;
        let copies = self.copies(&subscription.topic, &subscription.name, subscription.ordered)?;
        let copies = Copies { dead_for, ..copies };
        let (link, report) = (Arc::clone(&self.receiving), Arc::clone(&self.report));
        let supply = Arc::new(Supply::new(subscription.clone(), copies, link, report));
        supply.open().await?;
        let mut supplies = lock(&self.supplies);
        supplies.retain(|supply| supply.strong_count() > 0);
        supplies.push(Arc::downgrade(&supply));
        Ok(Arc::new(Supplied::new(supply, Arc::clone(&self.leaving))))
    }

    /// Returns the consumers of a subscription in this process.
    fn supplies_of(&self, topic: &str, subscription: &str) -> Vec<Arc<Supply>> {
        let mut supplies: Vec<Arc<Supply>> = lock(&self.supplies).iter().filter_map(Weak::upgrade).collect();
        supplies
            .retain(|supply| supply.subscription.topic == topic && supply.subscription.name == subscription);
        supplies
    }

    async fn depth(&self, topic: &str, subscription: &str) -> Result<Depth, Failure> {
        let mut depth = inspect::depth(&self.copies(topic, subscription, false)?).await?;
        let mut oldest = None;
        for supply in self.supplies_of(topic, subscription) {
            supply.look().await;
            let counts = lock(&supply.state).counts();
            depth.ready += counts.ready;
            depth.delayed += counts.delayed;
            depth.in_flight += counts.out;
            oldest = oldest.into_iter().chain(counts.oldest).min();
        }
        depth.oldest_ms = inspect::age_ms(oldest);
        Ok(depth)
    }

    async fn purge(&self, topic: &str, subscription: &str, part: MessageState) -> Result<u64, Failure> {
        let mut count = inspect::purge(&self.copies(topic, subscription, false)?, part).await?;
        if part == MessageState::Waiting {
            for supply in self.supplies_of(topic, subscription) {
                supply.look().await;
                count += supply.empty();
            }
        }
        Ok(count)
    }

    async fn close(&self) -> Result<(), Failure> {
        for (_, task) in lock(&self.replays).drain() {
            task.abort();
        }
        let leaving = std::mem::take(&mut *lock(&self.leaving));
        let _ = timeout(LEAVE_WITHIN, futures_util::future::join_all(leaving)).await;
        self.post.sender.forget_channels();
        self.post.counter.lock().await.take();
        self.receiving.close().await;
        self.post.link.close().await;
        Ok(())
    }
}

impl Broker for RabbitMq {
    fn name(&self) -> &'static str {
        "rabbitmq"
    }

    fn place(&self) -> String {
        self.post.link.address.to_string()
    }

    fn declare<'a>(&'a self, topics: &'a [Topic]) -> BrokerFuture<'a, Vec<Adopted>> {
        Box::pin(self.declare(topics))
    }

    fn publish(&self, messages: Vec<NewMessage>) -> BrokerFuture<'_, Vec<Published>> {
        Box::pin(self.publish(messages))
    }

    fn keeps_dedupe_keys(&self) -> bool {
        false
    }

    fn consume<'a>(&'a self, subscription: &'a Subscription) -> BrokerFuture<'a, Arc<dyn Consumer>> {
        Box::pin(self.consumer(subscription))
    }

    fn depth<'a>(&'a self, topic: &'a str, subscription: &'a str) -> BrokerFuture<'a, Depth> {
        Box::pin(self.depth(topic, subscription))
    }

    fn dead_letters<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        limit: usize,
        after: Option<&'a str>,
    ) -> BrokerFuture<'a, Vec<DeadLetter>> {
        Box::pin(async move {
            inspect::dead_letters(&self.copies(topic, subscription, false)?, limit, after).await
        })
    }

    fn redrive<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        ids: Option<&'a [String]>,
    ) -> BrokerFuture<'a, Done> {
        Box::pin(async move { inspect::redrive(&self.copies(topic, subscription, false)?, ids).await })
    }

    fn purge<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        part: MessageState,
    ) -> BrokerFuture<'a, u64> {
        Box::pin(self.purge(topic, subscription, part))
    }

    fn offer(&self) -> Offer {
        Offer { history: true, ..Offer::default() }
    }

    fn replay<'a>(&'a self, topic: &'a str, name: &'a str, range: ReplayRange) -> BrokerFuture<'a, u64> {
        Box::pin(self.replay(topic, name, range))
    }

    fn close(&self) -> BrokerFuture<'_, ()> {
        Box::pin(self.close())
    }
}
