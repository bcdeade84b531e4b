//! The provider over RabbitMQ: quorum queues, publisher confirms, delays by expiry.
//!
//! **At the broker.** A topic is a fanout exchange, a subscription a quorum queue bound to it, with a second one for its dead
//! letters and, made when needed, some for what waits. **Attempts are ours**, in a header; what the broker says about earlier
//! deliveries of a process that died is added. **Leases are ours** too, in this process: to the broker a message is out until it
//! is acknowledged or its connection ends.
//!
//! **A message is moved** (to wait, to be retried, to be buried) by a confirmed copy and an acknowledgement, in this order. Those
//! of an ordered subscription never leave their place: they wait in the process, which alone receives them (single active
//! consumer).
//!
//! **Two connections**, one to publish and one to receive, so that a broker which takes no publishes for a while still gets its
//! acknowledgements. Each has a thread of the client's for its socket; everything else runs on the app's runtime.

mod address;
mod consumer;
mod copies;
mod envelope;
mod fault;
mod inspect;
mod levels;
mod line;
mod moves;
mod names;
mod sender;
mod stock;
mod supply;
mod tags;
mod topology;

use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::time::timeout;

use crate::broker::{Broker, BrokerFuture, Consumer, Part, Subscription, Topic};
use crate::error::Error;
use crate::message::{DeadLetter, Depth, NewMessage, Published};
use address::Address;
use consumer::{Leaving, Supplied};
use copies::{Copies, Post};
use envelope::Letter;
use inspect::Counter;
use line::{Link, lock};
use names::Names;
use sender::{Outgoing, Sender};
pub use supply::Report;
use supply::{Reporter, Supply};
use topology::Topology;

/// How long consumers that were dropped may take to say goodbye.
const LEAVE_WITHIN: Duration = Duration::from_secs(5);

/// The provider over one vhost of a broker.
pub struct RabbitMq {
    post: Arc<Post>,
    receiving: Arc<Link>,
    supplies: Mutex<Vec<Weak<Supply>>>,
    leaving: Leaving,
    report: Reporter,
}

impl RabbitMq {
    /// The provider of a URL, `amqp://user:password@host:port/vhost` or `amqps:`. Connects to nothing yet.
    ///
    /// Units: the URL may have `heartbeat`, seconds, default 10; `frame_max` and `channel_max`.
    /// Errors: `invalid_argument` for a URL that cannot be read.
    pub fn open(url: &str, report: impl Fn(Report) + Send + Sync + 'static) -> Result<Self, Error> {
        let address = Address::parse(url)?;
        let link = Arc::new(Link::new(address.clone()));
        let sender = Sender::new(Arc::clone(&link));
        let topology = Topology::new(address.clone());
        Ok(Self {
            post: Arc::new(Post { link, sender, topology, counter: Counter::default() }),
            receiving: Arc::new(Link::new(address)),
            supplies: Mutex::default(),
            leaving: Leaving::default(),
            report: Arc::new(report),
        })
    }

    async fn declare(&self, topics: &[Topic]) -> Result<(), Error> {
        let line = self.post.link.line().await?;
        self.post.topology.declare(&line, topics).await
    }

    async fn publish(&self, messages: Vec<NewMessage>) -> Result<Vec<Published>, Error> {
        if messages.iter().any(|message| message.dedupe.is_some()) {
            return Err(Error::precondition("rabbitmq keeps no dedupe keys"));
        }
        let count = messages.len();
        if count == 0 {
            return Ok(Vec::new());
        }
        let Post { link, sender, topology, .. } = &*self.post;
        let mut batch = Vec::with_capacity(count);
        for message in messages {
            let route = topology.route(&message.topic)?;
            let letter = Letter::new(message)?;
            batch.push(Outgoing {
                exchange: route.exchange,
                routing_key: "".into(),
                mandatory: route.is_subscribed,
                properties: letter.properties(),
                body: letter.body,
            });
        }
        let line = link.line().await?;
        topology.renew(&line).await?;
        let unsent = match sender.send(&batch).await {
            Ok(returned) if returned.is_empty() => return Ok(vec![Published::Stored; count]),
            Ok(returned) => returned.into_iter().filter_map(|place| batch.get(place).cloned()).collect(),
            Err(unsent) if unsent.no_exchange => batch,
            Err(unsent) => return Err(unsent.error),
        };
        // Exchanges or queues were deleted.
        let line = link.line().await?;
        topology.declare_known(&line).await?;
        let returned = sender.send(&unsent).await.map_err(|unsent| unsent.error)?;
        if returned.is_empty() {
            return Ok(vec![Published::Stored; count]);
        }
        let address = &link.address;
        Err(Error::unavailable(format!(
            "{address} has lost queues of a topic, and they cannot be made again"
        )))
    }

    fn copies(&self, topic: &str, subscription: &str, ordered: bool) -> Result<Copies, Error> {
        let names = Arc::new(Names::new(topic, subscription)?);
        Ok(Copies { post: Arc::clone(&self.post), topic: topic.to_owned(), names, ordered })
    }

    async fn consumer(&self, subscription: &Subscription) -> Result<Arc<dyn Consumer>, Error> {
        let copies = self.copies(&subscription.topic, &subscription.name, subscription.ordered)?;
        let (link, report) = (Arc::clone(&self.receiving), Arc::clone(&self.report));
        let supply = Arc::new(Supply::new(subscription.clone(), copies, link, report));
        supply.open().await?;
        let mut supplies = lock(&self.supplies);
        supplies.retain(|supply| supply.strong_count() > 0);
        supplies.push(Arc::downgrade(&supply));
        Ok(Arc::new(Supplied::new(supply, Arc::clone(&self.leaving))))
    }

    /// The consumers of a subscription in this process.
    fn supplies_of(&self, topic: &str, subscription: &str) -> Vec<Arc<Supply>> {
        let mut supplies: Vec<Arc<Supply>> = lock(&self.supplies).iter().filter_map(Weak::upgrade).collect();
        supplies
            .retain(|supply| supply.subscription.topic == topic && supply.subscription.name == subscription);
        supplies
    }

    async fn depth(&self, topic: &str, subscription: &str) -> Result<Depth, Error> {
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

    async fn purge(&self, topic: &str, subscription: &str, part: Part) -> Result<u64, Error> {
        let mut count = inspect::purge(&self.copies(topic, subscription, false)?, part).await?;
        if part == Part::Waiting {
            for supply in self.supplies_of(topic, subscription) {
                supply.look().await;
                count += supply.empty();
            }
        }
        Ok(count)
    }

    async fn close(&self) -> Result<(), Error> {
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

    fn declare<'a>(&'a self, topics: &'a [Topic]) -> BrokerFuture<'a, ()> {
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
    ) -> BrokerFuture<'a, u64> {
        Box::pin(async move { inspect::redrive(&self.copies(topic, subscription, false)?, ids).await })
    }

    fn purge<'a>(&'a self, topic: &'a str, subscription: &'a str, part: Part) -> BrokerFuture<'a, u64> {
        Box::pin(self.purge(topic, subscription, part))
    }

    fn close(&self) -> BrokerFuture<'_, ()> {
        Box::pin(self.close())
    }
}
