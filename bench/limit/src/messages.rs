//! The publish workload: a message into a quorum queue, answered when the broker has confirmed it.

use std::borrow::Cow;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions, QueuePurgeOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use serde::{Deserialize, Serialize};

const QUEUE: &str = "bench-hyper";
const PERSISTENT: u8 = 2;

/// What is published; checked as it is read.
#[derive(Deserialize, Serialize)]
pub(crate) struct Message<'a> {
    number: serde_json::Number,
    kind: Kind,
    #[serde(borrow)]
    path: Cow<'a, str>,
    #[serde(borrow)]
    note: Cow<'a, str>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Click,
    Visit,
}

/// An open channel to a broker.
pub(crate) struct Broker {
    channel: Channel,
    _connection: Connection,
}

impl Broker {
    /// Connects, and declares and empties the queue.
    ///
    /// Errors: a sentence, without the URL.
    pub(crate) async fn open(url: &str) -> Result<Self, String> {
        Self::connect(url).await.map_err(|error| format!("could not use the broker of AMQP_URL: {error}"))
    }

    async fn connect(url: &str) -> lapin::Result<Self> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        channel.queue_declare(QUEUE.into(), QueueDeclareOptions::durable(), arguments).await?;
        channel.queue_purge(QUEUE.into(), QueuePurgeOptions::default()).await?;
        Ok(Self { channel, _connection: connection })
    }

    /// Publishes a message; it is safe when this returns.
    pub(crate) async fn publish(&self, message: &Message<'_>) -> Result<(), String> {
        let body = serde_json::to_vec(message).map_err(|error| error.to_string())?;
        let properties = BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_content_type("application/json".into());
        let sent = self
            .channel
            .basic_publish("".into(), QUEUE.into(), BasicPublishOptions::default(), &body, properties)
            .await
            .map_err(|error| error.to_string())?;
        match sent.await {
            Ok(Confirmation::Ack(_)) => Ok(()),
            Ok(_) => Err("the broker did not confirm the message".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// How many messages wait in the queue.
    pub(crate) async fn queued(&self) -> Result<u32, String> {
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let queue = self
            .channel
            .queue_declare(QUEUE.into(), options, FieldTable::default())
            .await
            .map_err(|error| error.to_string())?;
        Ok(queue.message_count())
    }
}
