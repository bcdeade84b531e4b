//! One subscription at the server: what is stored for it, and how messages are copied, looked at and counted.

use std::sync::Arc;
use std::time::SystemTime;

use async_nats::jetstream::message::StreamMessage;
use futures_util::TryStreamExt;
use twinloop_runtime::Failure;

use crate::provider::message::Burial;
use crate::provider::nats::catalogue::is_missing;
use crate::provider::nats::envelope::Letter;
use crate::provider::nats::link::{Link, Outgoing};
use crate::provider::nats::names::{Part, QueueNames};

/// A subscription at the server.
#[derive(Clone)]
pub(super) struct Queue {
    pub(super) link: Arc<Link>,
    pub(super) names: Arc<QueueNames>,
    pub(super) ordered: bool,
}

/// The stored messages of a subscription, counted by their part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) arrived: u64,
    pub(super) later: u64,
    pub(super) dead: u64,
}

impl Counts {
    pub(super) fn all(self) -> u64 {
        self.arrived + self.later + self.dead
    }
}

impl Queue {
    pub(super) fn new(link: Arc<Link>, topic: &str, queue: &str, ordered: bool) -> Self {
        let names = Arc::new(link.names.queue(topic, queue));
        Self { link, names, ordered }
    }

    /// Counts the stored messages.
    pub(super) async fn counts(&self) -> Result<Counts, Failure> {
        let stream = self.link.stream(&self.names.stream).await?;
        let info = match stream.info_with_subjects(self.names.all()).await {
            Ok(info) => info,
            Err(error) if is_missing(&error) => return Ok(Counts::default()),
            Err(error) => return Err(self.link.failed("count messages", &error)),
        };
        let subjects: Vec<(String, usize)> =
            info.try_collect().await.map_err(|error| self.link.failed("count messages", &error))?;
        let count = |part: Part| {
            let subject = self.names.subject(part);
            subjects.iter().find(|(name, _)| *name == subject).map_or(0, |(_, count)| *count as u64)
        };
        Ok(Counts { arrived: count(Part::In), later: count(Part::Later), dead: count(Part::Dead) })
    }

    /// Returns the copy of a message that is delivered when it is due. `from` is the sequence number of the original.
    pub(super) fn copy(&self, letter: &Letter, from: u64) -> Outgoing {
        let is_later = letter.due_at.is_some_and(|at| at > SystemTime::now());
        let part = if is_later { Part::Later } else { Part::In };
        self.outgoing(part, letter.headers(&self.names.copy_id(from)), letter)
    }

    /// Returns the copy of a message as a dead letter.
    pub(super) fn dead_copy(&self, letter: &Letter, burial: &Burial, at: SystemTime, from: u64) -> Outgoing {
        self.outgoing(Part::Dead, letter.buried(&self.names.copy_id(from), burial, at), letter)
    }

    fn outgoing(&self, part: Part, headers: async_nats::HeaderMap, letter: &Letter) -> Outgoing {
        Outgoing { subject: self.names.subject(part), headers, body: letter.body.clone() }
    }

    /// Returns the first message of a part from a sequence number on.
    pub(super) async fn next_of(&self, part: Part, from: u64) -> Result<Option<StreamMessage>, Failure> {
        self.link.next_message(&self.names.stream, &self.names.subject(part), from).await
    }

    /// Shows the messages of a part in their order to `look`, until it returns false.
    pub(super) async fn scan(
        &self,
        part: Part,
        mut look: impl FnMut(StreamMessage) -> bool + Send,
    ) -> Result<(), Failure> {
        let mut from = 1;
        while let Some(message) = self.next_of(part, from).await? {
            from = message.sequence + 1;
            if !look(message) {
                break;
            }
        }
        Ok(())
    }

    pub(super) async fn delete(&self, sequence: u64) -> Result<bool, Failure> {
        self.link.delete(&self.names.stream, sequence).await
    }
}
