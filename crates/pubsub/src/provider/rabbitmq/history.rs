//! The history of a topic: a stream that is bound to the topic's exchange, and its reader.
//!
//! A stream keeps what it was given, whoever reads it, and deletes whole segments by age and size. A reader names the place at
//! which it begins; its acknowledgements are credit and delete nothing.

use std::sync::Arc;
use std::time::Duration;

use futures_util::{FutureExt, StreamExt};
use lapin::Channel;
use lapin::message::Delivery;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::protocol::AMQPSoftError;
use lapin::types::{AMQPValue, FieldTable, ShortString};
use tokio::time::timeout;
use twinloop_runtime::Failure;

use crate::provider::history::{History, ReplayFrom};
use crate::provider::rabbitmq::address::Address;
use crate::provider::rabbitmq::fault;
use crate::provider::rabbitmq::line::{Line, Link};

/// Greatest number of messages that are read and not copied yet: with messages of 1 MiB, 128 MiB.
const MAX_READ: u16 = 128;
/// Time limit for the next message of a history that has one.
const RECEIVE_WITHIN: Duration = Duration::from_secs(10);
/// The clocks of a publisher and of the broker differ by less.
const CLOCKS_DIFFER_SECS: u64 = 60;
/// Size of a segment, the part that the broker deletes at once, where no `maxBytes` asks for smaller ones.
const SEGMENT_BYTES: u64 = 64 << 20;
/// A history that is limited in size has so many segments.
const SEGMENTS: u64 = 8;
const LEAST_SEGMENT_BYTES: u64 = 1 << 20;
/// The type of the message that marks a place in a history (AMQP 0-9-1, property `type`).
pub(super) const FENCE: &str = "twinloop.fence";

fn long(value: u64) -> AMQPValue {
    AMQPValue::LongLongInt(i64::try_from(value).unwrap_or(i64::MAX))
}

fn stream_arguments(history: &History) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString("stream".into()));
    let seconds = history.max_age.as_secs().max(1);
    arguments.insert("x-max-age".into(), AMQPValue::LongString(format!("{seconds}s").into()));
    let mut segment = SEGMENT_BYTES;
    if let Some(bytes) = history.max_bytes {
        arguments.insert("x-max-length-bytes".into(), long(bytes));
        segment = (bytes / SEGMENTS).clamp(LEAST_SEGMENT_BYTES, SEGMENT_BYTES);
    }
    arguments.insert("x-stream-max-segment-size-bytes".into(), long(segment));
    arguments
}

/// Declares the stream of a topic's history and binds it.
pub(super) async fn declare(
    address: &Address,
    channel: &Channel,
    (exchange, stream): (&ShortString, &ShortString),
    history: &History,
) -> Result<(), Failure> {
    let options = QueueDeclareOptions { durable: true, ..Default::default() };
    let declared = channel.queue_declare(stream.clone(), options, stream_arguments(history)).await;
    declared.map_err(|error| match fault::soft(&error) {
        Some(AMQPSoftError::PRECONDITIONFAILED) => Failure::failed_precondition(format!(
            "{address} keeps the history {stream} with another maxAge or maxBytes, and cannot change them: restore them, or delete \
             the queue {stream} with what it holds ({error})"
        )),
        _ => fault::not_declared(address, &format!("the stream {stream}"), &error),
    })?;
    let options = QueueBindOptions::default();
    let bound =
        channel.queue_bind(stream.clone(), exchange.clone(), "".into(), options, FieldTable::default()).await;
    bound.map_err(|error| fault::not_declared(address, &format!("the stream {stream}"), &error))
}

/// Returns the id of a fence; `None` for any other message.
pub(super) fn fence_of(delivered: &Delivery) -> Option<String> {
    let properties = &delivered.properties;
    let is_fence = properties.kind().as_ref().is_some_and(|kind| kind.as_str() == FENCE);
    is_fence.then(|| {
        let id = properties.message_id().as_ref();
        id.map(|id| id.as_str().to_owned()).unwrap_or_default()
    })
}

/// Returns the place of a message in its history.
pub(super) fn offset_of(delivered: &Delivery) -> u64 {
    let headers = delivered.properties.headers().as_ref();
    match headers.and_then(|headers| headers.inner().get("x-stream-offset")) {
        Some(AMQPValue::LongLongInt(offset)) => u64::try_from(*offset).unwrap_or(0),
        _ => 0,
    }
}

/// The first place that a reader is given; the broker begins with the whole chunk that has it.
pub(super) enum Place {
    At(ReplayFrom),
    /// The last chunk.
    Last,
}

impl Place {
    fn argument(&self) -> AMQPValue {
        match self {
            Self::At(ReplayFrom::First) => AMQPValue::LongString("first".into()),
            Self::At(ReplayFrom::Offset(offset)) => long(*offset),
            Self::At(ReplayFrom::TimeMs(ms)) => {
                AMQPValue::Timestamp((ms / 1000).saturating_sub(CLOCKS_DIFFER_SECS))
            }
            Self::Last => AMQPValue::LongString("last".into()),
        }
    }
}

/// A reader of a history.
pub(super) struct Reader {
    address: Address,
    channel: Channel,
    messages: lapin::Consumer,
    /// The connection, kept open as long as its channel is used.
    _line: Arc<Line>,
}

impl Reader {
    pub(super) async fn open(link: &Link, stream: &ShortString, place: &Place) -> Result<Self, Failure> {
        let address = link.address.clone();
        let lost = |error: lapin::Error| fault::lost(&address, &error);
        let connection = link.line().await?;
        let channel = connection.channel().await.map_err(lost)?;
        channel.basic_qos(MAX_READ, BasicQosOptions::default()).await.map_err(lost)?;
        let mut arguments = FieldTable::default();
        arguments.insert("x-stream-offset".into(), place.argument());
        let consuming =
            channel.basic_consume(stream.clone(), "".into(), BasicConsumeOptions::default(), arguments);
        let Ok(messages) = timeout(RECEIVE_WITHIN, consuming).await else { return Err(silent(&address)) };
        let messages = messages.map_err(lost)?;
        Ok(Self { address, channel, messages, _line: connection })
    }

    /// Waits for messages, at most [`MAX_READ`].
    ///
    /// Errors: `unavailable` where none came within 10 s, and for a connection that was lost.
    pub(super) async fn next(&mut self) -> Result<Vec<Delivery>, Failure> {
        let mut read = Vec::new();
        let mut found = timeout(RECEIVE_WITHIN, self.messages.next()).await.ok();
        while let Some(next) = found.take() {
            match next {
                Some(delivered) => read.push(delivered.map_err(|error| fault::lost(&self.address, &error))?),
                None if read.is_empty() => {
                    let address = &self.address;
                    return Err(Failure::unavailable(format!(
                        "{address} has ended the reading of a history"
                    )));
                }
                None => break,
            }
            if read.len() < usize::from(MAX_READ) {
                found = self.messages.next().now_or_never();
            }
        }
        if read.is_empty() { Err(silent(&self.address)) } else { Ok(read) }
    }

    /// Lets the broker send more messages in place of those up to the tag.
    pub(super) async fn go_on(&self, last_tag: u64) -> Result<(), Failure> {
        let acked = self.channel.basic_ack(last_tag, BasicAckOptions { multiple: true }).await;
        acked.map_err(|error| fault::lost(&self.address, &error))
    }

    /// Closes the channel. One that cannot be closed now ends with its connection.
    pub(super) async fn close(self) {
        let _ = timeout(RECEIVE_WITHIN, self.channel.close(200, "closed".into())).await;
    }
}

fn silent(address: &Address) -> Failure {
    let seconds = RECEIVE_WITHIN.as_secs();
    Failure::unavailable(format!("{address} has sent nothing of a history for {seconds} s"))
}
