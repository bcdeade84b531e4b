//! The embedded broker: the provider's traits over one file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};
use twinloop_runtime::Failure;

use crate::provider::broker::{Broker, Consumer};
use crate::provider::embedded::consumer::EmbeddedConsumer;
use crate::provider::embedded::request::{Answer, Inspection, Request};
use crate::provider::embedded::state::LastFailure;
use crate::provider::embedded::writer::{self, Origin};
use crate::provider::embedded::writer_handle::Writer;
use crate::provider::message::{DeadLetter, Depth, NewMessage, Published};
use crate::provider::offer::Offer;
use crate::provider::operate::{Adopted, Done};
use crate::provider::pending::BrokerFuture;
use crate::provider::recall::{Recall, Recalled};
use crate::provider::subscription::{MessageState, Subscription, Topic};

/// Bytes of bodies that may wait for the disk; further publishes wait until there is room.
const MAX_WAITING_BYTES: usize = 64 << 20;
/// Bytes that a message counts beside its body.
const MESSAGE_BYTES: usize = 256;

/// The embedded broker: messages in one file, for one process.
pub struct Embedded {
    path: PathBuf,
    room: Arc<Semaphore>,
    pub(super) writer: Writer,
}

impl Embedded {
    /// Opens the file at `path`, and creates it with its folder where it is missing. Must be called inside the runtime.
    ///
    /// Errors: `failed_precondition` when another process has the file open, when it cannot be created, or when it is
    /// damaged; `resource_exhausted` when the disk is full.
    pub async fn open(path: &Path) -> Result<Self, Failure> {
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
    ) -> Result<T, Failure> {
        let (topic, subscription) = (topic.to_owned(), subscription.to_owned());
        self.writer.ask(|answer| Request::Inspect { topic, subscription, what: what(answer) }).await
    }
}

/// Creates the error of a file whose checksums fit but whose content does not: another program wrote it.
fn damaged(path: &Path, panic: &tokio::task::JoinError) -> Failure {
    let file = path.display();
    Failure::failed_precondition(format!(
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

    fn offer(&self) -> Offer {
        Offer::OF_ONE_PROCESS
    }

    fn declare<'a>(&'a self, topics: &'a [Topic]) -> BrokerFuture<'a, Vec<Adopted>> {
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
    ) -> BrokerFuture<'a, Done> {
        let ids = ids.map(<[String]>::to_vec);
        Box::pin(self.inspect(topic, subscription, move |answer| Inspection::Redrive { ids, answer }))
    }

    fn purge<'a>(
        &'a self,
        topic: &'a str,
        subscription: &'a str,
        part: MessageState,
    ) -> BrokerFuture<'a, u64> {
        Box::pin(self.inspect(topic, subscription, move |answer| Inspection::Purge { part, answer }))
    }

    fn recall<'a>(&'a self, topic: &'a str, id: &'a str, what: Recall) -> BrokerFuture<'a, Vec<Recalled>> {
        let (topic, id) = (topic.to_owned(), id.to_owned());
        Box::pin(self.work(move |work| work.recall(&topic, &id, what)))
    }

    fn close(&self) -> BrokerFuture<'_, ()> {
        Box::pin(async {
            let closed = self.writer.ask(|answer| Request::Close { answer }).await;
            // Closing a broker that is closed already succeeds.
            if self.writer.requests.is_closed() { Ok(()) } else { closed }
        })
    }
}
