//! The NATS provider: JetStream with work-queue streams, pull consumers and explicit acknowledgements (server 2.9 and later).
//!
//! **At the server.** A topic is a stream; a subscription has four subjects in it: messages to be delivered, delayed ones, dead letters and
//! a note. A publish stores one copy for each subscription, so that what is done with one subscription's messages concerns no other. The
//! catalogue, dedupe keys and owners are streams that hold the last message of each subject.
//!
//! **Leases are the server's** (`ack_wait`). It counts deliveries; the attempts of a message are those and what its headers say. **A message
//! is moved** (to be delayed, retried or buried) by a stored copy and an acknowledgement, in this order. A message of an ordered
//! subscription is not moved to be retried: it keeps its place in the stream, and its key waits for it in the one process that receives
//! the subscription, the owner.

mod address;
mod catalogue;
mod consumer;
mod declare;
mod dedupe;
mod envelope;
mod fault;
mod handling;
mod later;
mod link;
mod moving;
mod names;
mod operate;
mod owner;
mod publish;
mod queue;
mod stock;
mod supply;

use std::path::Path;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;

use tokio::time::timeout;
use twinloop_runtime::{Failure, lock};

use crate::provider::broker::{Broker, Consumer};
use crate::provider::message::{DeadLetter, Depth, NewMessage, Published};
use crate::provider::nats::address::Address;
use crate::provider::nats::consumer::{Leaving, Supplied};
use crate::provider::nats::link::Link;
use crate::provider::nats::names::Part;
use crate::provider::nats::publish::Routes;
use crate::provider::nats::queue::Queue;
use crate::provider::nats::supply::Supply;
use crate::provider::operate::{Adopted, Done};
use crate::provider::pending::BrokerFuture;
use crate::provider::subscription::{MessageState, Subscription, Topic};

/// Time for which a publisher believes the list of a topic's subscriptions.
const ROUTE_AGE: Duration = Duration::from_millis(250);
/// Time limit for dropped consumers to give back their messages.
const LEAVE_WITHIN: Duration = Duration::from_secs(5);

/// The provider over the servers of one URL.
pub struct Nats {
    link: Arc<Link>,
    routes: Routes,
    supplies: Mutex<Vec<Weak<Supply>>>,
    leaving: Leaving,
}

impl Nats {
    /// Creates the provider of a URL, `nats://user:password@host:port` or `tls:`, without connecting.
    ///
    /// Shape: several servers of one cluster are written `host:port,host:port`; a user without a password is a token. The URL may have
    /// `replicas`, the copies of each stream in a cluster, default 1; `prefix`, with which all names begin, default `twinloop`; for the
    /// login `creds` or `nkey`, and for TLS `cacertfile`, `certfile` and `keyfile`: files whose relative paths refer to `root`.
    /// Errors: `invalid_argument` for a URL that cannot be read, a parameter that is not known, and a file that is missing.
    pub fn open_at(root: &Path, url: &str) -> Result<Self, Failure> {
        let link = Arc::new(Link::new(Address::parse(url, root)?));
        Ok(Self { link, routes: Routes::default(), supplies: Mutex::default(), leaving: Leaving::default() })
    }

    /// Creates the provider of a URL as [`open_at`](Self::open_at) does; relative paths refer to the folder of the process.
    pub fn open(url: &str) -> Result<Self, Failure> {
        Self::open_at(Path::new(""), url)
    }

    async fn consumer(&self, subscription: &Subscription) -> Result<Arc<dyn Consumer>, Failure> {
        let found = self.find(&subscription.topic, &subscription.name).await?;
        let queue = Queue { ordered: subscription.ordered, ..found };
        queue.link.consumer(&queue.names, Part::In, subscription.ack_deadline).await?;
        let supply = Supply::new(queue, subscription.clone());
        let mut supplies = lock(&self.supplies);
        supplies.retain(|supply| supply.strong_count() > 0);
        supplies.push(Arc::downgrade(&supply));
        Ok(Arc::new(Supplied::new(supply, Arc::clone(&self.leaving))))
    }

    /// Returns the consumers of a subscription in this process.
    fn supplies_of(&self, queue: &Queue) -> Vec<Arc<Supply>> {
        let subject = queue.names.subject(Part::In);
        let all = lock(&self.supplies);
        let all = all.iter().filter_map(Weak::upgrade);
        all.filter(|supply| supply.queue.names.subject(Part::In) == subject).collect()
    }

    async fn close_all(&self) {
        let leaving = std::mem::take(&mut *lock(&self.leaving));
        let _ = timeout(LEAVE_WITHIN, futures_util::future::join_all(leaving)).await;
        let all: Vec<Arc<Supply>> = lock(&self.supplies).iter().filter_map(Weak::upgrade).collect();
        for supply in all {
            supply.stop();
        }
        self.link.close().await;
    }
}

impl Broker for Nats {
    fn name(&self) -> &'static str {
        "nats"
    }

    fn place(&self) -> String {
        self.link.address.to_string()
    }

    fn declare<'a>(&'a self, topics: &'a [Topic]) -> BrokerFuture<'a, Vec<Adopted>> {
        Box::pin(self.declare_all(topics))
    }

    fn publish(&self, messages: Vec<NewMessage>) -> BrokerFuture<'_, Vec<Published>> {
        Box::pin(self.publish_all(messages))
    }

    fn consume<'a>(&'a self, subscription: &'a Subscription) -> BrokerFuture<'a, Arc<dyn Consumer>> {
        Box::pin(self.consumer(subscription))
    }

    fn depth<'a>(&'a self, topic: &'a str, subscription: &'a str) -> BrokerFuture<'a, Depth> {
        Box::pin(async move { self.count_depth(&self.find(topic, subscription).await?).await })
    }

    fn dead_letters<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        limit: usize,
        after: Option<&'a str>,
    ) -> BrokerFuture<'a, Vec<DeadLetter>> {
        Box::pin(async move { self.read_dead(&self.find(topic, subscription).await?, limit, after).await })
    }

    fn redrive<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        ids: Option<&'a [String]>,
    ) -> BrokerFuture<'a, Done> {
        Box::pin(async move { self.redrive_ids(&self.find(topic, subscription).await?, ids).await })
    }

    fn purge<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        part: MessageState,
    ) -> BrokerFuture<'a, u64> {
        Box::pin(async move {
            let queue = self.find(topic, subscription).await?;
            match part {
                MessageState::Waiting => self.purge_waiting(&queue).await,
                MessageState::Dead => {
                    self.link.purge(&queue.names.stream, &queue.names.subject(Part::Dead)).await
                }
            }
        })
    }

    fn close(&self) -> BrokerFuture<'_, ()> {
        Box::pin(async {
            self.close_all().await;
            Ok(())
        })
    }
}
