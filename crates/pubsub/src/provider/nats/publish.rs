//! Publishing: one copy of a message for each subscription of its topic, all acknowledged before the publish resolves.
//!
//! Which subscriptions those are is read from the catalogue, and believed for [`ROUTE_AGE`]. A declaration that adds a subscription to a
//! known topic returns after a longer time, so that every publish that begins after it knows the subscription.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_nats::jetstream::context::PublishErrorKind;
use tokio::time::Instant;
use twinloop_runtime::{Failure, lock};

use crate::provider::message::{NewMessage, Published};
use crate::provider::nats::catalogue::Entry;
use crate::provider::nats::envelope::Letter;
use crate::provider::nats::link::{Link, Outgoing};
use crate::provider::nats::names::{Part, QueueNames};
use crate::provider::nats::{Nats, ROUTE_AGE, catalogue, fault};

/// Tries to store messages whose stream is missing, or has no leader at the moment.
const TRIES: u32 = 3;
const AGAIN_AFTER: Duration = Duration::from_millis(300);

type Route = Arc<[Target]>;

/// A subscription that gets copies.
struct Target {
    name: String,
    queue: QueueNames,
}

/// The subscriptions that get copies, by topic.
#[derive(Default)]
pub(super) struct Routes {
    known: Mutex<HashMap<String, (Instant, Route)>>,
}

impl Routes {
    /// Has the routes read again before they are used.
    pub(super) fn forget(&self) {
        lock(&self.known).clear();
    }

    /// Returns the subscriptions of a topic that get copies.
    ///
    /// Errors: `failed_precondition` for a topic that no app has declared.
    async fn of(&self, link: &Link, topic: &str) -> Result<Route, Failure> {
        if let Some((read, route)) = lock(&self.known).get(topic)
            && read.elapsed() < ROUTE_AGE
        {
            return Ok(Arc::clone(route));
        }
        let begun = Instant::now();
        let Some((record, _)) = catalogue::read(link, topic).await? else {
            return Err(Failure::failed_precondition(format!(
                "topic {topic} is not declared: declare it before it is used"
            )));
        };
        let entries = record.subscriptions.iter().filter(|entry| entry.gets_copies());
        let target =
            |entry: &Entry| Target { name: entry.name.clone(), queue: link.names.queue(topic, &entry.queue) };
        let route: Route = entries.map(target).collect();
        lock(&self.known).insert(topic.to_owned(), (begun, Arc::clone(&route)));
        Ok(route)
    }
}

fn copies(message: &NewMessage, route: &Route) -> Vec<Outgoing> {
    let mut letter = Letter::new(message);
    let is_later = letter.due_at.is_some_and(|at| at > std::time::SystemTime::now());
    letter.due_at = letter.due_at.filter(|_| is_later);
    let part = if is_later { Part::Later } else { Part::In };
    let copy = |Target { queue, .. }: &Target| Outgoing {
        subject: queue.subject(part),
        headers: letter.headers(&queue.message_id(&message.id)),
        body: letter.body.clone(),
    };
    route.iter().filter(|target| !message.unwanted_by.contains(&target.name)).map(copy).collect()
}

impl Nats {
    pub(super) async fn publish_all(&self, messages: Vec<NewMessage>) -> Result<Vec<Published>, Failure> {
        if messages.iter().all(|message| message.dedupe.is_none()) {
            let count = messages.len();
            self.publish_plain(&messages).await?;
            return Ok(vec![Published::Stored; count]);
        }
        // One after the other: a message must see the keys of those before it.
        let mut published = Vec::with_capacity(messages.len());
        for message in messages {
            let outcome = match &message.dedupe {
                Some(dedupe) => self.publish_once(&message, dedupe).await?,
                None => {
                    self.publish_plain(std::slice::from_ref(&message)).await.map(|()| Published::Stored)?
                }
            };
            published.push(outcome);
        }
        Ok(published)
    }

    pub(super) async fn publish_plain(&self, messages: &[NewMessage]) -> Result<(), Failure> {
        let mut outgoing = Vec::with_capacity(messages.len());
        for message in messages {
            outgoing.extend(copies(message, &self.routes.of(&self.link, &message.topic).await?));
        }
        for left in (0..TRIES).rev() {
            // A clone is the headers and a reference to the body; copies that were stored are known by their ids.
            let outcomes = self.link.try_store(outgoing.clone()).await?;
            let Some(error) = outcomes.into_iter().find_map(Result::err) else { return Ok(()) };
            match error.kind() {
                // The stream was deleted, or its server has just started.
                PublishErrorKind::StreamNotFound if left > 0 => {
                    tokio::time::sleep(AGAIN_AFTER).await;
                    for message in messages {
                        self.link.topic_stream(&message.topic).await?;
                    }
                }
                // A stream without a leader does not answer. Once more is what the limit of a publish leaves time for.
                PublishErrorKind::TimedOut if left + 1 == TRIES => {}
                _ => return Err(fault::not_stored(&self.link.address, &error)),
            }
        }
        Err(Failure::unavailable(format!(
            "{} has lost the stream of a topic: check the server's log",
            self.link.address
        )))
    }
}
