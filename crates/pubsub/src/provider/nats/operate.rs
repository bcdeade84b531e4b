//! The operator's side of the NATS provider, and the fleet's records in the catalogue.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use twinloop_runtime::Failure;

use crate::provider::nats::catalogue::{self, Entry, now_ms};
use crate::provider::nats::{Nats, ROUTE_AGE};
use crate::provider::operate::{Done, Known, Operate, Waiting};
use crate::provider::pending::BrokerFuture;
use crate::provider::subscription::Subscription;

impl Nats {
    /// Changes the record of a subscription.
    async fn note<T: Default + Send>(
        &self,
        topic: &str,
        name: &str,
        mut what: impl FnMut(&mut Entry) -> T + Send,
    ) -> Result<T, Failure> {
        let noted = catalogue::change(&self.link, topic, |record| match record.find_mut(name) {
            Some(entry) => (true, Some(what(entry))),
            None => (false, None),
        });
        noted.await?.ok_or_else(|| crate::error::no_subscription(topic, name))
    }

    /// Changes the records of the subscriptions of one process.
    async fn note_all(
        &self,
        subscriptions: &[Subscription],
        mut what: impl FnMut(&mut Entry) + Send,
    ) -> Result<(), Failure> {
        let topics: BTreeSet<&str> = subscriptions.iter().map(|each| each.topic.as_str()).collect();
        for topic in topics {
            catalogue::change(&self.link, topic, |record| {
                let mut is_changed = false;
                for each in subscriptions.iter().filter(|each| each.topic == topic) {
                    if let Some(entry) = record.find_mut(&each.name) {
                        what(entry);
                        is_changed = true;
                    }
                }
                (is_changed, ())
            })
            .await?;
        }
        Ok(())
    }

    /// Waits until every publish that begins now knows the changed record.
    async fn settle_routes(&self) {
        self.routes.forget();
        tokio::time::sleep(ROUTE_AGE.saturating_mul(2)).await;
    }

    async fn remove_all(&self, topic: &str, name: &str) -> Result<u64, Failure> {
        let queue = self.find(topic, name).await?;
        let count = queue.counts().await?.all();
        let removed = catalogue::change(&self.link, topic, |record| {
            let found = record.find(name).map(|entry| entry.queue.clone());
            record.subscriptions.retain(|entry| Some(&entry.queue) != found.as_ref());
            (found.is_some(), ())
        });
        removed.await?;
        self.settle_routes().await;
        self.drop_queue(&queue).await?;
        Ok(count)
    }
}

impl Operate for Nats {
    fn known(&self) -> BrokerFuture<'_, Vec<Known>> {
        Box::pin(async {
            let mut known = Vec::new();
            for record in catalogue::read_all(&self.link).await? {
                let entries = record.subscriptions.iter().filter(|entry| entry.merges_into.is_none());
                known.extend(entries.map(|entry| entry.known(&record.topic)));
            }
            known.sort_by(|one, other| (&one.topic, &one.name).cmp(&(&other.topic, &other.name)));
            Ok(known)
        })
    }

    fn serve<'a>(&'a self, subscriptions: &'a [Subscription]) -> BrokerFuture<'a, ()> {
        Box::pin(async move {
            let mut is_revived = false;
            let served = self.note_all(subscriptions, |entry| {
                entry.served_ms = now_ms().max(entry.left_ms + 1);
                is_revived |= std::mem::take(&mut entry.is_expired);
            });
            served.await?;
            if is_revived {
                self.settle_routes().await;
            }
            Ok(())
        })
    }

    fn leave<'a>(&'a self, subscriptions: &'a [Subscription]) -> BrokerFuture<'a, ()> {
        Box::pin(self.note_all(subscriptions, |entry| entry.left_ms = now_ms().max(entry.served_ms)))
    }

    fn pause<'a>(&'a self, topic: &'a str, name: &'a str, is_paused: bool) -> BrokerFuture<'a, ()> {
        Box::pin(self.note(topic, name, move |entry| entry.is_paused = is_paused))
    }

    fn expire<'a>(&'a self, topic: &'a str, name: &'a str, unserved: Duration) -> BrokerFuture<'a, bool> {
        Box::pin(async move {
            let noted = self.note(topic, name, move |entry| {
                let age = Duration::from_millis(now_ms().saturating_sub(entry.served_ms));
                let ends = age >= unserved && !entry.is_expired;
                entry.is_expired |= ends;
                ends
            });
            let ends = noted.await?;
            self.routes.forget();
            Ok(ends)
        })
    }

    fn peek<'a>(&'a self, topic: &'a str, name: &'a str, limit: usize) -> BrokerFuture<'a, Vec<Waiting>> {
        Box::pin(async move { self.peek_at(&self.find(topic, name).await?, limit).await })
    }

    fn delete<'a>(&'a self, topic: &'a str, name: &'a str, ids: &'a [String]) -> BrokerFuture<'a, Done> {
        Box::pin(async move { self.delete_ids(&self.find(topic, name).await?, ids).await })
    }

    fn promote<'a>(&'a self, topic: &'a str, name: &'a str, ids: &'a [String]) -> BrokerFuture<'a, Done> {
        Box::pin(async move { self.promote_ids(&self.find(topic, name).await?, ids).await })
    }

    fn move_all<'a>(&'a self, topic: &'a str, from: &'a str, to: &'a str) -> BrokerFuture<'a, u64> {
        Box::pin(async move {
            let (from, to) = (self.find(topic, from).await?, self.find(topic, to).await?);
            self.move_between(&from, &to, None).await
        })
    }

    fn remove<'a>(&'a self, topic: &'a str, name: &'a str) -> BrokerFuture<'a, u64> {
        Box::pin(self.remove_all(topic, name))
    }

    fn forget_dead<'a>(&'a self, topic: &'a str, name: &'a str, before: SystemTime) -> BrokerFuture<'a, u64> {
        Box::pin(async move { self.forget_before(&self.find(topic, name).await?, before).await })
    }
}
