//! The provider that a URL names.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use twinloop_runtime::{Core, Level};

use crate::broker::Broker;
use crate::embedded::Embedded;
use crate::error::Error;
use crate::memory::Memory;
use crate::postgres::Postgres;
use crate::rabbitmq::{RabbitMq, Report};
use crate::request::Open;

/// The embedded provider's file where the URL names none.
const DEFAULT_FILE: &str = ".twinloop/pubsub.redb";

/// A provider, and once more as what only the memory provider can do.
pub(crate) struct Opened {
    pub(crate) broker: Arc<dyn Broker>,
    pub(crate) memory: Option<Arc<Memory>>,
}

impl From<Arc<dyn Broker>> for Opened {
    fn from(broker: Arc<dyn Broker>) -> Self {
        Self { broker, memory: None }
    }
}

/// Opens the provider of the URL; relative paths begin at the app's folder. Whoever declares nothing makes no file either.
///
/// Errors: `invalid_argument` for a URL that names none; the provider's own.
pub(crate) async fn open(core: &'static Core, asked: &Open) -> Result<Opened, Error> {
    let Open { url, root, declare, .. } = asked;
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
                return Err(Error::precondition(format!(
                    "there is no pubsub file {}: the app has not run with this PUBSUB_URL",
                    path.display()
                )));
            }
            let opened = Embedded::open(&path).await?;
            Ok(Opened::from(Arc::new(opened) as Arc<dyn Broker>))
        }
        "postgres" | "postgresql" => {
            let sql =
                core.sql().ok_or_else(|| Error::precondition("this build does not speak to PostgreSQL"))?;
            Ok(Opened::from(Postgres::open(sql, url)? as Arc<dyn Broker>))
        }
        "amqp" | "amqps" => {
            let opened = RabbitMq::open(url, |report| log(core, report))?;
            Ok(Opened::from(Arc::new(opened) as Arc<dyn Broker>))
        }
        // The rest of the URL is not repeated: it may hold a password.
        other => Err(Error::invalid(format!(
            "no provider is named {other:?}: PUBSUB_URL begins with amqp:, postgres:, embedded: or memory:"
        ))),
    }
}

fn log(core: &Core, report: Report) {
    let Report::QueueLost { topic, subscription } = report;
    core.log(
        Level::Warn,
        "the queue of a subscription was deleted: it is made again, and what was in it is lost",
        &json!({ "subscription": format!("{topic}/{subscription}") }),
    );
}
