//! The catalogue: the subscriptions of each topic, as the apps record them.
//!
//! A topic is one message of the catalogue's stream. A change is stored on the condition that nobody has stored another since it was read
//! (`Nats-Expected-Last-Subject-Sequence`), and made again otherwise.
//!
//! A subscription is identified by its queue, the name with which it was created; a renamed one keeps it.

use std::time::{Duration, SystemTime};

use async_nats::HeaderMap;
use async_nats::jetstream::context::PublishErrorKind;
use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use twinloop_runtime::Failure;

use crate::engine::deliver::context::milliseconds;
use crate::provider::nats::fault;
use crate::provider::nats::link::{Link, Outgoing};
use crate::provider::nats::names::token;
use crate::provider::operate::{Expiry, Known, SERVED_WITHIN};

const TRIES: u32 = 200;
const AGAIN_AFTER: Duration = Duration::from_millis(10);

/// A subscription as the catalogue records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    /// The name of the subscription when it was created.
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
    /// The queue that takes over the messages of this one, which has no other use any more.
    #[serde(default)]
    pub(super) merges_into: Option<String>,
}

/// A topic as the catalogue records it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TopicRecord {
    pub(super) topic: String,
    pub(super) subscriptions: Vec<Entry>,
}

impl Entry {
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.merges_into.is_none() && (self.name == name || self.former.iter().any(|former| former == name))
    }

    /// Whether the subscription gets copies of published messages.
    pub(super) fn gets_copies(&self) -> bool {
        !self.is_expired && self.merges_into.is_none()
    }

    pub(super) fn set_expiry(&mut self, expiry: Option<Duration>) {
        self.expiry_ms = Expiry::ms(expiry);
    }

    pub(super) fn known(&self, topic: &str) -> Known {
        let served_ago = Duration::from_millis(now_ms().saturating_sub(self.served_ms));
        Known {
            topic: topic.to_owned(),
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

impl TopicRecord {
    /// Returns the subscription of this name; its present name counts before former ones.
    pub(super) fn find(&self, name: &str) -> Option<&Entry> {
        let all = || self.subscriptions.iter().filter(|entry| entry.merges_into.is_none());
        all().find(|entry| entry.name == name).or_else(|| all().find(|entry| entry.is_called(name)))
    }

    pub(super) fn find_mut(&mut self, name: &str) -> Option<&mut Entry> {
        let queue = self.find(name)?.queue.clone();
        self.subscriptions.iter_mut().find(|entry| entry.queue == queue)
    }
}

pub(super) fn now_ms() -> u64 {
    milliseconds(SystemTime::now())
}

fn subject(link: &Link, topic: &str) -> String {
    format!("{}.{}", link.names.catalogue(), token(topic))
}

/// Reads the record of a topic with its revision; `None` where no app has declared it.
pub(super) async fn read(link: &Link, topic: &str) -> Result<Option<(TopicRecord, u64)>, Failure> {
    let found = link.last_message(&link.names.catalogue(), &subject(link, topic)).await?;
    found.map(|message| Ok((parsed(topic, &message.payload)?, message.sequence))).transpose()
}

fn parsed(topic: &str, bytes: &[u8]) -> Result<TopicRecord, Failure> {
    serde_json::from_slice(bytes).map_err(|_| {
        Failure::failed_precondition(format!(
            "the record of topic {topic} in the catalogue cannot be read: another program or a newer release wrote it; use another \
             prefix in the URL"
        ))
    })
}

/// Changes the record of a topic with `change`, which returns whether it has changed something; without a record it begins empty.
pub(super) async fn change<T>(
    link: &Link,
    topic: &str,
    mut change: impl FnMut(&mut TopicRecord) -> (bool, T) + Send,
) -> Result<T, Failure> {
    for _ in 0..TRIES {
        let found = read(link, topic).await?;
        let (mut record, revision) = found.unwrap_or_default();
        topic.clone_into(&mut record.topic);
        let (is_changed, answer) = change(&mut record);
        if !is_changed || store(link, &record, revision).await? {
            return Ok(answer);
        }
        tokio::time::sleep(AGAIN_AFTER).await;
    }
    Err(Failure::unavailable(format!(
        "the record of topic {topic} at {} is changed by others all the time: try again",
        link.address
    )))
}

/// Stores a record unless there is a newer revision. Returns whether it is stored.
async fn store(link: &Link, record: &TopicRecord, revision: u64) -> Result<bool, Failure> {
    if revision == 0 {
        link.table(&link.names.catalogue(), Duration::ZERO).await?;
    }
    let body = serde_json::to_vec(record).map_err(|error| Failure::internal(error.to_string()))?;
    let outgoing =
        Outgoing { subject: subject(link, &record.topic), headers: expecting(revision), body: body.into() };
    put(link, outgoing).await.map(|stored| stored.is_some())
}

/// Returns the header that stores a message only if the last one of its subject has this sequence number, 0 for none.
pub(super) fn expecting(sequence: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(async_nats::header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE, sequence.to_string());
    headers
}

/// Stores a message with a condition. Returns its sequence number; `None` where the condition does not hold.
pub(super) async fn put(link: &Link, outgoing: Outgoing) -> Result<Option<u64>, Failure> {
    match link.try_store(vec![outgoing]).await?.pop() {
        Some(Ok(sequence)) => Ok(Some(sequence)),
        Some(Err(error)) if error.kind() == PublishErrorKind::WrongLastSequence => Ok(None),
        Some(Err(error)) => Err(fault::not_stored(&link.address, &error)),
        None => Err(Failure::internal("a message has no outcome")),
    }
}

/// Reads the records of all topics.
pub(super) async fn read_all(link: &Link) -> Result<Vec<TopicRecord>, Failure> {
    let name = link.names.catalogue();
    let stream = link.stream(&name).await?;
    let failed = |error: &dyn std::fmt::Display| link.failed("list the topics", error);
    let info = match stream.info_with_subjects(format!("{name}.*")).await {
        Ok(info) => info,
        // No app has declared a topic yet.
        Err(error) if is_missing(&error) => return Ok(Vec::new()),
        Err(error) => return Err(failed(&error)),
    };
    let subjects: Vec<(String, usize)> = info.try_collect().await.map_err(|error| failed(&error))?;
    let mut records = Vec::new();
    for (subject, _) in subjects {
        if let Some(message) = link.last_message(&name, &subject).await? {
            records.push(parsed(&subject, &message.payload)?);
        }
    }
    Ok(records)
}

/// Whether a stream's information is missing because there is no such stream.
pub(super) fn is_missing(error: &async_nats::jetstream::stream::InfoError) -> bool {
    fault::code_of(error) == Some(async_nats::jetstream::ErrorCode::STREAM_NOT_FOUND)
}
