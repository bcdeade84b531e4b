//! The lock of a task that one process of the fleet does at a time: an exclusive queue, which ends with its connection.

use std::sync::Arc;

use lapin::Channel;
use lapin::options::{QueueDeclareOptions, QueueDeleteOptions};
use lapin::protocol::AMQPSoftError;
use lapin::types::{FieldTable, ShortString};
use twinloop_runtime::Failure;

use crate::provider::rabbitmq::copies::Post;
use crate::provider::rabbitmq::fault;
use crate::provider::rabbitmq::line::Line;

/// The lock while this process has it.
pub(super) struct Held {
    /// The connection that owns the queue.
    line: Arc<Line>,
    channel: Channel,
    queue: ShortString,
}

impl Held {
    /// Takes the lock for a task on a subscription's main queue; `None` where another process has it.
    pub(super) async fn take(post: &Post, main: &ShortString, task: &str) -> Result<Option<Self>, Failure> {
        let address = &post.link.address;
        let line = post.link.line().await?;
        let channel = line.channel().await.map_err(|error| fault::lost(address, &error))?;
        let queue = ShortString::try_new(format!("{main}.delay.{task}").as_str())
            .map_err(|_| Failure::invalid_argument(format!("the name of {main} is too long for RabbitMQ")))?;
        let options = QueueDeclareOptions { exclusive: true, ..Default::default() };
        match channel.queue_declare(queue.clone(), options, FieldTable::default()).await {
            Ok(_) => Ok(Some(Self { line, channel, queue })),
            Err(error) if matches!(fault::soft(&error), Some(AMQPSoftError::RESOURCELOCKED)) => Ok(None),
            Err(error) => Err(fault::lost(address, &error)),
        }
    }

    /// Returns whether the connection that owns the lock is open.
    pub(super) fn is_held(&self) -> bool {
        self.line.is_up()
    }

    /// Releases the lock. A queue that cannot be deleted now ends with the connection.
    pub(super) async fn release(self) {
        let _ = self.channel.queue_delete(self.queue, QueueDeleteOptions::default()).await;
        let _ = self.channel.close(200, "closed".into()).await;
    }
}
