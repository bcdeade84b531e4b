//! Copies of a subscription's messages in other queues: delayed, dead, or at the end of the main queue.
//!
//! A message is moved by storing a copy, waiting until it is confirmed, and only then acknowledging the original: a failure
//! in between leaves two messages, never none.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lapin::{BasicProperties, Channel};
use twinloop_runtime::Failure;

use crate::provider::message::Burial;
use crate::provider::rabbitmq::envelope::Letter;
use crate::provider::rabbitmq::levels;
use crate::provider::rabbitmq::line::{Line, Link};
use crate::provider::rabbitmq::mail::Outgoing;
use crate::provider::rabbitmq::names::Names;
use crate::provider::rabbitmq::sender::Sender;
use crate::provider::rabbitmq::topology::Topology;

/// Greatest expiration that the broker accepts, in milliseconds.
const MAX_EXPIRATION_MS: u128 = 4_294_967_295;

/// The channel for counts, kept between two of them.
pub(super) type Counter = tokio::sync::Mutex<Option<(Arc<Line>, Channel)>>;

/// The connections and the topology that all subscriptions of a broker share.
pub(super) struct Post {
    pub(super) link: Arc<Link>,
    pub(super) sender: Sender,
    pub(super) topology: Topology,
    pub(super) counter: Counter,
}

/// A copy to be stored.
pub(super) struct Copy {
    letter: Letter,
    to: To,
}

enum To {
    /// The queue from which messages are delivered.
    Main,
    /// The delay queue of this many milliseconds.
    Level(u64),
    /// The queue of dead letters.
    Dead(Burial, SystemTime),
}

impl Copy {
    /// Creates the copy of a message that is delivered when it is due; the letter has the due time.
    pub(super) fn due(letter: Letter) -> Self {
        let wait = letter.deliver_at.and_then(|at| at.duration_since(SystemTime::now()).ok());
        let to = wait.and_then(levels::fitting).map_or(To::Main, To::Level);
        Self { letter, to }
    }

    /// Creates the copy of a message that was buried before.
    pub(super) fn dead_since(letter: Letter, burial: Burial, buried_at: SystemTime) -> Self {
        Self { letter, to: To::Dead(burial, buried_at) }
    }

    pub(super) fn dead(letter: Letter, burial: Burial) -> Self {
        Self::dead_since(letter, burial, SystemTime::now())
    }
}

/// The queues to which the copies of one subscription go.
#[derive(Clone)]
pub(super) struct Copies {
    pub(super) post: Arc<Post>,
    pub(super) topic: String,
    pub(super) names: Arc<Names>,
    pub(super) ordered: bool,
    /// The time for which dead letters are kept.
    pub(super) dead_for: Option<Duration>,
}

impl Copies {
    /// Returns the properties of a dead letter, which the broker deletes when it was kept for long enough.
    fn buried(&self, letter: &Letter, burial: Burial, at: SystemTime) -> BasicProperties {
        let properties = letter.buried(burial, at);
        match self.dead_for {
            Some(time) => properties
                .with_expiration(left_of(time, at).as_millis().min(MAX_EXPIRATION_MS).to_string().into()),
            None => properties,
        }
    }

    /// Stores copies.
    ///
    /// Errors: the errors of the sender; some copies may then be stored.
    pub(super) async fn store(&self, copies: Vec<Copy>) -> Result<(), Failure> {
        let line = self.post.link.line().await?;
        let mut batch = Vec::with_capacity(copies.len());
        let mut levels = Vec::new();
        for Copy { letter, to } in copies {
            let (queue, properties) = match to {
                To::Main => (self.names.main.clone(), letter.properties()),
                To::Level(ms) => {
                    levels.push(ms);
                    (self.post.topology.level(&line, &self.names, ms).await?, letter.properties())
                }
                To::Dead(burial, at) => (self.names.dead.clone(), self.buried(&letter, burial, at)),
            };
            batch.push(outgoing(queue, properties, letter.body));
        }
        let returned = self.post.sender.send(&batch).await.map_err(|unsent| unsent.error)?;
        if returned.is_empty() {
            return Ok(());
        }
        self.repair(&line, &levels).await?;
        let again: Vec<Outgoing> =
            returned.into_iter().filter_map(|place| batch.get(place).cloned()).collect();
        let returned = self.post.sender.send(&again).await.map_err(|unsent| unsent.error)?;
        if returned.is_empty() {
            return Ok(());
        }
        let (address, main) = (&self.post.link.address, &self.names.main);
        Err(Failure::unavailable(format!(
            "{address} has lost queues of {main}, and they cannot be created again: check the broker's log"
        )))
    }

    /// Declares queues again that were deleted.
    async fn repair(&self, line: &Arc<Line>, levels: &[u64]) -> Result<(), Failure> {
        let topology = &self.post.topology;
        let address = &self.post.link.address;
        let channel =
            line.channel().await.map_err(|error| crate::provider::rabbitmq::fault::lost(address, &error))?;
        topology.declare_whole(&channel, &self.topic, &self.names, self.ordered).await?;
        topology.forget_levels();
        for ms in levels {
            topology.level(line, &self.names, *ms).await?;
        }
        Ok(())
    }
}

fn outgoing(queue: lapin::types::ShortString, properties: BasicProperties, body: bytes::Bytes) -> Outgoing {
    Outgoing { exchange: "".into(), routing_key: queue, mandatory: true, properties, body }
}

/// Returns how much longer a dead letter is kept.
pub(super) fn left_of(kept_for: Duration, buried_at: SystemTime) -> Duration {
    let age = SystemTime::now().duration_since(buried_at).unwrap_or_default();
    kept_for.saturating_sub(age).max(Duration::from_millis(1))
}
