//! The operator's side of the RabbitMQ provider, and the fleet's records in the catalogue.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use twinloop_runtime::{Code, Failure, lock};

use super::{RabbitMq, handling};
use crate::provider::operate::{Adopted, Done, Known, Operate, Waiting};
use crate::provider::pending::BrokerFuture;
use crate::provider::rabbitmq::catalogue::{self, Entry, Replay, now_ms};
use crate::provider::rabbitmq::copies::Copies;
use crate::provider::rabbitmq::names::{Names, exchange};
use crate::provider::subscription::{Subscription, Topic};

/// Records a subscription in the list.
fn declare_in(
    entries: &mut Vec<Entry>,
    topic: &Topic,
    subscription: &Subscription,
    found: Option<&str>,
    renamed: &mut Vec<(Adopted, Entry)>,
) -> bool {
    let (of, name, now) = (&topic.name, &subscription.name, now_ms());
    let is_sibling = |name: &str| topic.subscriptions.iter().any(|each| each.name == name);
    let mut changed = false;
    for entry in entries.iter_mut().filter(|entry| entry.is_called(of, name) && entry.name != *name) {
        if !is_sibling(&entry.name) {
            // An older version of the app, which declares a former name.
            return changed;
        }
        entry.former.retain(|former| former != name);
        (entry.changed_ms, changed) = (now, true);
    }
    for old in subscription.renamed_from.iter().filter(|old| *old != name) {
        let Some(at) =
            entries.iter().position(|entry| !entry.is_gone && entry.topic == *of && entry.name == *old)
        else {
            continue;
        };
        let adopted = Adopted { topic: of.clone(), from: old.clone(), to: name.clone(), messages: 0 };
        changed = true;
        match entries
            .iter()
            .find(|entry| !entry.is_gone && entry.topic == *of && entry.name == *name)
            .cloned()
        {
            None => {
                let entry = &mut entries[at];
                entry.former.push(std::mem::replace(&mut entry.name, name.clone()));
                entry.changed_ms = now;
                renamed.push((adopted, entry.clone()));
            }
            Some(to) => {
                let from = &mut entries[at];
                (from.is_gone, from.changed_ms, from.merges_into) = (true, now, Some(to.queue.clone()));
                if let Some(entry) =
                    entries.iter_mut().find(|entry| entry.queue == to.queue && entry.topic == *of)
                {
                    entry.former.push(old.clone());
                    entry.changed_ms = now;
                }
            }
        }
    }
    if let Some(entry) =
        entries.iter_mut().find(|entry| !entry.is_gone && entry.topic == *of && entry.name == *name)
    {
        let before = entry.clone();
        entry.set_expiry(subscription.expiry);
        entry.ordered = subscription.ordered;
        if *entry != before {
            (entry.changed_ms, changed) = (now, true);
        }
        return changed;
    }
    add(entries, topic, subscription, found);
    true
}

/// Adds a subscription that the list does not have, with a free queue name.
fn add(entries: &mut Vec<Entry>, topic: &Topic, subscription: &Subscription, found: Option<&str>) {
    let (of, name, now) = (&topic.name, &subscription.name, now_ms());
    let mut queue = found.unwrap_or(name).to_owned();
    // A renamed subscription keeps the queue of its first name.
    while entries.iter().any(|other| !other.is_gone && other.topic == *of && other.queue == queue) {
        queue.push('~');
    }
    let former = found.map(str::to_owned).into_iter().collect();
    let mut entry = Entry {
        topic: of.clone(),
        queue,
        name: name.clone(),
        former,
        ordered: subscription.ordered,
        made_ms: now,
        served_ms: now,
        left_ms: 0,
        expiry_ms: 0,
        is_paused: false,
        is_expired: false,
        is_gone: false,
        merges_into: None,
        // A queue of a former release holds what its subscription has had since.
        replay: subscription.from.filter(|_| found.is_none()).map(Replay::new),
        changed_ms: now,
    };
    entry.set_expiry(subscription.expiry);
    entries.retain(|other| !(other.is_gone && other.topic == entry.topic && other.queue == entry.queue));
    entries.push(entry);
}

impl RabbitMq {
    /// Records subscriptions, and takes over what the broker has under their former names.
    pub(super) async fn note_declared(
        &self,
        topics: &[Topic],
    ) -> Result<(Vec<Adopted>, Vec<Entry>), Failure> {
        let old_queues = self.queues_of_old_names(topics).await?;
        let (renamed, entries) = catalogue::change(&self.post, |entries| {
            let (mut renamed, mut changed) = (Vec::new(), false);
            for topic in topics {
                for subscription in &topic.subscriptions {
                    let found = old_queues
                        .iter()
                        .find(|(of, name, _)| *of == topic.name && *name == subscription.name);
                    let found = found.map(|(_, _, queue)| queue.as_str());
                    changed |= declare_in(entries, topic, subscription, found, &mut renamed);
                }
            }
            (changed, (renamed, entries.clone()))
        })
        .await?;
        self.learn(&entries);
        let mut adopted = Vec::new();
        for (mut each, entry) in renamed {
            let depth = crate::provider::rabbitmq::inspect::depth(&self.copies_of(&entry)?).await?;
            each.messages = depth.ready + depth.delayed + depth.dead;
            adopted.push(each);
        }
        let is_ours = |entry: &&Entry| topics.iter().any(|topic| topic.name == entry.topic);
        for from in entries.iter().filter(|entry| entry.is_gone).filter(is_ours) {
            adopted.extend(self.merge(from, &entries).await?);
        }
        Ok((adopted, entries))
    }

    /// Returns queues under former names that a release without the catalogue has created.
    async fn queues_of_old_names(&self, topics: &[Topic]) -> Result<Vec<(String, String, String)>, Failure> {
        let mut found = Vec::new();
        let renamed =
            topics.iter().flat_map(|topic| &topic.subscriptions).filter(|each| !each.renamed_from.is_empty());
        let mut entries = None;
        for Subscription { topic, name, renamed_from, .. } in renamed {
            let entries = match &mut entries {
                Some(entries) => entries,
                none => none.insert(catalogue::read(&self.post).await?),
            };
            let is_noted = |name: &str| entries.iter().any(|entry| entry.is_called(topic, name));
            for old in renamed_from {
                let is_unknown = !is_noted(name) && !is_noted(old);
                if is_unknown && catalogue::has_queue(&self.post, &Names::new(topic, old)?.main).await? {
                    found.push((topic.clone(), name.clone(), old.clone()));
                }
            }
        }
        Ok(found)
    }

    fn learn(&self, entries: &[Entry]) {
        let mut queues = lock(&self.queues);
        for entry in entries.iter().filter(|entry| !entry.is_gone) {
            for name in entry.former.iter().chain([&entry.name]) {
                queues.insert((entry.topic.clone(), name.clone()), entry.queue.clone());
            }
        }
    }

    pub(super) fn copies_of(&self, entry: &Entry) -> Result<Copies, Failure> {
        let names = Arc::new(Names::new(&entry.topic, &entry.queue)?);
        Ok(Copies {
            post: Arc::clone(&self.post),
            topic: entry.topic.clone(),
            names,
            ordered: entry.ordered,
            dead_for: None,
        })
    }

    /// Returns the subscription of this name, including one that only its queue reveals.
    pub(super) async fn find(&self, topic: &str, name: &str) -> Result<Copies, Failure> {
        let entries = catalogue::read(&self.post).await?;
        self.learn(&entries);
        if let Some(entry) = entries.iter().find(|entry| entry.is_called(topic, name)) {
            return self.copies_of(entry);
        }
        let copies = self.copies(topic, name, false)?;
        if catalogue::has_queue(&self.post, &copies.names.main).await? {
            return Ok(copies);
        }
        Err(crate::error::no_subscription(topic, name))
    }

    async fn note<T>(
        &self,
        topic: &str,
        name: &str,
        what: impl FnOnce(&mut Entry) -> T,
    ) -> Result<T, Failure> {
        catalogue::change(&self.post, |entries| {
            let found = entries.iter_mut().find(|entry| entry.is_called(topic, name));
            let noted = found.map(|entry| {
                entry.changed_ms = now_ms();
                what(entry)
            });
            (noted.is_some(), noted.ok_or_else(|| crate::error::no_subscription(topic, name)))
        })
        .await?
    }

    pub(super) async fn unbind(&self, entry: &Entry) -> Result<(), Failure> {
        let names = Names::new(&entry.topic, &entry.queue)?;
        self.post.topology.unbind(&self.post.link, &exchange(&entry.topic)?, &names).await
    }

    async fn note_served(&self, subscriptions: &[Subscription]) -> Result<(), Failure> {
        if subscriptions.is_empty() {
            return Ok(());
        }
        let revived = catalogue::change(&self.post, |entries| {
            let (now, mut revived) = (now_ms(), Vec::new());
            for Subscription { topic, name, .. } in subscriptions {
                if let Some(entry) = entries.iter_mut().find(|entry| entry.is_called(topic, name)) {
                    (entry.served_ms, entry.changed_ms) = (now, now);
                    if std::mem::take(&mut entry.is_expired) {
                        revived.push(entry.clone());
                    }
                }
            }
            (true, revived)
        })
        .await?;
        if !revived.is_empty() {
            let line = self.post.link.line().await?;
            self.post.topology.declare_known(&line).await?;
        }
        Ok(())
    }
}

impl Operate for RabbitMq {
    fn known(&self) -> BrokerFuture<'_, Vec<Known>> {
        Box::pin(async {
            let mut entries = catalogue::read(&self.post).await?;
            self.learn(&entries);
            entries.retain(|entry| !entry.is_gone);
            entries.sort_by(|one, other| (&one.topic, &one.name).cmp(&(&other.topic, &other.name)));
            Ok(entries.iter().map(Entry::known).collect())
        })
    }

    fn has<'a>(&'a self, topic: &'a str, name: &'a str) -> BrokerFuture<'a, bool> {
        Box::pin(async move {
            match self.find(topic, name).await {
                Ok(_) => Ok(true),
                Err(error) if error.code == Code::NotFound => Ok(false),
                Err(error) => Err(error),
            }
        })
    }

    fn serve<'a>(&'a self, subscriptions: &'a [Subscription]) -> BrokerFuture<'a, ()> {
        Box::pin(self.note_served(subscriptions))
    }

    fn leave<'a>(&'a self, subscriptions: &'a [Subscription]) -> BrokerFuture<'a, ()> {
        Box::pin(async move {
            catalogue::change(&self.post, |entries| {
                let now = now_ms();
                for Subscription { topic, name, .. } in subscriptions {
                    for entry in entries.iter_mut().filter(|entry| entry.is_called(topic, name)) {
                        (entry.left_ms, entry.changed_ms) = (now, now);
                    }
                }
                (true, ())
            })
            .await
        })
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
                ends.then(|| entry.clone())
            });
            match noted.await? {
                Some(entry) => self.unbind(&entry).await.map(|()| true),
                None => Ok(false),
            }
        })
    }

    fn peek<'a>(&'a self, topic: &'a str, name: &'a str, limit: usize) -> BrokerFuture<'a, Vec<Waiting>> {
        Box::pin(async move { handling::peek(&self.find(topic, name).await?, limit).await })
    }

    fn delete<'a>(&'a self, topic: &'a str, name: &'a str, ids: &'a [String]) -> BrokerFuture<'a, Done> {
        Box::pin(async move { handling::delete(&self.find(topic, name).await?, ids).await })
    }

    fn promote<'a>(&'a self, topic: &'a str, name: &'a str, ids: &'a [String]) -> BrokerFuture<'a, Done> {
        Box::pin(async move { handling::promote(&self.find(topic, name).await?, ids).await })
    }

    fn move_all<'a>(&'a self, topic: &'a str, from: &'a str, to: &'a str) -> BrokerFuture<'a, u64> {
        Box::pin(async move {
            let (from, to) = (self.find(topic, from).await?, self.find(topic, to).await?);
            handling::move_all(&from, &to, None).await
        })
    }

    fn remove<'a>(&'a self, topic: &'a str, name: &'a str) -> BrokerFuture<'a, u64> {
        Box::pin(async move {
            let copies = self.find(topic, name).await?;
            let noted = self.note(topic, name, |entry| entry.is_gone = true).await;
            // A subscription that is not in the list is deleted all the same.
            if let Err(error) = noted
                && error.code != Code::NotFound
            {
                return Err(error);
            }
            Ok(handling::delete_queues(&copies, false).await?.messages)
        })
    }

    /// Returns 0, because the broker deletes dead letters itself: each is stored with its expiration.
    fn forget_dead<'a>(&'a self, _: &'a str, _: &'a str, _: SystemTime) -> BrokerFuture<'a, u64> {
        Box::pin(async { Ok(0) })
    }
}
