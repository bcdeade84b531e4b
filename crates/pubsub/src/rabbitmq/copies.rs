//! Messages of a subscription that are put elsewhere: to wait, to the dead letters, to the end of the queue.
//!
//! A message is moved by storing a copy, waiting until it is confirmed, and only then acknowledging the original: what happens in
//! between leaves two, never none.

use std::sync::Arc;
use std::time::SystemTime;

use lapin::BasicProperties;

use super::envelope::Letter;
use super::inspect::Counter;
use super::levels;
use super::line::{Line, Link};
use super::names::Names;
use super::sender::{Outgoing, Sender};
use super::topology::Topology;
use crate::error::Error;
use crate::message::Burial;

/// What all of a broker's subscriptions share.
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
    /// Where it is delivered from.
    Main,
    /// Where it waits.
    Level(u64),
    /// Where it is kept.
    Dead(Burial),
}

impl Copy {
    /// To be delivered when it is due, which the letter says.
    pub(super) fn due(letter: Letter) -> Self {
        let wait = letter.deliver_at.and_then(|at| at.duration_since(SystemTime::now()).ok());
        let to = wait.and_then(levels::fitting).map_or(To::Main, To::Level);
        Self { letter, to }
    }

    pub(super) fn dead(letter: Letter, burial: Burial) -> Self {
        Self { letter, to: To::Dead(burial) }
    }
}

/// Where the copies of one subscription go.
#[derive(Clone)]
pub(super) struct Copies {
    pub(super) post: Arc<Post>,
    pub(super) topic: String,
    pub(super) names: Arc<Names>,
    pub(super) ordered: bool,
}

impl Copies {
    /// Stores all of them.
    ///
    /// Errors: those of the sender; then some may be stored.
    pub(super) async fn store(&self, copies: Vec<Copy>) -> Result<(), Error> {
        let line = self.post.link.line().await?;
        let now = SystemTime::now();
        let mut batch = Vec::with_capacity(copies.len());
        let mut levels = Vec::new();
        for Copy { letter, to } in copies {
            let (queue, properties) = match to {
                To::Main => (self.names.main.clone(), letter.properties()),
                To::Level(ms) => {
                    levels.push(ms);
                    (self.post.topology.level(&line, &self.names, ms).await?, letter.properties())
                }
                To::Dead(burial) => (self.names.dead.clone(), letter.buried(burial, now)),
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
        Err(Error::unavailable(format!("{address} has lost queues of {main}, and they cannot be made again")))
    }

    /// Queues were deleted.
    async fn repair(&self, line: &Arc<Line>, levels: &[u64]) -> Result<(), Error> {
        let topology = &self.post.topology;
        let address = &self.post.link.address;
        let channel = line.channel().await.map_err(|error| super::fault::lost(address, &error))?;
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
