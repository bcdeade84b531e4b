//! The catalogue: the subscriptions of a virtual host, as the apps record them, because AMQP cannot list queues.
//!
//! One durable queue holds one message, and that message is the list. A reader takes it and gives it back; a writer stores
//! the changed list, waits for the confirm, and only then acknowledges the one it took. While a process has the list, the
//! queue looks empty to others, which try again a moment later. A process that is killed in between leaves two lists but
//! loses none; of two lists, the last record of each subscription counts (by the clocks of the processes that wrote it), and
//! the next change merges them into one.
//!
//! A subscription is identified by its queue. When the subscription is renamed, its queue keeps the name with which it was
//! created.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lapin::Channel;
use lapin::options::{BasicAckOptions, BasicGetOptions, BasicNackOptions, QueueDeclareOptions};
use lapin::protocol::AMQPSoftError;
use lapin::types::{FieldTable, ShortString};
use lapin::{BasicProperties, message};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep, timeout};
use twinloop_runtime::Failure;

use crate::engine::deliver::context::milliseconds;
use crate::provider::history::ReplayFrom;
use crate::provider::operate::{Expiry, Known, SERVED_WITHIN};
use crate::provider::rabbitmq::copies::Post;
use crate::provider::rabbitmq::fault;
use crate::provider::rabbitmq::mail::Outgoing;
use crate::provider::rabbitmq::topology::quorum;

const QUEUE: &str = "twinloop.catalogue";
/// Time limit for one answer of the broker.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// An empty queue means for this long that another process has the list.
const TAKEN_FOR: Duration = Duration::from_secs(2);
const AGAIN_AFTER: Duration = Duration::from_millis(30);
/// A deletion is remembered for this long, so that an older list does not restore the subscription.
const GONE_FOR_MS: u64 = 86_400_000;

/// A subscription as the list records it.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) topic: String,
    /// The name of the subscription when its queue was created.
    pub(super) queue: String,
    pub(super) name: String,
    #[serde(default)]
    pub(super) former: Vec<String>,
    pub(super) ordered: bool,
    pub(super) made_ms: u64,
    pub(super) served_ms: u64,
    #[serde(default)]
    pub(super) left_ms: u64,
    /// Milliseconds without a serving process after which copies end; a negative number means never.
    pub(super) expiry_ms: i64,
    #[serde(default)]
    pub(super) is_paused: bool,
    #[serde(default)]
    pub(super) is_expired: bool,
    #[serde(default)]
    pub(super) is_gone: bool,
    /// The queue that takes over the messages of this deleted one.
    #[serde(default)]
    pub(super) merges_into: Option<String>,
    /// The replay of the topic's history that is not done yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) replay: Option<Replay>,
    pub(super) changed_ms: u64,
}

/// A replay that some process does, or goes on with when that process has died.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Replay {
    pub(super) from: ReplayFrom,
    /// The place of the first message that is not copied yet; `None` before the first.
    #[serde(default)]
    pub(super) next: Option<u64>,
    /// The id of the message that marks the end in the history.
    pub(super) fence: String,
}

#[derive(Default, Serialize, Deserialize)]
struct List {
    subscriptions: Vec<Entry>,
}

impl Entry {
    pub(super) fn is_called(&self, topic: &str, name: &str) -> bool {
        let is_former = || self.former.iter().any(|former| former == name);
        !self.is_gone && self.topic == topic && (self.name == name || is_former())
    }

    pub(super) fn set_expiry(&mut self, expiry: Option<Duration>) {
        self.expiry_ms = Expiry::ms(expiry);
    }

    pub(super) fn known(&self) -> Known {
        let served_ago = Duration::from_millis(now_ms().saturating_sub(self.served_ms));
        Known {
            topic: self.topic.clone(),
            name: self.name.clone(),
            former: self.former.clone(),
            ordered: self.ordered,
            served_ago,
            is_served: self.served_ms > self.left_ms && served_ago < SERVED_WITHIN,
            expiry: Expiry::of_ms(self.expiry_ms),
            is_paused: self.is_paused,
            is_expired: self.is_expired,
        }
    }
}

pub(super) fn now_ms() -> u64 {
    milliseconds(SystemTime::now())
}

/// Merges lists; the last record of each queue counts.
fn merge(into: &mut Vec<Entry>, more: Vec<Entry>) {
    for entry in more {
        match into.iter_mut().find(|known| known.topic == entry.topic && known.queue == entry.queue) {
            None => into.push(entry),
            Some(known) => {
                let (served_ms, left_ms) =
                    (known.served_ms.max(entry.served_ms), known.left_ms.max(entry.left_ms));
                if entry.changed_ms >= known.changed_ms {
                    *known = entry;
                }
                (known.served_ms, known.left_ms) = (served_ms, left_ms);
            }
        }
    }
}

/// The list while this process has it: no other process can read it until it is given back.
struct Taken {
    channel: Channel,
    tags: Vec<u64>,
    entries: Vec<Entry>,
}

async fn take(post: &Post, wait: Duration) -> Result<Option<Taken>, Failure> {
    let lost = |error: lapin::Error| fault::lost(&post.link.address, &error);
    let line = post.link.line().await?;
    let channel = line.channel().await.map_err(lost)?;
    let started = Instant::now();
    let mut taken = Taken { channel, tags: Vec::new(), entries: Vec::new() };
    loop {
        match taken.channel.basic_get(QUEUE.into(), BasicGetOptions::default()).await {
            Ok(Some(got)) => {
                let message::Delivery { delivery_tag, data, .. } = got.delivery;
                // A list that cannot be read was written by another program; the next change replaces it.
                let found: List = serde_json::from_slice(&data).unwrap_or_default();
                merge(&mut taken.entries, found.subscriptions);
                taken.tags.push(delivery_tag);
            }
            Ok(None) if !taken.tags.is_empty() || started.elapsed() >= wait => return Ok(Some(taken)),
            Ok(None) => sleep(AGAIN_AFTER).await,
            // No app of this release has used the virtual host.
            Err(error) if matches!(fault::soft(&error), Some(AMQPSoftError::NOTFOUND)) => return Ok(None),
            Err(error) => return Err(lost(error)),
        }
    }
}

async fn within<T>(post: &Post, work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    timeout(ANSWER_WITHIN, work).await.unwrap_or_else(|_| {
        let (address, seconds) = (&post.link.address, ANSWER_WITHIN.as_secs());
        Err(Failure::unavailable(format!("{address} has not answered within {seconds} s")))
    })
}

/// Reads the records.
pub(super) async fn read(post: &Post) -> Result<Vec<Entry>, Failure> {
    within(post, async {
        let Some(taken) = take(post, TAKEN_FOR).await? else { return Ok(Vec::new()) };
        let options = BasicNackOptions { multiple: true, requeue: true };
        if !taken.tags.is_empty() {
            let given = taken.channel.basic_nack(0, options).await;
            given.map_err(|error| fault::lost(&post.link.address, &error))?;
        }
        close(taken.channel);
        Ok(taken.entries)
    })
    .await
}

/// Changes the records with `change`, which returns whether it has changed something.
pub(super) async fn change<T>(
    post: &Post,
    change: impl FnOnce(&mut Vec<Entry>) -> (bool, T),
) -> Result<T, Failure> {
    within(post, async {
        let lost = |error: lapin::Error| fault::lost(&post.link.address, &error);
        let taken = if let Some(taken) = take(post, TAKEN_FOR).await? {
            taken
        } else {
            make(post).await?;
            let channel = post.link.line().await?.channel().await.map_err(lost)?;
            Taken { channel, tags: Vec::new(), entries: Vec::new() }
        };
        let Taken { channel, tags, mut entries } = taken;
        let (is_changed, answer) = change(&mut entries);
        if !is_changed && tags.len() == 1 {
            let options = BasicNackOptions { multiple: true, requeue: true };
            channel.basic_nack(0, options).await.map_err(lost)?;
            close(channel);
            return Ok(answer);
        }
        let now = now_ms();
        let is_old = |entry: &Entry| now.saturating_sub(entry.changed_ms) >= GONE_FOR_MS;
        entries.retain(|entry| !entry.is_gone || entry.merges_into.is_some() || !is_old(entry));
        store(post, entries).await?;
        for tag in tags {
            channel.basic_ack(tag, BasicAckOptions::default()).await.map_err(lost)?;
        }
        close(channel);
        Ok(answer)
    })
    .await
}

/// Closes a channel in a task of its own, so that no caller waits for it.
fn close(channel: Channel) {
    tokio::spawn(async move {
        let _ = timeout(ANSWER_WITHIN, channel.close(200, "closed".into())).await;
    });
}

async fn make(post: &Post) -> Result<(), Failure> {
    let address = &post.link.address;
    let line = post.link.line().await?;
    let channel = line.channel().await.map_err(|error| fault::lost(address, &error))?;
    let options = QueueDeclareOptions { durable: true, ..Default::default() };
    let made = channel.queue_declare(QUEUE.into(), options, quorum()).await;
    made.map_err(|error| fault::not_declared(address, &format!("the queue {QUEUE}"), &error))?;
    close(channel);
    Ok(())
}

async fn store(post: &Post, entries: Vec<Entry>) -> Result<(), Failure> {
    let body = serde_json::to_vec(&List { subscriptions: entries });
    let body = body.map_err(|error| Failure::internal(error.to_string()))?;
    let properties =
        BasicProperties::default().with_delivery_mode(2).with_content_type("application/json".into());
    let routing_key: ShortString = QUEUE.into();
    let letter =
        Outgoing { exchange: "".into(), routing_key, mandatory: true, properties, body: body.into() };
    let batch = [letter];
    let returned = post.sender.send(&batch).await.map_err(|unsent| unsent.error)?;
    if returned.is_empty() {
        return Ok(());
    }
    make(post).await?;
    post.sender.send(&batch).await.map(drop).map_err(|unsent| unsent.error)
}

/// Returns whether a queue of this name exists. Asking for a missing queue closes the channel (AMQP 0-9-1, `queue.declare`).
pub(super) async fn has_queue(post: &Arc<Post>, name: &ShortString) -> Result<bool, Failure> {
    let lost = |error: lapin::Error| fault::lost(&post.link.address, &error);
    let channel = post.link.line().await?.channel().await.map_err(lost)?;
    let options = QueueDeclareOptions { passive: true, ..Default::default() };
    match channel.queue_declare(name.clone(), options, FieldTable::default()).await {
        Ok(_) => {
            close(channel);
            Ok(true)
        }
        Err(error) if matches!(fault::soft(&error), Some(AMQPSoftError::NOTFOUND)) => Ok(false),
        Err(error) => Err(lost(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(queue: &str, name: &str, changed_ms: u64) -> Entry {
        Entry {
            topic: "t".into(),
            queue: queue.into(),
            name: name.into(),
            former: Vec::new(),
            ordered: false,
            made_ms: 1,
            served_ms: changed_ms,
            left_ms: 0,
            expiry_ms: Expiry::ms(None),
            is_paused: false,
            is_expired: false,
            is_gone: false,
            merges_into: None,
            replay: None,
            changed_ms,
        }
    }

    #[test]
    fn of_two_lists_each_subscription_counts_as_it_was_noted_last() {
        let mut one = vec![entry("a", "new name", 5), entry("b", "b", 9)];
        merge(&mut one, vec![entry("a", "a", 7), entry("b", "old", 3), entry("c", "c", 1)]);
        let names: Vec<_> = one.iter().map(|entry| (entry.queue.as_str(), entry.name.as_str())).collect();
        assert_eq!(names, [("a", "a"), ("b", "b"), ("c", "c")]);
        assert_eq!(one[0].served_ms, 7);
    }
}
