//! For tests: a provider that does what it is told, and an isolate without JavaScript.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::sync::Notify;
use twinloop_mailbox::{Batch, Kind, Limits};
use twinloop_runtime::{Core, Isolate};

use super::lock;
use crate::broker::{Broker, BrokerFuture, Consumer, Part, Subscription, Topic};
use crate::error::Error;
use crate::message::{Burial, DeadLetter, Delivery, Depth, Lease, NewMessage, Published};

/// What the next pull gives; after the last one nothing comes any more.
pub(super) enum Pull {
    Message(u64),
    Fail,
    Panic,
}

/// What the provider was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Consume,
    Acknowledge(u64),
    Retry(u64),
    Bury(u64),
    Release(u64),
}

#[derive(Default)]
pub(super) struct Script {
    pub(super) pulls: Mutex<VecDeque<Pull>>,
    pub(super) told: Mutex<Vec<Told>>,
    /// Leases that are another's when they are to be extended.
    pub(super) lost: Mutex<Vec<Lease>>,
    /// So many answers fail before one is stored.
    pub(super) failures: Mutex<usize>,
    more: Notify,
}

impl Script {
    pub(super) fn add(&self, pulls: impl IntoIterator<Item = Pull>) {
        lock(&self.pulls).extend(pulls);
        self.more.notify_waiters();
    }

    fn tell(&self, told: Told) -> BrokerFuture<'static, ()> {
        let mut failures = lock(&self.failures);
        let failed = *failures > 0;
        if failed {
            *failures -= 1;
        } else {
            lock(&self.told).push(told);
        }
        Box::pin(
            async move { if failed { Err(Error::unavailable("the connection was lost")) } else { Ok(()) } },
        )
    }

    /// Waits until the provider was told this.
    pub(super) async fn hears(&self, expected: &[Told]) {
        let heard = async {
            while lock(&self.told)[..] != *expected {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let heard = tokio::time::timeout(Duration::from_secs(20), heard).await;
        assert!(heard.is_ok(), "told: {:?}, expected: {expected:?}", lock(&self.told));
    }
}

pub(super) struct Scripted(pub(super) Arc<Script>);

impl Broker for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }
    fn place(&self) -> String {
        "scripted:".into()
    }
    fn declare<'a>(&'a self, _: &'a [Topic]) -> BrokerFuture<'a, ()> {
        Box::pin(async { Ok(()) })
    }
    fn publish(&self, messages: Vec<NewMessage>) -> BrokerFuture<'_, Vec<Published>> {
        Box::pin(async move { Ok(vec![Published::Stored; messages.len()]) })
    }
    fn consume<'a>(&'a self, _: &'a Subscription) -> BrokerFuture<'a, Arc<dyn Consumer>> {
        lock(&self.0.told).push(Told::Consume);
        let consumer: Arc<dyn Consumer> = Arc::new(Scripted(Arc::clone(&self.0)));
        Box::pin(async { Ok(consumer) })
    }
    fn depth<'a>(&'a self, _: &'a str, _: &'a str) -> BrokerFuture<'a, Depth> {
        Box::pin(async { Ok(Depth::default()) })
    }
    fn dead_letters<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: usize,
        _: Option<&'a str>,
    ) -> BrokerFuture<'a, Vec<DeadLetter>> {
        Box::pin(async { Ok(Vec::new()) })
    }
    fn redrive<'a>(&'a self, _: &'a str, _: &'a str, _: Option<&'a [String]>) -> BrokerFuture<'a, u64> {
        Box::pin(async { Ok(0) })
    }
    fn purge<'a>(&'a self, _: &'a str, _: &'a str, _: Part) -> BrokerFuture<'a, u64> {
        Box::pin(async { Ok(0) })
    }
    fn close(&self) -> BrokerFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

impl Consumer for Scripted {
    fn next(&self, _: usize) -> BrokerFuture<'_, Vec<Delivery>> {
        Box::pin(async {
            loop {
                let more = self.0.more.notified();
                let pull = lock(&self.0.pulls).pop_front();
                match pull {
                    Some(Pull::Message(number)) => return Ok(vec![delivery(number)]),
                    Some(Pull::Fail) => return Err(Error::unavailable("the connection was lost")),
                    #[allow(clippy::panic, reason = "as asked")]
                    Some(Pull::Panic) => panic!("as asked"),
                    None => more.await,
                }
            }
        })
    }
    fn acknowledge<'a>(&'a self, delivery: &'a Delivery) -> BrokerFuture<'a, ()> {
        self.0.tell(Told::Acknowledge(delivery.lease.0))
    }
    fn retry<'a>(&'a self, delivery: &'a Delivery, _: Duration) -> BrokerFuture<'a, ()> {
        self.0.tell(Told::Retry(delivery.lease.0))
    }
    fn bury<'a>(&'a self, delivery: &'a Delivery, _: Burial) -> BrokerFuture<'a, ()> {
        self.0.tell(Told::Bury(delivery.lease.0))
    }
    fn release<'a>(&'a self, delivery: &'a Delivery) -> BrokerFuture<'a, ()> {
        self.0.tell(Told::Release(delivery.lease.0))
    }
    fn extend<'a>(&'a self, _: &'a [Lease]) -> BrokerFuture<'a, Vec<Lease>> {
        let lost = lock(&self.0.lost).clone();
        Box::pin(async { Ok(lost) })
    }
}

fn delivery(number: u64) -> Delivery {
    Delivery {
        id: number.to_string(),
        attempt: 1,
        body: Bytes::from_static(b"1"),
        key: None,
        published_at: SystemTime::now(),
        trace: None,
        lease: Lease(number),
    }
}

/// An isolate that is driven by hand.
pub(super) struct Hand {
    core: &'static Core,
    pub(super) isolate: Arc<Isolate>,
}

impl Hand {
    pub(super) fn attach(core: &'static Core) -> Self {
        Self { core, isolate: core.attach(Limits::default(), || ()) }
    }

    /// Waits for the next item of this kind, and gives its id.
    pub(super) async fn next(&self, kind: Kind) -> i32 {
        let found = async {
            loop {
                let mut batch = Batch::default();
                self.isolate.port.drain(&mut batch, 1);
                match batch.ints() {
                    [head, id, ..] if head & 0xff == kind as i32 => return *id,
                    [] => tokio::time::sleep(Duration::from_millis(5)).await,
                    _ => {}
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), found).await.unwrap()
    }

    /// Answers `id`.
    pub(super) fn reply(&self, id: i32) {
        const REPLY: i32 = 0x101;
        self.isolate.port.settle(&[REPLY, id, 200], 1, &Bytes::from_static(b"\n")).unwrap();
    }

    /// Ends it, as a worker that is terminated does.
    pub(super) fn end(&self) {
        self.core.detach(self.isolate.id);
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.end();
    }
}
