//! The connection to the servers, opened when it is first needed, and the requests that all parts of the provider make.

use std::sync::Arc;
use std::time::Duration;

use async_nats::connection::State;
use async_nats::jetstream::consumer::pull::Config as ConsumerConfig;
use async_nats::jetstream::consumer::{AckPolicy, Consumer, Info};
use async_nats::jetstream::context::{ContextBuilder, RequestErrorKind};
use async_nats::jetstream::message::{PublishMessage, StreamMessage};
use async_nats::jetstream::response::Response;
use async_nats::jetstream::stream::{
    Config as StreamConfig, DiscardPolicy, LastRawMessageErrorKind, RetentionPolicy, Stream,
};
use async_nats::jetstream::{Context, ErrorCode};
use async_nats::{Client, Event, HeaderMap, Subject};
use bytes::Bytes;
use futures_util::future::join_all;
use tokio::sync::{Mutex, Notify};
use twinloop_runtime::Failure;

use crate::provider::nats::address::Address;
use crate::provider::nats::fault;
use crate::provider::nats::names::{Names, Part, QueueNames};

/// Time limit for one answer of a server.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_secs(5);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// The time for which a server finds that a copy was stored already.
const DUPLICATES_FOR: Duration = Duration::from_secs(60);
/// Messages stored at once by one caller.
const AT_ONCE: usize = 512;
/// The lease of a message that is looked at to be delayed.
const LOOKED_AT_FOR: Duration = Duration::from_secs(30);
/// Time between two signs of life; a connection without an answer to three of them is given up.
const PING_AFTER: Duration = Duration::from_secs(2);
/// Greatest time between two tries to connect again.
const AGAIN_WITHIN: Duration = Duration::from_secs(1);

/// A pull consumer of a subscription's part.
pub(super) type Pull = Consumer<ConsumerConfig>;

/// A message to be stored.
#[derive(Clone)]
pub(super) struct Outgoing {
    pub(super) subject: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// The connection with its names.
pub(super) struct Link {
    pub(super) address: Address,
    pub(super) names: Names,
    open: Mutex<Option<Context>>,
    /// Wakes what waits for a server that may have forgotten it.
    pub(super) reconnected: Arc<Notify>,
}

impl Link {
    pub(super) fn new(address: Address) -> Self {
        Self {
            names: Names::new(address.prefix.clone()),
            address,
            open: Mutex::default(),
            reconnected: Arc::default(),
        }
    }

    /// Returns the connection, which the first call opens.
    pub(super) async fn context(&self) -> Result<Context, Failure> {
        let mut open = self.open.lock().await;
        if let Some(context) = &*open {
            return match context.client().connection_state() {
                State::Connected => Ok(context.clone()),
                State::Pending | State::Disconnected => Err(fault::disconnected(&self.address)),
            };
        }
        let options = self.address.options().await?.connection_timeout(CONNECT_WITHIN).name("twinloop");
        let options = options.reconnect_delay_callback(|tries| {
            AGAIN_WITHIN.min(Duration::from_millis(u64::try_from(tries).unwrap_or(10).saturating_mul(100)))
        });
        let reconnected = Arc::clone(&self.reconnected);
        let options = options.event_callback(move |event| {
            if event == Event::Connected {
                reconnected.notify_waiters();
            }
            std::future::ready(())
        });
        let client = options
            .ping_interval(PING_AFTER)
            .request_timeout(Some(ANSWER_WITHIN))
            .connect(self.address.servers())
            .await
            .map_err(|error| fault::not_connected(&self.address, &error))?;
        let builder = ContextBuilder::new().timeout(ANSWER_WITHIN).max_ack_inflight(1 << 16);
        let context = builder.build(client);
        self.check_jetstream(&context).await?;
        *open = Some(context.clone());
        Ok(context)
    }

    /// Asks for the account's limits. The answer is not read further: that of a server of 2.9 lacks fields that the client expects.
    async fn check_jetstream(&self, context: &Context) -> Result<(), Failure> {
        let asked: Result<Response<serde_json::Value>, _> =
            context.request("INFO", &serde_json::json!({})).await;
        match asked {
            Ok(Response::Ok(_)) => Ok(()),
            Ok(Response::Err { error }) => {
                Err(fault::refused(&self.address, "open JetStream", Some(error.error_code()), &error))
            }
            Err(error) if error.kind() == RequestErrorKind::NoResponders => {
                Err(fault::no_jetstream(&self.address))
            }
            Err(error) => Err(self.failed("open JetStream", &error)),
        }
    }

    async fn client(&self) -> Result<Client, Failure> {
        Ok(self.context().await?.client())
    }

    pub(super) async fn close(&self) {
        if let Some(context) = self.open.lock().await.take() {
            let client = context.client();
            let _ = tokio::time::timeout(ANSWER_WITHIN, client.flush()).await;
            let _ = tokio::time::timeout(ANSWER_WITHIN, client.drain()).await;
        }
    }

    /// Returns a stream, creating it if need be.
    pub(super) async fn make_stream(&self, config: StreamConfig) -> Result<Stream, Failure> {
        let what = format!("create the stream {}", config.name);
        let config = StreamConfig { num_replicas: self.address.replicas, ..config };
        let made = self.context().await?.get_or_create_stream(config).await;
        made.map_err(|error| {
            use async_nats::jetstream::context::CreateStreamErrorKind as Kind;
            let code = match error.kind() {
                Kind::JetStream(told) => Some(told.error_code()),
                Kind::JetStreamUnavailable => Some(ErrorCode::JETSTREAM_NOT_ENABLED),
                _ => None,
            };
            fault::refused(&self.address, &what, code, &error)
        })
    }

    /// Returns the stream of a topic, creating it if need be: a message stays in it until it is acknowledged.
    pub(super) async fn topic_stream(&self, topic: &str) -> Result<Stream, Failure> {
        self.make_stream(StreamConfig {
            name: self.names.stream(topic),
            subjects: vec![self.names.subjects(topic)],
            retention: RetentionPolicy::WorkQueue,
            discard: DiscardPolicy::New,
            duplicate_window: DUPLICATES_FOR,
            ..StreamConfig::default()
        })
        .await
    }

    /// Returns a stream that holds the last message of each subject, for `max_age` or, if that is zero, for ever.
    pub(super) async fn table(&self, name: &str, max_age: Duration) -> Result<Stream, Failure> {
        let window = if max_age.is_zero() { DUPLICATES_FOR } else { max_age.min(DUPLICATES_FOR) };
        self.make_stream(StreamConfig {
            name: name.to_owned(),
            subjects: vec![format!("{name}.>")],
            max_messages_per_subject: 1,
            max_age,
            duplicate_window: window,
            ..StreamConfig::default()
        })
        .await
    }

    /// Returns a stream by its name, without asking whether it is there.
    pub(super) async fn stream(&self, name: &str) -> Result<Stream<()>, Failure> {
        self.context()
            .await?
            .get_stream_no_info(name)
            .await
            .map_err(|error| self.failed("find a stream", &error))
    }

    pub(super) fn failed(&self, what: &str, error: &dyn std::fmt::Display) -> Failure {
        fault::refused(&self.address, what, None, error)
    }

    /// Returns the durable consumer of a subscription's part, creating it if need be.
    pub(super) async fn consumer(
        &self,
        queue: &QueueNames,
        part: Part,
        lease: Duration,
    ) -> Result<Pull, Failure> {
        let config = ConsumerConfig {
            durable_name: Some(queue.consumer(part)),
            filter_subject: queue.subject(part),
            ack_policy: AckPolicy::Explicit,
            ack_wait: if part == Part::Later { LOOKED_AT_FOR } else { lease },
            max_ack_pending: -1,
            max_deliver: -1,
            ..ConsumerConfig::default()
        };
        let made = self.context().await?.create_consumer_on_stream(config, queue.stream.as_str()).await;
        made.map_err(|error| {
            use async_nats::jetstream::stream::ConsumerErrorKind as Kind;
            let code = match error.kind() {
                Kind::JetStream(told) => Some(told.error_code()),
                _ => None,
            };
            fault::refused(&self.address, "create a consumer", code, &error)
        })
    }

    /// Returns the durable consumer of a subscription's part as a process has created it, creating it only where there is none.
    pub(super) async fn consumer_as_it_is(
        &self,
        queue: &QueueNames,
        part: Part,
        lease: Duration,
    ) -> Result<Pull, Failure> {
        let lease = self.consumer_info(queue, part).await?.map_or(lease, |info| info.config.ack_wait);
        self.consumer(queue, part, lease).await
    }

    /// Returns what the server knows of the consumer of a subscription's part; `None` where there is none.
    pub(super) async fn consumer_info(
        &self,
        queue: &QueueNames,
        part: Part,
    ) -> Result<Option<Info>, Failure> {
        let stream = self.stream(&queue.stream).await?;
        match stream.consumer_info(queue.consumer(part)).await {
            Ok(info) => Ok(Some(info)),
            Err(error) => {
                use async_nats::jetstream::context::ConsumerInfoErrorKind as Kind;
                match error.kind() {
                    Kind::NotFound | Kind::StreamNotFound => Ok(None),
                    _ => Err(self.failed("tell about a consumer", &error)),
                }
            }
        }
    }

    /// Stores messages in their order and waits until all are safe. A copy whose `Nats-Msg-Id` is known is stored once.
    pub(super) async fn store(&self, messages: Vec<Outgoing>) -> Result<(), Failure> {
        let stored = self.try_store(messages).await?;
        stored
            .into_iter()
            .find_map(Result::err)
            .map_or(Ok(()), |error| Err(fault::not_stored(&self.address, &error)))
    }

    /// Stores messages in their order, with the outcome of each.
    pub(super) async fn try_store(
        &self,
        messages: Vec<Outgoing>,
    ) -> Result<Vec<Result<u64, async_nats::jetstream::context::PublishError>>, Failure> {
        let context = self.context().await?;
        let mut outcomes = Vec::with_capacity(messages.len());
        let mut messages = messages.into_iter().peekable();
        while messages.peek().is_some() {
            let mut sent = Vec::new();
            for Outgoing { subject, headers, body } in messages.by_ref().take(AT_ONCE) {
                let message = PublishMessage::build().headers(headers).payload(body);
                sent.push(context.send_publish(subject, message).await);
            }
            outcomes.extend(join_all(sent.into_iter().map(async |sent| Ok(sent?.await?.sequence))).await);
        }
        Ok(outcomes)
    }

    /// Returns the next message of a subject from a sequence number on; `None` where there is none.
    pub(super) async fn next_message(
        &self,
        stream: &str,
        subject: &str,
        from: u64,
    ) -> Result<Option<StreamMessage>, Failure> {
        let found = self.stream(stream).await?.get_first_raw_message_by_subject(subject, from).await;
        self.found(found)
    }

    /// Returns the last message of a subject; `None` where there is none.
    pub(super) async fn last_message(
        &self,
        stream: &str,
        subject: &str,
    ) -> Result<Option<StreamMessage>, Failure> {
        let found = self.stream(stream).await?.get_last_raw_message_by_subject(subject).await;
        self.found(found)
    }

    fn found(
        &self,
        found: Result<StreamMessage, async_nats::jetstream::stream::LastRawMessageError>,
    ) -> Result<Option<StreamMessage>, Failure> {
        match found {
            Ok(message) => Ok(Some(message)),
            Err(error) => match error.kind() {
                LastRawMessageErrorKind::NoMessageFound => Ok(None),
                LastRawMessageErrorKind::JetStream(told)
                    if [ErrorCode::STREAM_NOT_FOUND, ErrorCode::NO_MESSAGE_FOUND]
                        .contains(&told.error_code()) =>
                {
                    Ok(None)
                }
                _ => Err(self.failed("read a message", &error)),
            },
        }
    }

    /// Deletes a message of a stream. Returns whether it was there.
    pub(super) async fn delete(&self, stream: &str, sequence: u64) -> Result<bool, Failure> {
        let stream = self.stream(stream).await?;
        match stream.delete_message(sequence).await {
            Ok(is_deleted) => Ok(is_deleted),
            Err(error) => {
                use async_nats::jetstream::stream::DeleteMessageErrorKind as Kind;
                match error.kind() {
                    Kind::JetStream(_) => Ok(false),
                    _ => Err(self.failed("delete a message", &error)),
                }
            }
        }
    }

    /// Deletes all messages of a subject. Returns how many.
    pub(super) async fn purge(&self, stream: &str, subject: &str) -> Result<u64, Failure> {
        let stream = self.stream(stream).await?;
        let purged = stream.purge().filter(subject).await;
        purged.map(|purged| purged.purged).map_err(|error| self.failed("delete messages", &error))
    }

    /// Settles a delivery, and waits until the server has noted it.
    pub(super) async fn settle(&self, reply: &Subject, with: Bytes) -> Result<(), Failure> {
        let settled = self.client().await?.request(reply.clone(), with).await;
        settled.map(drop).map_err(|error| self.failed("note a settlement", &error))
    }

    /// Settles a delivery without waiting; while the connection is lost, the client keeps the settlement for the next one.
    pub(super) async fn tell(&self, reply: &Subject, with: Bytes) -> Result<(), Failure> {
        let opened = self.open.lock().await.as_ref().map(Context::client);
        let client = opened.ok_or_else(|| fault::disconnected(&self.address))?;
        let told = client.publish(reply.clone(), with).await;
        told.map_err(|error| self.failed("take a settlement", &error))
    }
}
