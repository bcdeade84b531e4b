//! What waits and what was given up, looked at and dealt with.
//!
//! Dead letters are read by taking them and giving them back. Questions of a process go one after the other over one channel: the
//! broker keeps order within a channel alone, and what another has just given back may not be there yet.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lapin::Channel;
use lapin::message::{BasicGetMessage, Delivery};
use lapin::options::{
    BasicAckOptions, BasicGetOptions, BasicNackOptions, QueueDeclareOptions, QueuePurgeOptions,
};
use lapin::protocol::AMQPSoftError;
use lapin::types::{FieldTable, ShortString};
use tokio::sync::MutexGuard;
use tokio::time::timeout;

use super::copies::{Copies, Copy};
use super::envelope::{Letter, dead_letter};
use super::fault;
use super::line::Line;
use super::names::Names;
use crate::broker::Part;
use crate::error::Error;
use crate::message::{DeadLetter, Depth};

/// Dead letters that are put back in one write.
const MAX_BATCH: usize = 200;
/// One question to the broker.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The channel for questions, between two of them.
pub(super) type Counter = tokio::sync::Mutex<Option<(Arc<Line>, Channel)>>;

/// Questions about one subscription. Where one fails the channel is closed, which gives back what was taken.
struct Desk<'a> {
    copies: &'a Copies,
    counter: MutexGuard<'a, Option<(Arc<Line>, Channel)>>,
    line: Arc<Line>,
    channel: Channel,
}

/// What is done with each of several queues.
#[derive(Clone, Copy)]
enum Each {
    Count,
    Purge,
}

impl<'a> Desk<'a> {
    async fn open(copies: &'a Copies) -> Result<Self, Error> {
        let mut counter = copies.post.counter.lock().await;
        let line = copies.post.link.line().await?;
        let kept =
            counter.take().filter(|(of, channel)| Arc::ptr_eq(of, &line) && channel.status().connected());
        let channel = match kept {
            Some((_, channel)) => channel,
            None => line.channel().await.map_err(|error| lost(copies, &error))?,
        };
        Ok(Self { copies, counter, line, channel })
    }

    /// The answer; none where the queue is missing, which costs the channel.
    async fn ask<T>(
        &mut self,
        asking: impl AsyncFnOnce(&Channel) -> lapin::Result<T>,
    ) -> Result<Option<T>, Error> {
        let Ok(answer) = timeout(ANSWER_WITHIN, asking(&self.channel)).await else {
            let (address, seconds) = (&self.copies.post.link.address, ANSWER_WITHIN.as_secs());
            return Err(Error::unavailable(format!("{address} has not answered within {seconds} s")));
        };
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(error) if matches!(fault::soft(&error), Some(AMQPSoftError::NOTFOUND)) => {
                self.channel = self.line.channel().await.map_err(|error| lost(self.copies, &error))?;
                Ok(None)
            }
            Err(error) => Err(lost(self.copies, &error)),
        }
    }

    /// How many are ready in a queue; none where there is no such queue.
    async fn count(&mut self, queue: &ShortString) -> Result<Option<u64>, Error> {
        let options = QueueDeclareOptions { passive: true, ..Default::default() };
        let asked = self
            .ask(async |channel| channel.queue_declare(queue.clone(), options, FieldTable::default()).await)
            .await?;
        Ok(asked.map(|queue| queue.message_count().into()))
    }

    async fn purge(&mut self, queue: &ShortString) -> Result<Option<u64>, Error> {
        let asked = self
            .ask(async |channel| channel.queue_purge(queue.clone(), QueuePurgeOptions::default()).await)
            .await?;
        Ok(asked.map(u64::from))
    }

    /// The sum over all levels that there are.
    async fn over_levels(&mut self, each: Each) -> Result<u64, Error> {
        let Copies { post, names, .. } = self.copies;
        let (mut sum, mut there) = (0, Vec::new());
        let asked = post.topology.likely_levels(names);
        for ms in &asked {
            let name = names.level(*ms)?;
            let counted = match each {
                Each::Count => self.count(&name).await?,
                Each::Purge => self.purge(&name).await?,
            };
            if let Some(count) = counted {
                there.push(*ms);
                sum += count;
            }
        }
        post.topology.note_levels(names, &asked, there);
        Ok(sum)
    }

    /// The next dead letter that nobody else has taken.
    async fn take(&mut self) -> Result<Option<Delivery>, Error> {
        let queue = self.copies.names.dead.clone();
        let asked =
            self.ask(async |channel| channel.basic_get(queue, BasicGetOptions::default()).await).await?;
        Ok(asked.flatten().map(|BasicGetMessage { delivery, .. }| delivery))
    }

    /// Gives back all that was taken and not acknowledged, in its order.
    async fn give_back(self) -> Result<(), Error> {
        let options = BasicNackOptions { multiple: true, requeue: true };
        let given = self.channel.basic_nack(0, options).await;
        given.map_err(|error| lost(self.copies, &error))?;
        self.close();
        Ok(())
    }

    /// After the last question.
    fn close(self) {
        let Self { mut counter, line, channel, .. } = self;
        *counter = Some((line, channel));
    }
}

fn lost(copies: &Copies, error: &lapin::Error) -> Error {
    fault::lost(&copies.post.link.address, error)
}

/// What waits at the broker; what consumers have is not among it.
pub(super) async fn depth(copies: &Copies) -> Result<Depth, Error> {
    let mut desk = Desk::open(copies).await?;
    let ready = desk.count(&copies.names.main).await?.unwrap_or(0);
    let dead = desk.count(&copies.names.dead).await?.unwrap_or(0);
    let delayed = desk.over_levels(Each::Count).await?;
    desk.close();
    Ok(Depth { ready, delayed, in_flight: 0, dead, oldest_ms: 0 })
}

/// All are taken, whatever is asked for: what is given back goes behind what was given back before, so their order stays only if
/// all of them go.
pub(super) async fn dead_letters(
    copies: &Copies,
    limit: usize,
    after: Option<&str>,
) -> Result<Vec<DeadLetter>, Error> {
    let mut desk = Desk::open(copies).await?;
    let mut letters = Vec::new();
    let mut wanted = after.is_none();
    while let Some(taken) = desk.take().await? {
        if !wanted {
            let id = taken.properties.message_id();
            wanted = id.as_ref().map(ShortString::as_str) == after;
        } else if letters.len() < limit {
            letters.push(dead_letter(taken));
        }
    }
    desk.give_back().await?;
    Ok(letters)
}

/// None is put back twice, however soon it comes again.
pub(super) async fn redrive(copies: &Copies, ids: Option<&[String]>) -> Result<u64, Error> {
    let chosen: Option<HashSet<&str>> = ids.map(|ids| ids.iter().map(String::as_str).collect());
    let mut desk = Desk::open(copies).await?;
    let (mut done, mut is_more) = (HashSet::new(), true);
    while is_more {
        let (mut tags, mut batch) = (Vec::new(), Vec::new());
        while batch.len() < MAX_BATCH {
            let Some(taken) = desk.take().await? else {
                is_more = false;
                break;
            };
            let tag = taken.delivery_tag;
            let mut letter = Letter::read(taken);
            let is_chosen = chosen.as_ref().is_none_or(|chosen| chosen.contains(letter.id.as_str()));
            if is_chosen && done.insert(letter.id.clone()) {
                (letter.attempts, letter.deliver_at) = (0, None);
                tags.push(tag);
                batch.push(Copy::due(letter));
            }
        }
        if !batch.is_empty() {
            copies.store(batch).await?;
        }
        for tag in tags {
            let acked = desk.channel.basic_ack(tag, BasicAckOptions::default()).await;
            acked.map_err(|error| lost(copies, &error))?;
        }
    }
    desk.give_back().await?;
    Ok(done.len() as u64)
}

pub(super) async fn purge(copies: &Copies, part: Part) -> Result<u64, Error> {
    let mut desk = Desk::open(copies).await?;
    let Names { main, dead, .. } = &*copies.names;
    let queue = if part == Part::Dead { dead } else { main };
    let mut count = desk.purge(queue).await?.unwrap_or(0);
    if part == Part::Waiting {
        count += desk.over_levels(Each::Purge).await?;
    }
    desk.close();
    Ok(count)
}

/// How long ago that was.
pub(super) fn age_ms(since: Option<SystemTime>) -> u64 {
    let age = since.and_then(|since| SystemTime::now().duration_since(since).ok()).unwrap_or_default();
    u64::try_from(age.as_millis()).unwrap_or(u64::MAX)
}
