//! Test doubles: a provider that follows a script, and an isolate without JavaScript.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::sync::Notify;
use twinloop_mailbox::{Batch, Kind, Limits};
use twinloop_runtime::{Core, Failure, Isolate, lock};

use crate::provider::broker::{Broker, Consumer};
use crate::provider::message::{Burial, DeadLetter, Delivery, Depth, Lease, NewMessage, Published};
use crate::provider::operate::{Adopted, Done};
use crate::provider::pending::BrokerFuture;
use crate::provider::subscription::{MessageState, Subscription, Topic};

/// The outcome of the next pull; after the last one no message comes any more.
pub(crate) enum Pull {
    Message(u64),
    Fail,
    Panic,
}

/// A call that the provider received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    Consume,
    Acknowledge(u64),
    Retry(u64),
    Bury(u64),
    Release(u64),
}

/// The script of a provider and the record of the calls it received.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) pulls: Mutex<VecDeque<Pull>>,
    pub(crate) told: Mutex<Vec<Told>>,
    /// Leases that another process has when they are extended.
    pub(crate) lost: Mutex<Vec<Lease>>,
    /// How many settlements fail before one is stored.
    pub(crate) failures: Mutex<usize>,
    more: Notify,
}

impl Script {
    pub(crate) fn add(&self, pulls: impl IntoIterator<Item = Pull>) {
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
            async move { if failed { Err(Failure::unavailable("the connection was lost")) } else { Ok(()) } },
        )
    }

    /// Waits until the provider has received these calls.
    pub(crate) async fn hears(&self, expected: &[Told]) {
        let heard = async {
            while lock(&self.told)[..] != *expected {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        let heard = tokio::time::timeout(Duration::from_secs(20), heard).await;
        assert!(heard.is_ok(), "told: {:?}, expected: {expected:?}", lock(&self.told));
    }
}

pub(crate) struct Scripted(pub(super) Arc<Script>);

impl Broker for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }
    fn place(&self) -> String {
        "scripted:".into()
    }
    fn declare<'a>(&'a self, _: &'a [Topic]) -> BrokerFuture<'a, Vec<Adopted>> {
        Box::pin(async { Ok(Vec::new()) })
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
    fn redrive<'a>(&'a self, _: &'a str, _: &'a str, _: Option<&'a [String]>) -> BrokerFuture<'a, Done> {
        Box::pin(async { Ok(Done::default()) })
    }
    fn purge<'a>(&'a self, _: &'a str, _: &'a str, _: MessageState) -> BrokerFuture<'a, u64> {
        Box::pin(async { Ok(0) })
    }
    fn close(&self) -> BrokerFuture<'_, ()> {
        Box::pin(async { Ok(()) })
    }
}

/// A provider of a test has no fleet and no operators.
macro_rules! without_operators {
    ($provider:ty) => {
        impl $crate::provider::operate::Operate for $provider {
            fn known(
                &self,
            ) -> $crate::provider::pending::BrokerFuture<'_, Vec<$crate::provider::operate::Known>> {
                Box::pin(async { Ok(Vec::new()) })
            }
            fn serve<'a>(
                &'a self,
                _: &'a [$crate::provider::subscription::Subscription],
            ) -> $crate::provider::pending::BrokerFuture<'a, ()> {
                Box::pin(async { Ok(()) })
            }
            fn leave<'a>(
                &'a self,
                _: &'a [$crate::provider::subscription::Subscription],
            ) -> $crate::provider::pending::BrokerFuture<'a, ()> {
                Box::pin(async { Ok(()) })
            }
            fn pause<'a>(
                &'a self,
                _: &'a str,
                _: &'a str,
                _: bool,
            ) -> $crate::provider::pending::BrokerFuture<'a, ()> {
                Box::pin(async { Ok(()) })
            }
            fn expire<'a>(
                &'a self,
                _: &'a str,
                _: &'a str,
                _: std::time::Duration,
            ) -> $crate::provider::pending::BrokerFuture<'a, bool> {
                Box::pin(async { Ok(false) })
            }
            fn peek<'a>(
                &'a self,
                _: &'a str,
                _: &'a str,
                _: usize,
            ) -> $crate::provider::pending::BrokerFuture<'a, Vec<$crate::provider::operate::Waiting>> {
                Box::pin(async { Ok(Vec::new()) })
            }
            fn delete<'a>(
                &'a self,
                _: &'a str,
                _: &'a str,
                _: &'a [String],
            ) -> $crate::provider::pending::BrokerFuture<'a, $crate::provider::operate::Done> {
                Box::pin(async { Ok($crate::provider::operate::Done::default()) })
            }
            fn promote<'a>(
                &'a self,
                _: &'a str,
                _: &'a str,
                _: &'a [String],
            ) -> $crate::provider::pending::BrokerFuture<'a, $crate::provider::operate::Done> {
                Box::pin(async { Ok($crate::provider::operate::Done::default()) })
            }
            fn move_all<'a>(
                &'a self,
                _: &'a str,
                _: &'a str,
                _: &'a str,
            ) -> $crate::provider::pending::BrokerFuture<'a, u64> {
                Box::pin(async { Ok(0) })
            }
            fn remove<'a>(
                &'a self,
                _: &'a str,
                _: &'a str,
            ) -> $crate::provider::pending::BrokerFuture<'a, u64> {
                Box::pin(async { Ok(0) })
            }
            fn forget_dead<'a>(
                &'a self,
                _: &'a str,
                _: &'a str,
                _: std::time::SystemTime,
            ) -> $crate::provider::pending::BrokerFuture<'a, u64> {
                Box::pin(async { Ok(0) })
            }
        }
    };
}

pub(crate) use without_operators;

without_operators!(Scripted);

impl Consumer for Scripted {
    fn next(&self, _: usize) -> BrokerFuture<'_, Vec<Delivery>> {
        Box::pin(async {
            loop {
                let more = self.0.more.notified();
                let pull = lock(&self.0.pulls).pop_front();
                match pull {
                    Some(Pull::Message(number)) => return Ok(vec![delivery(number)]),
                    Some(Pull::Fail) => return Err(Failure::unavailable("the connection was lost")),
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
        replayed_at: None,
        published_at: SystemTime::now(),
        trace: None,
        lease: Lease(number),
    }
}

/// An isolate that the test drives itself.
pub(crate) struct Hand {
    core: &'static Core,
    pub(crate) isolate: Arc<Isolate>,
}

impl Hand {
    pub(crate) fn attach(core: &'static Core) -> Self {
        Self { core, isolate: core.attach(Limits::default(), || ()) }
    }

    /// Waits for the next item of this kind and returns its id.
    pub(crate) async fn next(&self, kind: Kind) -> i32 {
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

    /// Answers the job `id` without a result.
    pub(crate) fn reply(&self, id: i32) {
        const REPLY: i32 = 0x101;
        self.isolate.port.settle(&[REPLY, id, 200], 1, &Bytes::from_static(b"\n")).unwrap();
    }

    /// Ends the isolate as a terminated worker does.
    pub(crate) fn end(&self) {
        self.core.detach(self.isolate.id);
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.end();
    }
}
