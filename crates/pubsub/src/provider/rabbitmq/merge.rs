//! The take-over of the messages in the queue of a subscription's former name.
//!
//! The catalogue first records that the former subscription is gone and where its messages go. One process at a time moves
//! them, and then the catalogue records the end. A process that is killed in between leaves the rest to the next start of
//! the app.

use std::time::{Duration, SystemTime};

use twinloop_runtime::Failure;

use super::{RabbitMq, handling};
use crate::provider::operate::Adopted;
use crate::provider::rabbitmq::catalogue::{self, Entry, now_ms};
use crate::provider::rabbitmq::hold::Held;

impl RabbitMq {
    /// Moves the messages that `from` still holds to their target. Returns `None` where nothing was moved.
    pub(super) async fn merge(&self, from: &Entry, entries: &[Entry]) -> Result<Option<Adopted>, Failure> {
        let is_target = |entry: &&Entry| {
            !entry.is_gone && entry.topic == from.topic && Some(&entry.queue) == from.merges_into.as_ref()
        };
        let Some(to) = entries.iter().find(is_target) else { return Ok(None) };
        let (source, target) = (self.copies_of(from)?, self.copies_of(to)?);
        let Some(held) = Held::take(&self.post, &source.names.main, "merge").await? else { return Ok(None) };
        self.unbind(from).await?;
        let since = SystemTime::UNIX_EPOCH + Duration::from_millis(to.made_ms);
        let messages = handling::move_all(&source, &target, Some(since)).await?;
        // Where the previous version of the app still receives from the queue, the next start moves the messages that came
        // meanwhile.
        if handling::delete_queues(&source, true).await?.are_all {
            self.note_merged(from).await?;
        }
        held.release().await;
        let (topic, from, to) = (from.topic.clone(), from.name.clone(), to.name.clone());
        Ok(Some(Adopted { topic, from, to, messages }))
    }

    async fn note_merged(&self, from: &Entry) -> Result<(), Failure> {
        catalogue::change(&self.post, |entries| {
            let is_it =
                |entry: &&mut Entry| entry.is_gone && entry.topic == from.topic && entry.queue == from.queue;
            let found = entries.iter_mut().find(is_it);
            let is_there = found.is_some();
            if let Some(entry) = found {
                (entry.merges_into, entry.changed_ms) = (None, now_ms());
            }
            (is_there, ())
        })
        .await
    }
}
