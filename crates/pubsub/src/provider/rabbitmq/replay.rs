//! The replay: copies of a topic's history in the queue of one subscription.
//!
//! The queue is bound to the topic first, and gets what is published from then on. Then a fence is stored in the history, and
//! what the history holds before the fence is copied, behind what waits: each copy is confirmed before the next part is read.
//! A message that is published between the binding and the fence comes twice.
//!
//! The replay of a new subscription stands in the catalogue until it is done, with the place up to which it has come. One
//! process at a time does it; where that one dies, another goes on.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lapin::BasicProperties;
use lapin::message::Delivery;
use lapin::types::ShortString;
use tokio::time::{Instant, sleep};
use twinloop_runtime::Failure;
use uuid::Uuid;

use crate::provider::history::{ReplayFrom, ReplayRange};
use crate::provider::rabbitmq::catalogue::{self, Entry, Replay, now_ms};
use crate::provider::rabbitmq::copies::{Copies, Copy, Post};
use crate::provider::rabbitmq::envelope::Letter;
use crate::provider::rabbitmq::history::{self, Place, Reader};
use crate::provider::rabbitmq::hold::Held;
use crate::provider::rabbitmq::line::Link;
use crate::provider::rabbitmq::mail::Outgoing;
use crate::provider::rabbitmq::names;
use crate::provider::rabbitmq::supply::{Reporter, SupplyEvent};

/// All nodes of a cluster know a new binding within this time, and no message is on its way past it any more.
const BINDING_HOLDS_AFTER: Duration = Duration::from_millis(250);
/// The place of a replay is noted this often.
const NOTE_EVERY: Duration = Duration::from_secs(1);
/// Pause before a replay that another process does, or that failed, is tried again.
const AGAIN_AFTER: Duration = Duration::from_secs(2);
/// A message that was published so long after the fence shows that the history has lost the fence.
const FENCE_IS_LOST_AFTER: Duration = Duration::from_secs(60);

impl Replay {
    /// Creates a replay that nobody has begun.
    pub(super) fn new(from: ReplayFrom) -> Self {
        Self { from, next: None, fence: Uuid::now_v7().to_string() }
    }
}

/// The copying of a history, or a part of it, to one subscription.
pub(super) struct Replayer {
    stream: ShortString,
    copies: Copies,
    receiving: Arc<Link>,
    /// The subscription's name.
    name: String,
}

/// A part of a history that was read.
struct Part {
    letters: Vec<Letter>,
    /// The place behind the part.
    next: u64,
    is_last: bool,
}

impl Replayer {
    pub(super) fn new(copies: Copies, name: &str, receiving: Arc<Link>) -> Result<Self, Failure> {
        let stream = names::history(&copies.topic)?;
        Ok(Self { stream, copies, receiving, name: name.to_owned() })
    }

    /// Copies a part of the history once, as an operator asks. Returns how many messages those were.
    pub(super) async fn run(&self, range: ReplayRange) -> Result<u64, Failure> {
        let replay = Replay::new(range.from);
        self.copy(&replay, range.until, None).await
    }

    /// Copies the history to a new subscription, or goes on with it, until it is done by this process or another. `queue` is the
    /// name of the subscription when its queue was created.
    pub(super) async fn finish(self, queue: String, report: Reporter) {
        let mut has_failed = false;
        loop {
            let (topic, subscription) = (self.copies.topic.clone(), self.name.clone());
            match self.try_finish(&queue).await {
                Ok(Some(0)) => return,
                Ok(Some(count)) => return report(SupplyEvent::Replayed { topic, subscription, count }),
                Err(error) if !has_failed => {
                    has_failed = true;
                    report(SupplyEvent::ReplayFailed { topic, subscription, error: error.message });
                }
                Ok(None) | Err(_) => {}
            }
            sleep(AGAIN_AFTER).await;
        }
    }

    /// Returns `None` where another process does the replay, and how many messages were copied where it is done.
    async fn try_finish(&self, queue: &str) -> Result<Option<u64>, Failure> {
        let post = &self.copies.post;
        let Some(held) = Held::take(post, &self.copies.names.main, "replay").await? else { return Ok(None) };
        let record = Record { copies: &self.copies, queue, held };
        let copied = self.finish_recorded(&record).await;
        record.held.release().await;
        copied.map(Some)
    }

    /// Does the replay that the catalogue has, and returns how many messages were copied; 0 where it has none any more.
    async fn finish_recorded(&self, record: &Record<'_>) -> Result<u64, Failure> {
        let Some(replay) = record.read().await? else { return Ok(0) };
        let copied = self.copy(&replay, None, Some(record)).await?;
        record.note(&replay.fence, None).await?;
        Ok(copied)
    }

    /// Copies what the history holds before the fence. The place is noted in the record from time to time.
    async fn copy(
        &self,
        replay: &Replay,
        until: Option<SystemTime>,
        record: Option<&Record<'_>>,
    ) -> Result<u64, Failure> {
        sleep(BINDING_HOLDS_AFTER).await;
        mark(&self.copies.post, &self.stream, &replay.fence).await?;
        let chooser = Chooser::new(replay, until);
        let from = replay.next.map_or(replay.from, ReplayFrom::Offset);
        if self.is_behind_the_end(from, &replay.fence).await? {
            return Ok(0);
        }
        let mut reader = Reader::open(&self.receiving, &self.stream, &Place::At(from)).await?;
        let (mut copied, mut noted) = (0, Instant::now());
        loop {
            let read = reader.next().await?;
            let last_tag = read.last().map_or(0, |last| last.delivery_tag);
            let Part { letters, next, is_last } = chooser.choose(read);
            copied += letters.len() as u64;
            if !letters.is_empty() {
                self.copies.store(letters.into_iter().map(Copy::due).collect()).await?;
            }
            if is_last {
                break;
            }
            if let Some(record) = record.filter(|_| noted.elapsed() >= NOTE_EVERY) {
                noted = Instant::now();
                if !record.note(&replay.fence, Some(next)).await? {
                    return Err(Failure::unavailable(
                        "the subscription was deleted, or another process has taken its replay over",
                    ));
                }
            }
            reader.go_on(last_tag).await?;
        }
        reader.close().await;
        Ok(copied)
    }

    /// Returns whether nothing before the fence is wanted, so that a reader would wait for what is published later.
    async fn is_behind_the_end(&self, from: ReplayFrom, fence: &str) -> Result<bool, Failure> {
        let offset = match from {
            ReplayFrom::First => return Ok(false),
            ReplayFrom::TimeMs(ms) => return Ok(ms > now_ms()),
            ReplayFrom::Offset(offset) => offset,
        };
        let mut reader = Reader::open(&self.receiving, &self.stream, &Place::Last).await?;
        // Where the fence is in an earlier chunk, nothing may come.
        while let Ok(read) = reader.next().await {
            for delivered in read {
                let found = history::offset_of(&delivered);
                let is_fence = history::fence_of(&delivered).as_deref() == Some(fence);
                if is_fence || found >= offset {
                    reader.close().await;
                    return Ok(is_fence && offset > found);
                }
            }
        }
        Ok(true)
    }
}

/// Stores a message in the history alone that marks the present end.
///
/// Errors: `failed_precondition` where the topic has no history.
async fn mark(post: &Post, stream: &ShortString, fence: &str) -> Result<(), Failure> {
    let properties = BasicProperties::default()
        .with_delivery_mode(2)
        .with_type(history::FENCE.into())
        .with_message_id(ShortString::try_new(fence).unwrap_or_default());
    let body = bytes::Bytes::new();
    let letter =
        Outgoing { exchange: "".into(), routing_key: stream.clone(), mandatory: true, properties, body };
    let returned = post.sender.send(&[letter]).await.map_err(|unsent| unsent.error)?;
    if returned.is_empty() {
        return Ok(());
    }
    let address = &post.link.address;
    Err(Failure::failed_precondition(format!(
        "{address} has no history {stream}: give the topic `history`, such as {{ maxAge: \"7d\" }}; it then begins with what is \
         published from now on"
    )))
}

/// What the catalogue has of a replay, while this process does it.
struct Record<'a> {
    copies: &'a Copies,
    /// The name of the subscription when its queue was created.
    queue: &'a str,
    held: Held,
}

impl Record<'_> {
    fn is_of(&self, entry: &Entry) -> bool {
        !entry.is_gone && entry.topic == self.copies.topic && entry.queue == self.queue
    }

    async fn read(&self) -> Result<Option<Replay>, Failure> {
        let entries = catalogue::read(&self.copies.post).await?;
        Ok(entries.into_iter().find(|entry| self.is_of(entry)).and_then(|entry| entry.replay))
    }

    /// Notes the place of the first message that is not copied yet, or, with none, that the replay is done. Returns whether this
    /// process still does it.
    async fn note(&self, fence: &str, next: Option<u64>) -> Result<bool, Failure> {
        if !self.held.is_held() {
            return Ok(false);
        }
        catalogue::change(&self.copies.post, |entries| {
            let found = entries.iter_mut().find(|entry| self.is_of(entry));
            let on = found.filter(|entry| entry.replay.as_ref().is_some_and(|on| on.fence == fence));
            let Some(entry) = on else { return (false, false) };
            if let Some(replay) = &mut entry.replay {
                replay.next = next;
            }
            entry.replay.take_if(|_| next.is_none());
            entry.changed_ms = now_ms();
            (true, true)
        })
        .await
    }
}

/// The choice of what is copied.
struct Chooser<'a> {
    fence: &'a str,
    /// The place before which nothing is wanted.
    first: u64,
    /// The times of publication between which messages are wanted.
    since: Option<SystemTime>,
    until: Option<SystemTime>,
    /// The time of publication that shows that the history has lost the fence.
    lost_from: SystemTime,
}

impl<'a> Chooser<'a> {
    /// Creates the choice of a replay whose fence was stored just now.
    fn new(replay: &'a Replay, until: Option<SystemTime>) -> Self {
        let (first, since) = match replay.from {
            ReplayFrom::First => (0, None),
            ReplayFrom::Offset(offset) => (offset, None),
            ReplayFrom::TimeMs(ms) => (0, Some(SystemTime::UNIX_EPOCH + Duration::from_millis(ms))),
        };
        Self {
            fence: &replay.fence,
            first: replay.next.unwrap_or(first),
            since,
            until,
            lost_from: SystemTime::now() + FENCE_IS_LOST_AFTER,
        }
    }

    /// Chooses among messages in the order of the history, up to the fence.
    fn choose(&self, read: Vec<Delivery>) -> Part {
        let mut part = Part { letters: Vec::new(), next: self.first, is_last: false };
        let now = SystemTime::now();
        for delivered in read {
            let offset = history::offset_of(&delivered);
            if let Some(fence) = history::fence_of(&delivered) {
                if fence == self.fence {
                    part.is_last = true;
                    break;
                }
                continue;
            }
            let letter = Letter::read(delivered);
            if letter.published_at > self.lost_from {
                part.is_last = true;
                break;
            }
            part.next = offset + 1;
            let is_wanted = offset >= self.first
                && self.since.is_none_or(|since| letter.published_at >= since)
                && self.until.is_none_or(|until| letter.published_at < until);
            if is_wanted {
                part.letters.push(Letter { attempts: 0, replayed_at: Some(now), ..letter });
            }
        }
        part
    }
}
