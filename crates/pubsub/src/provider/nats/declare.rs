//! What a declaration changes in the record of a topic.

use twinloop_runtime::Failure;

use crate::provider::nats::catalogue::{self, Entry, TopicRecord, now_ms};
use crate::provider::nats::queue::Queue;
use crate::provider::nats::{Nats, ROUTE_AGE};
use crate::provider::operate::Adopted;
use crate::provider::subscription::{Subscription, Topic};

/// Time that a new subscription of a known topic waits, so that every publish which begins later knows it.
const SETTLE: std::time::Duration = ROUTE_AGE.saturating_mul(2);

/// The outcome of a declaration in the record.
#[derive(Default)]
struct Declared {
    renamed: Vec<(String, Entry)>,
    is_changed: bool,
    /// Whether a topic that had a record has new subscriptions.
    is_joined: bool,
}

fn declare_in(record: &mut TopicRecord, topic: &Topic) -> Declared {
    let was_known = !record.subscriptions.is_empty();
    let mut declared = Declared::default();
    for subscription in &topic.subscriptions {
        declare_one(record, topic, subscription, was_known, &mut declared);
    }
    declared
}

fn declare_one(
    record: &mut TopicRecord,
    topic: &Topic,
    subscription: &Subscription,
    was_known: bool,
    declared: &mut Declared,
) {
    let name = &subscription.name;
    let is_sibling = |name: &str| topic.subscriptions.iter().any(|each| each.name == name);
    for entry in record.subscriptions.iter_mut().filter(|entry| entry.is_called(name) && entry.name != *name)
    {
        if !is_sibling(&entry.name) {
            // An older version of the app, which declares a former name.
            return;
        }
        entry.former.retain(|former| former != name);
        declared.is_changed = true;
    }
    for old in subscription.renamed_from.iter().filter(|old| *old != name) {
        adopt(record, old, name, declared);
    }
    let present = |entry: &&mut Entry| entry.merges_into.is_none() && entry.name == *name;
    if let Some(entry) = record.subscriptions.iter_mut().find(present) {
        let before = entry.clone();
        entry.set_expiry(subscription.expiry);
        entry.ordered = subscription.ordered;
        declared.is_changed |= *entry != before;
        return;
    }
    add(record, subscription);
    declared.is_changed = true;
    declared.is_joined |= was_known;
}

fn adopt(record: &mut TopicRecord, old: &str, name: &str, declared: &mut Declared) {
    let present = |entry: &Entry, name: &str| entry.merges_into.is_none() && entry.name == name;
    let Some(at) = record.subscriptions.iter().position(|entry| present(entry, old)) else { return };
    declared.is_changed = true;
    let Some(to) = record.subscriptions.iter().position(|entry| present(entry, name)) else {
        let entry = &mut record.subscriptions[at];
        entry.former.push(std::mem::replace(&mut entry.name, name.to_owned()));
        declared.renamed.push((old.to_owned(), entry.clone()));
        return;
    };
    let queue = record.subscriptions[to].queue.clone();
    let from = &mut record.subscriptions[at];
    from.merges_into = Some(queue);
    let mut former = std::mem::take(&mut from.former);
    former.push(old.to_owned());
    record.subscriptions[to].former.append(&mut former);
}

fn add(record: &mut TopicRecord, subscription: &Subscription) {
    let now = now_ms();
    let mut queue = subscription.name.clone();
    // A renamed subscription keeps the queue of its first name.
    while record.subscriptions.iter().any(|entry| entry.queue == queue) {
        queue.push('~');
    }
    let mut entry = Entry {
        queue,
        name: subscription.name.clone(),
        former: Vec::new(),
        ordered: subscription.ordered,
        made_ms: now,
        served_ms: now,
        left_ms: 0,
        expiry_ms: 0,
        is_paused: false,
        is_expired: false,
        merges_into: None,
    };
    entry.set_expiry(subscription.expiry);
    record.subscriptions.push(entry);
}

impl Nats {
    /// Records topics and subscriptions, and takes over what the server has under former names.
    pub(super) async fn declare_all(&self, topics: &[Topic]) -> Result<Vec<Adopted>, Failure> {
        let (mut adopted, mut is_joined) = (Vec::new(), false);
        for topic in topics {
            self.link.topic_stream(&topic.name).await?;
            let declared = catalogue::change(&self.link, &topic.name, |record| {
                let is_new = record.subscriptions.is_empty() && topic.subscriptions.is_empty();
                let declared = declare_in(record, topic);
                (declared.is_changed || is_new, declared)
            })
            .await?;
            is_joined |= declared.is_joined;
            for (from, entry) in declared.renamed {
                let messages = self.queue_of(&topic.name, &entry).counts().await?.all();
                adopted.push(Adopted { topic: topic.name.clone(), from, to: entry.name, messages });
            }
            adopted.extend(self.merge_all(&topic.name).await?);
        }
        self.routes.forget();
        if is_joined {
            tokio::time::sleep(SETTLE).await;
        }
        Ok(adopted)
    }

    /// Moves the messages of subscriptions whose successors had copies of their own, without those that both got.
    async fn merge_all(&self, topic: &str) -> Result<Vec<Adopted>, Failure> {
        let Some((record, _)) = catalogue::read(&self.link, topic).await? else { return Ok(Vec::new()) };
        let mut adopted = Vec::new();
        for from in &record.subscriptions {
            let into = from.merges_into.as_ref();
            let Some(to) = into.and_then(|queue| record.subscriptions.iter().find(|to| to.queue == *queue))
            else {
                continue;
            };
            self.routes.forget();
            tokio::time::sleep(SETTLE).await;
            let (source, target) = (self.queue_of(topic, from), self.queue_of(topic, to));
            let messages = self.move_between(&source, &target, Some(to.made_ms)).await?;
            self.drop_queue(&source).await?;
            let queue = from.queue.clone();
            catalogue::change(&self.link, topic, |record| {
                record.subscriptions.retain(|entry| entry.queue != queue || entry.merges_into.is_none());
                (true, ())
            })
            .await?;
            adopted.push(Adopted {
                topic: topic.to_owned(),
                from: from.name.clone(),
                to: to.name.clone(),
                messages,
            });
        }
        Ok(adopted)
    }

    pub(super) fn queue_of(&self, topic: &str, entry: &Entry) -> Queue {
        Queue::new(std::sync::Arc::clone(&self.link), topic, &entry.queue, entry.ordered)
    }

    /// Returns the queue of a subscription by its present or a former name.
    ///
    /// Errors: `not_found` where the server has no such subscription.
    pub(super) async fn find(&self, topic: &str, name: &str) -> Result<Queue, Failure> {
        let found = catalogue::read(&self.link, topic).await?;
        let entry = found.as_ref().and_then(|(record, _)| record.find(name));
        entry
            .map(|entry| self.queue_of(topic, entry))
            .ok_or_else(|| crate::error::no_subscription(topic, name))
    }
}
