//! Depth, dead letters and redrive of a subscription.
//!
//! Dead letters are read by receiving and returning them. The operators' requests of a process share one channel and run one
//! after the other: the broker keeps order only within a channel, and a message that another channel has just returned may
//! not be there yet.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use lapin::Channel;
use lapin::message::{BasicGetMessage, Delivery};
use lapin::options::{
    BasicAckOptions, BasicCancelOptions, BasicConsumeOptions, BasicGetOptions, BasicNackOptions,
    QueueDeclareOptions, QueuePurgeOptions,
};
use lapin::protocol::AMQPSoftError;
use lapin::types::{FieldTable, ShortString};
use tokio::sync::MutexGuard;
use tokio::time::timeout;
use twinloop_runtime::Failure;

use crate::provider::message::{DeadLetter, Depth};
use crate::provider::operate::Done;
use crate::provider::rabbitmq::copies::{Copies, Copy};
use crate::provider::rabbitmq::envelope::{Letter, dead_letter};
use crate::provider::rabbitmq::fault;
use crate::provider::rabbitmq::line::Line;
use crate::provider::rabbitmq::names::Names;
use crate::provider::subscription::MessageState;

/// Dead letters that are put back in one write.
const MAX_BATCH: usize = 200;
/// Time limit for one answer of the broker.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// Time limit for the next message of a queue that is not empty.
const RECEIVE_WITHIN: Duration = Duration::from_secs(3);

/// Requests about one subscription over the shared channel. After an error the channel is closed, which returns the received
/// messages.
pub(super) struct Desk<'a> {
    copies: &'a Copies,
    counter: MutexGuard<'a, Option<(Arc<Line>, Channel)>>,
    line: Arc<Line>,
    channel: Channel,
}

/// The operation on each of several queues.
#[derive(Clone, Copy)]
enum Each {
    Count,
    Purge,
}

impl<'a> Desk<'a> {
    pub(super) async fn open(copies: &'a Copies) -> Result<Self, Failure> {
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

    /// Waits for an answer; `None` where the queue is missing, which closes the channel.
    pub(super) async fn ask<T>(
        &mut self,
        asking: impl AsyncFnOnce(&Channel) -> lapin::Result<T>,
    ) -> Result<Option<T>, Failure> {
        let Ok(answer) = timeout(ANSWER_WITHIN, asking(&self.channel)).await else {
            let (address, seconds) = (&self.copies.post.link.address, ANSWER_WITHIN.as_secs());
            return Err(Failure::unavailable(format!("{address} has not answered within {seconds} s")));
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

    /// Counts the ready messages of a queue; `None` where it is missing.
    pub(super) async fn count(&mut self, queue: &ShortString) -> Result<Option<u64>, Failure> {
        let options = QueueDeclareOptions { passive: true, ..Default::default() };
        let asked = self
            .ask(async |channel| channel.queue_declare(queue.clone(), options, FieldTable::default()).await)
            .await?;
        Ok(asked.map(|queue| queue.message_count().into()))
    }

    async fn purge(&mut self, queue: &ShortString) -> Result<Option<u64>, Failure> {
        let asked = self
            .ask(async |channel| channel.queue_purge(queue.clone(), QueuePurgeOptions::default()).await)
            .await?;
        Ok(asked.map(u64::from))
    }

    /// Sums an operation over all delay queues.
    async fn sum_levels(&mut self, each: Each) -> Result<u64, Failure> {
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

    /// Receives the next dead letter that no other process has.
    async fn take(&mut self) -> Result<Option<Delivery>, Failure> {
        let queue = self.copies.names.dead.clone();
        self.take_from(&queue).await
    }

    /// Lists the delay queues that exist, whichever process created them.
    pub(super) async fn levels(&mut self) -> Result<Vec<ShortString>, Failure> {
        let mut found = Vec::new();
        for ms in crate::provider::rabbitmq::levels::all() {
            let name = self.copies.names.level(ms)?;
            if self.count(&name).await?.is_some() {
                found.push(name);
            }
        }
        Ok(found)
    }

    /// Receives the first `count` messages of an ordered subscription's queue, which delivers only to its single active
    /// consumer.
    ///
    /// Errors: `failed_precondition` where another process is that consumer.
    pub(super) async fn receive(&mut self, count: u64) -> Result<VecDeque<Delivery>, Failure> {
        let mut received = VecDeque::new();
        if count == 0 {
            return Ok(received);
        }
        let queue = self.copies.names.main.clone();
        let arguments = FieldTable::default();
        let consuming =
            self.channel.basic_consume(queue.clone(), "".into(), BasicConsumeOptions::default(), arguments);
        let mut consumer = consuming.await.map_err(|error| lost(self.copies, &error))?;
        while (received.len() as u64) < count {
            match timeout(RECEIVE_WITHIN, consumer.next()).await {
                Ok(Some(delivered)) => {
                    received.push_back(delivered.map_err(|error| lost(self.copies, &error))?);
                }
                Ok(None) | Err(_) => {
                    return Err(Failure::failed_precondition(format!(
                        "a process serves the ordered subscription of {queue}, and RabbitMQ shows what waits to that one alone: \
                         stop it first"
                    )));
                }
            }
        }
        let cancelled = self.channel.basic_cancel(consumer.tag(), BasicCancelOptions::default()).await;
        cancelled.map_err(|error| lost(self.copies, &error))?;
        Ok(received)
    }

    pub(super) async fn has_consumers(&mut self, queue: &ShortString) -> Result<bool, Failure> {
        let options = QueueDeclareOptions { passive: true, ..Default::default() };
        let asked = self
            .ask(async |channel| channel.queue_declare(queue.clone(), options, FieldTable::default()).await)
            .await?;
        Ok(asked.is_some_and(|queue| queue.consumer_count() > 0))
    }

    /// Returns all messages that were received and not acknowledged, and keeps the channel open.
    pub(super) async fn give_back_rest(&mut self) -> Result<(), Failure> {
        let options = BasicNackOptions { multiple: true, requeue: true };
        let given = self.channel.basic_nack(0, options).await;
        given.map_err(|error| lost(self.copies, &error))
    }

    /// Receives the next message of a queue.
    pub(super) async fn take_from(&mut self, queue: &ShortString) -> Result<Option<Delivery>, Failure> {
        let queue = queue.clone();
        let asked =
            self.ask(async |channel| channel.basic_get(queue, BasicGetOptions::default()).await).await?;
        Ok(asked.flatten().map(|BasicGetMessage { delivery, .. }| delivery))
    }

    /// Acknowledges messages, which deletes them.
    pub(super) async fn acknowledge(&self, tags: Vec<u64>) -> Result<(), Failure> {
        for tag in tags {
            let acked = self.channel.basic_ack(tag, BasicAckOptions::default()).await;
            acked.map_err(|error| lost(self.copies, &error))?;
        }
        Ok(())
    }

    /// Returns all messages that were received and not acknowledged, in their order, and closes.
    async fn give_back(self) -> Result<(), Failure> {
        let options = BasicNackOptions { multiple: true, requeue: true };
        let given = self.channel.basic_nack(0, options).await;
        given.map_err(|error| lost(self.copies, &error))?;
        self.close();
        Ok(())
    }

    /// Keeps the channel for the next request.
    pub(super) fn close(self) {
        let Self { mut counter, line, channel, .. } = self;
        *counter = Some((line, channel));
    }
}

fn lost(copies: &Copies, error: &lapin::Error) -> Failure {
    fault::lost(&copies.post.link.address, error)
}

/// Counts the messages at the broker, without those that consumers have received.
pub(super) async fn depth(copies: &Copies) -> Result<Depth, Failure> {
    let mut desk = Desk::open(copies).await?;
    let ready = desk.count(&copies.names.main).await?.unwrap_or(0);
    let dead = desk.count(&copies.names.dead).await?.unwrap_or(0);
    let delayed = desk.sum_levels(Each::Count).await?;
    desk.close();
    Ok(Depth { ready, delayed, in_flight: 0, dead, oldest_ms: 0 })
}

/// Lists dead letters. All of them are received, whatever the limit, because a returned message goes behind the ones that
/// were returned before: the order stays only if all are returned. A process that is killed between a burial's copy and its
/// acknowledgement leaves a second copy, which is deleted here.
pub(super) async fn dead_letters(
    copies: &Copies,
    limit: usize,
    after: Option<&str>,
) -> Result<Vec<DeadLetter>, Failure> {
    let mut desk = Desk::open(copies).await?;
    let (mut letters, mut seen, mut twice) = (Vec::new(), HashSet::new(), Vec::new());
    let mut wanted = after.is_none();
    while let Some(taken) = desk.take().await? {
        let id = taken.properties.message_id().as_ref().map(|id| id.as_str().to_owned());
        if id.as_ref().is_some_and(|id| !seen.insert(id.clone())) {
            twice.push(taken.delivery_tag);
        } else if !wanted {
            wanted = id.as_deref() == after;
        } else if letters.len() < limit {
            letters.push(dead_letter(taken));
        }
    }
    desk.acknowledge(twice).await?;
    desk.give_back().await?;
    Ok(letters)
}

/// Redrives dead letters. No message is put back twice, however soon it is buried again, and second copies are deleted.
pub(super) async fn redrive(copies: &Copies, ids: Option<&[String]>) -> Result<Done, Failure> {
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
            if is_chosen {
                tags.push(tag);
                if done.insert(letter.id.clone()) {
                    (letter.attempts, letter.deliver_at) = (0, None);
                    batch.push(Copy::due(letter));
                }
            }
        }
        if !batch.is_empty() {
            copies.store(batch).await?;
        }
        desk.acknowledge(tags).await?;
    }
    desk.give_back().await?;
    let found: Vec<String> = done.into_iter().collect();
    Ok(Done { count: found.len() as u64, ..Done::of(ids.unwrap_or_default(), &found) })
}

pub(super) async fn purge(copies: &Copies, part: MessageState) -> Result<u64, Failure> {
    let mut desk = Desk::open(copies).await?;
    let Names { main, dead, .. } = &*copies.names;
    let queue = if part == MessageState::Dead { dead } else { main };
    let mut count = desk.purge(queue).await?.unwrap_or(0);
    if part == MessageState::Waiting {
        count += desk.sum_levels(Each::Purge).await?;
    }
    desk.close();
    Ok(count)
}

/// Returns the time since then in milliseconds.
pub(super) fn age_ms(since: Option<SystemTime>) -> u64 {
    let age = since.and_then(|since| SystemTime::now().duration_since(since).ok()).unwrap_or_default();
    u64::try_from(age.as_millis()).unwrap_or(u64::MAX)
}
