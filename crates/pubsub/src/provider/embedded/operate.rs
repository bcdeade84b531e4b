//! The operator's side of the embedded broker.

use std::time::{Duration, SystemTime};

use twinloop_runtime::Failure;

use crate::provider::embedded::about::About;
use crate::provider::embedded::broker::Embedded;
use crate::provider::embedded::fault::Fault;
use crate::provider::embedded::request::Request;
use crate::provider::embedded::work::Work;
use crate::provider::operate::{Done, Known, Operate, Waiting};
use crate::provider::pending::BrokerFuture;
use crate::provider::subscription::Subscription;

impl Embedded {
    /// Runs a job in a transaction, alone or together with other requests.
    pub(super) async fn work<T: Send + 'static>(
        &self,
        what: impl FnOnce(&mut Work<'_>) -> Result<Result<T, Failure>, Fault> + Send + 'static,
    ) -> Result<T, Failure> {
        let job = |answer: crate::provider::embedded::request::Answer<T>| {
            Request::Do(Box::new(move |work| {
                let done = what(work)?;
                Ok(Box::new(move || drop(answer.send(done))))
            }))
        };
        self.writer.ask(job).await
    }

    async fn on<T: Send + 'static>(
        &self,
        topic: &str,
        name: &str,
        what: impl FnOnce(&mut Work<'_>, u32) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Failure> {
        let (topic, name) = (topic.to_owned(), name.to_owned());
        self.work(move |work| match work.memory.catalogue.find(&topic, &name) {
            Ok(number) => what(work, number).map(Ok),
            Err(error) => Ok(Err(error)),
        })
        .await
    }

    async fn note(
        &self,
        topic: &str,
        name: &str,
        change: impl FnOnce(&mut About) + Send + 'static,
    ) -> Result<(), Failure> {
        self.on(topic, name, |work, number| {
            work.changed = true;
            work.memory.catalogue.note(work.txn, number, change)
        })
        .await
    }

    async fn note_all(
        &self,
        subscriptions: &[Subscription],
        change: impl Fn(&mut About) + Send + Sync + Copy + 'static,
    ) -> Result<(), Failure> {
        for Subscription { topic, name, .. } in subscriptions {
            self.note(topic, name, change).await?;
        }
        Ok(())
    }
}

impl Operate for Embedded {
    fn known(&self) -> BrokerFuture<'_, Vec<Known>> {
        Box::pin(self.work(|work| {
            let all = work.memory.catalogue.all().into_iter();
            Ok(Ok(all
                .map(|each| each.about.known(&each.topic, &each.name, each.ordered, work.now))
                .collect()))
        }))
    }

    fn serve<'a>(&'a self, subscriptions: &'a [Subscription]) -> BrokerFuture<'a, ()> {
        Box::pin(self.note_all(subscriptions, |about| {
            (about.served_at, about.has_left, about.is_expired) = (SystemTime::now(), false, false);
        }))
    }

    fn leave<'a>(&'a self, subscriptions: &'a [Subscription]) -> BrokerFuture<'a, ()> {
        Box::pin(self.note_all(subscriptions, |about| about.has_left = true))
    }

    fn pause<'a>(&'a self, topic: &'a str, name: &'a str, is_paused: bool) -> BrokerFuture<'a, ()> {
        Box::pin(self.note(topic, name, move |about| about.is_paused = is_paused))
    }

    fn expire<'a>(&'a self, topic: &'a str, name: &'a str, unserved: Duration) -> BrokerFuture<'a, bool> {
        Box::pin(self.on(topic, name, move |work, number| {
            let about = &work.memory.catalogue.known(number)?.about;
            let is_old = work.now.duration_since(about.served_at).is_ok_and(|age| age >= unserved);
            if about.is_expired || !is_old {
                return Ok(false);
            }
            work.changed = true;
            work.memory.catalogue.note(work.txn, number, |about| about.is_expired = true)?;
            Ok(true)
        }))
    }

    fn peek<'a>(&'a self, topic: &'a str, name: &'a str, limit: usize) -> BrokerFuture<'a, Vec<Waiting>> {
        Box::pin(self.on(topic, name, move |work, number| work.peek(number, limit)))
    }

    fn delete<'a>(&'a self, topic: &'a str, name: &'a str, ids: &'a [String]) -> BrokerFuture<'a, Done> {
        let named = ids.to_vec();
        Box::pin(async move {
            let found = self.on(topic, name, move |work, number| work.delete(number, &named)).await?;
            Ok(Done::of(ids, &found))
        })
    }

    fn promote<'a>(&'a self, topic: &'a str, name: &'a str, ids: &'a [String]) -> BrokerFuture<'a, Done> {
        let named = ids.to_vec();
        Box::pin(async move {
            let found = self.on(topic, name, move |work, number| work.promote(number, &named)).await?;
            Ok(Done::of(ids, &found))
        })
    }

    fn move_all<'a>(&'a self, topic: &'a str, from: &'a str, to: &'a str) -> BrokerFuture<'a, u64> {
        let (of, target) = (topic.to_owned(), to.to_owned());
        Box::pin(async move {
            self.on(topic, from, move |work, number| match work.memory.catalogue.find(&of, &target) {
                Ok(target) => work.move_waiting(number, target).map(Ok),
                Err(error) => Ok(Err(error)),
            })
            .await?
        })
    }

    fn remove<'a>(&'a self, topic: &'a str, name: &'a str) -> BrokerFuture<'a, u64> {
        Box::pin(self.on(topic, name, |work, number| {
            let removed = work.remove(number)?;
            Ok(removed)
        }))
    }

    fn forget_dead<'a>(&'a self, topic: &'a str, name: &'a str, before: SystemTime) -> BrokerFuture<'a, u64> {
        Box::pin(self.on(topic, name, move |work, number| work.forget_dead(number, before)))
    }
}
