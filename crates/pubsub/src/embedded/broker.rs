//! The broker over one file.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use tokio::sync::{Semaphore, mpsc, oneshot};

use super::consumer::EmbeddedConsumer;
use super::request::{Answer, Inspection, Request};
use super::state::LastFailure;
use super::writer::{self, Origin};
use crate::broker::{Broker, BrokerFuture, Consumer, Part, Subscription, Topic};
use crate::error::Error;
use crate::message::{DeadLetter, Depth, NewMessage, Published};

/// Bodies that wait for the disk, in bytes; further publishes wait for theirs.
const MAX_WAITING_BYTES: usize = 64 << 20;
/// What a message costs beside its body.
const MESSAGE_BYTES: usize = 256;

/// A broker in a file, of one process.
pub struct Embedded {
    path: PathBuf,
    room: Arc<Semaphore>,
    writer: Writer,
}

/// The way to the task that writes.
#[derive(Clone)]
pub(super) struct Writer {
    requests: mpsc::UnboundedSender<Request>,
    failure: LastFailure,
}

impl Writer {
    /// Asks, and waits for the answer.
    pub(super) async fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, Error> {
        let (answer, answered) = oneshot::channel();
        // A writer that has ended drops the request, and the wait is over at once.
        let _ = self.requests.send(request(answer));
        answered.await.unwrap_or_else(|_| Err(self.why()))
    }

    pub(super) fn tell(&self, request: Request) {
        let _ = self.requests.send(request);
    }

    /// Why there was no answer.
    pub(super) fn why(&self) -> Error {
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.clone().unwrap_or_else(|| Error::internal("work on the pubsub file ended without an answer"))
    }
}

impl Embedded {
    /// Opens the file at `path`, which is made with its folder where there is none. To be called on the runtime.
    ///
    /// Errors: `failed_precondition` when another process has it, when it cannot be made there, when it is damaged;
    /// `resource_exhausted` when there is no room for it.
    pub async fn open(path: &Path) -> Result<Self, Error> {
        let (requests, inbox) = mpsc::unbounded_channel();
        let failure = LastFailure::default();
        let origin = Origin { path: path.to_owned(), writer: requests.downgrade(), failure: failure.clone() };
        let mut state = origin.state();
        let opened = tokio::task::spawn_blocking(move || state.open().map(|()| state));
        let state = opened.await.map_err(|panic| damaged(path, &panic))??;
        tokio::spawn(writer::run(origin, state, inbox));
        let room = Arc::new(Semaphore::new(MAX_WAITING_BYTES));
        Ok(Self { path: path.to_owned(), room, writer: Writer { requests, failure } })
    }

    async fn inspect<T>(
        &self,
        topic: &str,
        subscription: &str,
        what: impl FnOnce(Answer<T>) -> Inspection,
    ) -> Result<T, Error> {
        let (topic, subscription) = (topic.to_owned(), subscription.to_owned());
        self.writer.ask(|answer| Request::Inspect { topic, subscription, what: what(answer) }).await
    }
}

/// Pages whose checksums fit but whose content does not: written by something else.
fn damaged(path: &Path, panic: &tokio::task::JoinError) -> Error {
    let file = path.display();
    Error::precondition(format!(
        "the pubsub file {file} is damaged ({panic}): put a backup in its place, or move it away to begin with an empty one"
    ))
}

impl Broker for Embedded {
    fn name(&self) -> &'static str {
        "embedded"
    }

    fn place(&self) -> String {
        format!("embedded:{}", self.path.display())
    }

    fn declare<'a>(&'a self, topics: &'a [Topic]) -> BrokerFuture<'a, ()> {
        let topics = topics.to_vec();
        Box::pin(self.writer.ask(|answer| Request::Declare { topics, answer }))
    }

    fn publish(&self, messages: Vec<NewMessage>) -> BrokerFuture<'_, Vec<Published>> {
        Box::pin(async move {
            let bytes: usize = messages.iter().map(|message| message.body.len() + MESSAGE_BYTES).sum();
            let bytes = u32::try_from(bytes.min(MAX_WAITING_BYTES)).unwrap_or(u32::MAX);
            let room = Arc::clone(&self.room).acquire_many_owned(bytes).await;
            let room = room.map_err(|_| self.writer.why())?;
            self.writer.ask(|answer| Request::Publish { messages, room, answer }).await
        })
    }

    fn consume<'a>(&'a self, subscription: &'a Subscription) -> BrokerFuture<'a, Arc<dyn Consumer>> {
        Box::pin(async move {
            let (topic, name) = (subscription.topic.clone(), subscription.name.clone());
            let queue = self.writer.ask(|answer| Request::Find { topic, subscription: name, answer }).await?;
            let consumer = EmbeddedConsumer::new(self.writer.clone(), queue, subscription.ack_deadline);
            Ok(Arc::new(consumer) as Arc<dyn Consumer>)
        })
    }

    fn depth<'a>(&'a self, topic: &'a str, subscription: &'a str) -> BrokerFuture<'a, Depth> {
        Box::pin(self.inspect(topic, subscription, Inspection::Depth))
    }

    fn dead_letters<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        limit: usize,
        after: Option<&'a str>,
    ) -> BrokerFuture<'a, Vec<DeadLetter>> {
        let after = after.map(str::to_owned);
        Box::pin(self.inspect(topic, subscription, move |answer| Inspection::DeadLetters {
            limit,
            after,
            answer,
        }))
    }

    fn redrive<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        ids: Option<&'a [String]>,
    ) -> BrokerFuture<'a, u64> {
        let ids = ids.map(<[String]>::to_vec);
        Box::pin(self.inspect(topic, subscription, move |answer| Inspection::Redrive { ids, answer }))
    }

    fn purge<'a>(&'a self, topic: &'a str, subscription: &'a str, part: Part) -> BrokerFuture<'a, u64> {
        Box::pin(self.inspect(topic, subscription, move |answer| Inspection::Purge { part, answer }))
    }

    fn close(&self) -> BrokerFuture<'_, ()> {
        Box::pin(async {
            let closed = self.writer.ask(|answer| Request::Close { answer }).await;
            // One that was closed already is closed.
            if self.writer.requests.is_closed() { Ok(()) } else { closed }
        })
    }
}
