//! The choice of the provider by the scheme of a URL.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use twinloop_runtime::{Core, Failure, Level};

use crate::provider::broker::Broker;
use crate::provider::embedded::Embedded;
use crate::provider::memory::Memory;
use crate::provider::nats::Nats;
use crate::provider::postgres::Postgres;
use crate::provider::rabbitmq::{RabbitMq, SupplyEvent};
use crate::request::OpenBroker;

/// The embedded provider's file where the URL has no path.
const DEFAULT_FILE: &str = ".twinloop/pubsub.redb";

/// An open provider, with the memory provider also under its own type.
pub(crate) struct Opened {
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) memory: Option<Arc<Memory>>,
}

impl From<Arc<dyn Broker>> for Opened {
    fn from(broker: Arc<dyn Broker>) -> Self {
        Self { broker, memory: None }
    }
}

/// Opens the provider of the URL; relative paths refer to the app's folder. A caller that declares nothing creates no file.
///
/// Errors: `invalid_argument` for a URL of no provider, and the errors of the provider.
pub(crate) async fn open(core: &'static Core, asked: &OpenBroker) -> Result<Opened, Failure> {
    let OpenBroker { url, root, declare, process, .. } = asked;
    let (scheme, rest) = url.split_once(':').unwrap_or((url.as_str(), ""));
    match scheme {
        "memory" => {
            let memory = Arc::new(Memory::default());
            Ok(Opened { broker: Arc::clone(&memory) as Arc<dyn Broker>, memory: Some(memory) })
        }
        "embedded" => {
            let file = if rest.is_empty() { DEFAULT_FILE } else { rest };
            let path = Path::new(root).join(file);
            if !declare && !path.exists() {
                return Err(Failure::failed_precondition(format!(
                    "there is no pubsub file {}: the app has not run with this PUBSUB_URL",
                    path.display()
                )));
            }
            let opened = Embedded::open(&path).await?;
            Ok(Opened::from(Arc::new(opened) as Arc<dyn Broker>))
        }
        "postgres" | "postgresql" => {
            let sql = core.sql().ok_or_else(|| {
                Failure::failed_precondition(
                    "this build has no sqldb component: it cannot connect to PostgreSQL",
                )
            })?;
            Ok(Opened::from(Postgres::open(sql, url, process)? as Arc<dyn Broker>))
        }
        "amqp" | "amqps" => {
            let opened = RabbitMq::open_at(Path::new(root), url, |report| log(core, &report))?;
            Ok(Opened::from(Arc::new(opened) as Arc<dyn Broker>))
        }
        "nats" | "tls" => {
            let opened = Nats::open_at(Path::new(root), url)?;
            Ok(Opened::from(Arc::new(opened) as Arc<dyn Broker>))
        }
        // The rest of the URL may hold a password and is not repeated.
        other => Err(Failure::invalid_argument(format!(
            "there is no provider {other:?}: let PUBSUB_URL begin with amqp:, nats:, postgres:, embedded: or memory:"
        ))),
    }
}

fn log(core: &Core, event: &SupplyEvent) {
    let (SupplyEvent::QueueLost { topic, subscription }
    | SupplyEvent::TimedOut { topic, subscription }
    | SupplyEvent::Replayed { topic, subscription, .. }
    | SupplyEvent::ReplayFailed { topic, subscription, .. }) = event;
    let mut fields = json!({ "subscription": format!("{topic}/{subscription}") });
    let (level, message) = match event {
        SupplyEvent::QueueLost { .. } => {
            (Level::Warn, "recreated the queue of a subscription: it was deleted, and its messages are lost")
        }
        SupplyEvent::TimedOut { .. } => (
            Level::Warn,
            "RabbitMQ took back the messages of a subscription, to deliver them again: one was not acknowledged within the broker's \
             consumer_timeout; raise that in rabbitmq.conf, or by a policy for twinloop.*, above the longest time that a message \
             is handled, waits for its key, or waits to be retried",
        ),
        SupplyEvent::Replayed { count, .. } => {
            fields["messages"] = json!(count);
            (Level::Info, "copied the history of a topic to a new subscription")
        }
        SupplyEvent::ReplayFailed { error, .. } => {
            fields["error"] = json!(error);
            (
                Level::Warn,
                "failed to copy the history of a topic to a new subscription; trying again until it is whole",
            )
        }
    };
    core.log(level, message, &fields);
}
