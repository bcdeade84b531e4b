//! What operators do with the messages of a subscription: move, delete, count and look.
//!
//! Messages that wait are taken through the subscription's own consumer, so that none is taken that a handler has.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_nats::jetstream::AckKind;
use futures_util::StreamExt;
use twinloop_runtime::{Failure, lock};

use crate::engine::deliver::context::milliseconds;
use crate::provider::message::{DeadLetter, Depth};
use crate::provider::nats::Nats;
use crate::provider::nats::envelope::{Letter, dead_letter};
use crate::provider::nats::link::Outgoing;
use crate::provider::nats::moving::{received, store_anew};
use crate::provider::nats::names::Part;
use crate::provider::nats::queue::Queue;
use crate::provider::nats::stock::Held;
use crate::provider::nats::supply::Supply;
use crate::provider::operate::{Done, Stand, Waiting};

const AT_ONCE: usize = 256;
/// The lease of messages that are taken from a subscription which no process has served yet.
const LEASE: Duration = Duration::from_secs(30);

impl Nats {
    /// Takes at most one batch of messages that no process has.
    async fn take_batch(&self, queue: &Queue, supplies: &[Arc<Supply>]) -> Result<Vec<Held>, Failure> {
        let here: Vec<Held> = supplies.iter().flat_map(|supply| lock(&supply.stock).empty()).collect();
        if !here.is_empty() {
            return Ok(here);
        }
        let failed = |error: &dyn std::fmt::Display| self.link.failed("deliver messages", error);
        let pull = self.link.consumer_as_it_is(&queue.names, Part::In, LEASE).await?;
        let batch = pull.fetch().max_messages(AT_ONCE).messages().await;
        let mut batch = batch.map_err(|error| failed(&error))?;
        let mut taken = Vec::new();
        while let Some(message) = batch.next().await {
            taken.extend(received(&message.map_err(|error| failed(&error))?));
        }
        Ok(taken)
    }

    /// Moves the messages that wait and the dead letters to another subscription; those published since a time are deleted, because
    /// the other one has them.
    pub(super) async fn move_between(
        &self,
        from: &Queue,
        to: &Queue,
        since_ms: Option<u64>,
    ) -> Result<u64, Failure> {
        let is_moved = |at: SystemTime| since_ms.is_none_or(|since| milliseconds(at) < since);
        let mut count = 0;
        let supplies = self.supplies_of(from);
        loop {
            let taken = self.take_batch(from, &supplies).await?;
            if taken.is_empty() {
                break;
            }
            let (moved, dropped): (Vec<Held>, Vec<Held>) =
                taken.into_iter().partition(|held| is_moved(held.letter.published_at));
            store_anew(from, to, &moved).await?;
            count += moved.len() as u64;
            for held in dropped {
                self.link.settle(&held.reply, AckKind::Ack.into()).await?;
            }
        }
        for part in [Part::Later, Part::Dead] {
            let mut next = from.next_of(part, 1).await?;
            while let Some(message) = next {
                let letter = Letter::read(Some(&message.headers), message.payload.clone());
                if is_moved(letter.published_at) {
                    let dead = dead_letter(&message.headers, message.payload.clone());
                    let copy = match part {
                        Part::Dead => to.dead_copy(&letter, &dead.burial, dead.buried_at, message.sequence),
                        _ => to.copy(&letter, message.sequence),
                    };
                    self.link.store(vec![copy]).await?;
                    count += 1;
                }
                from.delete(message.sequence).await?;
                next = from.next_of(part, message.sequence + 1).await?;
            }
        }
        Ok(count)
    }

    /// Deletes the messages that wait. Returns how many.
    pub(super) async fn purge_waiting(&self, queue: &Queue) -> Result<u64, Failure> {
        let mut count = self.link.purge(&queue.names.stream, &queue.names.subject(Part::Later)).await?;
        let supplies = self.supplies_of(queue);
        loop {
            let taken = self.take_batch(queue, &supplies).await?;
            if taken.is_empty() {
                return Ok(count);
            }
            for held in taken {
                self.link.settle(&held.reply, AckKind::Ack.into()).await?;
                count += 1;
            }
        }
    }

    /// Deletes all messages of a subscription and its consumers.
    pub(super) async fn drop_queue(&self, queue: &Queue) -> Result<(), Failure> {
        let stream = self.link.stream(&queue.names.stream).await?;
        for part in [Part::In, Part::Later] {
            // A subscription that was never served has none.
            let _ = stream.delete_consumer(&queue.names.consumer(part)).await;
        }
        self.link.purge(&queue.names.stream, &queue.names.all()).await.map(drop)
    }

    pub(super) async fn count_depth(&self, queue: &Queue) -> Result<Depth, Failure> {
        let counts = queue.counts().await?;
        let info = self.link.consumer_info(&queue.names, Part::In).await?;
        let (mut ready, mut paused, mut oldest) = (0, 0, None);
        for supply in self.supplies_of(queue) {
            let held = lock(&supply.stock).counts();
            ready += held.ready;
            paused += held.paused;
            oldest = oldest.into_iter().chain(held.oldest).min();
        }
        let (pending, taken, last) = info.map_or((counts.arrived, 0, 0), |info| {
            (info.num_pending, info.num_ack_pending as u64, info.delivered.stream_sequence)
        });
        if pending > 0
            && let Some(message) = queue.next_of(Part::In, last + 1).await?
        {
            let published = Letter::read(Some(&message.headers), message.payload).published_at;
            oldest = oldest.into_iter().chain([published]).min();
        }
        let age = oldest.and_then(|at| SystemTime::now().duration_since(at).ok());
        Ok(Depth {
            ready: pending + ready,
            delayed: counts.later + paused,
            in_flight: taken.saturating_sub(ready + paused),
            dead: counts.dead,
            oldest_ms: age.map_or(0, |age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX)),
        })
    }

    /// Returns the state of a stored message. One that was delivered and is not settled counts as in flight, unless it waits in this
    /// process.
    fn stand(supplies: &[Arc<Supply>], sequence: u64, last: u64) -> (Stand, Option<SystemTime>) {
        for supply in supplies {
            let stock = lock(&supply.stock);
            if let Some(from) = stock.paused(sequence) {
                let wait = from.saturating_duration_since(tokio::time::Instant::now());
                return (Stand::Delayed, Some(SystemTime::now() + wait));
            }
            if stock.is_ready(sequence) {
                return (Stand::Ready, None);
            }
            if stock.is_out(sequence) {
                return (Stand::InFlight, None);
            }
        }
        (if sequence <= last { Stand::InFlight } else { Stand::Ready }, None)
    }

    async fn last_delivered(&self, queue: &Queue) -> Result<u64, Failure> {
        let info = self.link.consumer_info(&queue.names, Part::In).await?;
        Ok(info.map_or(0, |info| info.delivered.stream_sequence))
    }

    pub(super) async fn peek_at(&self, queue: &Queue, limit: usize) -> Result<Vec<Waiting>, Failure> {
        let (last, supplies) = (self.last_delivered(queue).await?, self.supplies_of(queue));
        let mut found: BTreeMap<u64, Waiting> = BTreeMap::new();
        for part in [Part::In, Part::Later] {
            let mut left = limit;
            queue
                .scan(part, |message| {
                    let letter = Letter::read(Some(&message.headers), message.payload);
                    let (stand, due_at) = match part {
                        Part::Later => (Stand::Delayed, letter.due_at),
                        _ => Self::stand(&supplies, message.sequence, last),
                    };
                    let attempts = letter.attempts + u32::from(stand == Stand::InFlight);
                    let waiting = Waiting {
                        id: letter.id,
                        body: letter.body,
                        key: letter.key,
                        priority: 0,
                        unique: None,
                        published_at: letter.published_at,
                        attempts,
                        stand,
                        due_at,
                        holder: None,
                        held_since: None,
                    };
                    found.insert(message.sequence, waiting);
                    left -= 1;
                    left > 0
                })
                .await?;
        }
        Ok(found.into_values().take(limit).collect())
    }

    pub(super) async fn delete_ids(&self, queue: &Queue, ids: &[String]) -> Result<Done, Failure> {
        let (last, supplies) = (self.last_delivered(queue).await?, self.supplies_of(queue));
        let (mut meant, mut found) = (Vec::new(), Vec::new());
        for part in [Part::In, Part::Later, Part::Dead] {
            queue
                .scan(part, |message| {
                    let letter = Letter::read(Some(&message.headers), message.payload);
                    let is_out = || Self::stand(&supplies, message.sequence, last).0 == Stand::InFlight;
                    if ids.contains(&letter.id) && (part != Part::In || !is_out()) {
                        meant.push((message.sequence, letter.id));
                    }
                    true
                })
                .await?;
        }
        for (sequence, id) in meant {
            let here = supplies.iter().find_map(|supply| lock(&supply.stock).take_out(sequence));
            let is_deleted = match here {
                Some(held) => self.link.settle(&held.reply, AckKind::Ack.into()).await.map(|()| true)?,
                None => queue.delete(sequence).await?,
            };
            if is_deleted {
                found.push(id);
            }
        }
        Ok(Done::of(ids, &found))
    }

    pub(super) async fn promote_ids(&self, queue: &Queue, ids: &[String]) -> Result<Done, Failure> {
        let mut found = Vec::new();
        let mut meant = Vec::new();
        queue
            .scan(Part::Later, |message| {
                let letter = Letter::read(Some(&message.headers), message.payload);
                if ids.contains(&letter.id) {
                    meant.push((message.sequence, Letter { due_at: None, ..letter }));
                }
                true
            })
            .await?;
        for (sequence, letter) in meant {
            self.link.store(vec![queue.copy(&letter, sequence)]).await?;
            queue.delete(sequence).await?;
            found.push(letter.id);
        }
        for supply in self.supplies_of(queue) {
            let paused = lock(&supply.stock).paused_of(ids);
            for (id, reply) in paused {
                self.link.settle(&reply, AckKind::Nak(None).into()).await?;
                found.push(id);
            }
        }
        Ok(Done::of(ids, &found))
    }

    pub(super) async fn read_dead(
        &self,
        queue: &Queue,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Vec<DeadLetter>, Failure> {
        let mut letters = Vec::new();
        if limit == 0 {
            return Ok(letters);
        }
        let mut is_after = after.is_none();
        queue
            .scan(Part::Dead, |message| {
                let letter = dead_letter(&message.headers, message.payload);
                if is_after {
                    letters.push(letter);
                } else {
                    is_after = after == Some(letter.id.as_str());
                }
                letters.len() < limit
            })
            .await?;
        Ok(letters)
    }

    pub(super) async fn redrive_ids(&self, queue: &Queue, ids: Option<&[String]>) -> Result<Done, Failure> {
        let mut found = Vec::new();
        let mut meant: Vec<(u64, String, Outgoing)> = Vec::new();
        queue
            .scan(Part::Dead, |message| {
                let letter = Letter::read(Some(&message.headers), message.payload);
                if ids.is_none_or(|ids| ids.contains(&letter.id)) {
                    let letter = Letter { attempts: 0, due_at: None, ..letter };
                    let copy = queue.copy(&letter, message.sequence);
                    meant.push((message.sequence, letter.id, copy));
                }
                true
            })
            .await?;
        for (sequence, id, copy) in meant {
            self.link.store(vec![copy]).await?;
            queue.delete(sequence).await?;
            found.push(id);
        }
        Ok(Done { count: found.len() as u64, ..Done::of(ids.unwrap_or_default(), &found) })
    }

    pub(super) async fn forget_before(&self, queue: &Queue, before: SystemTime) -> Result<u64, Failure> {
        let mut old = Vec::new();
        queue
            .scan(Part::Dead, |message| {
                let is_old = dead_letter(&message.headers, message.payload).buried_at < before;
                old.extend(is_old.then_some(message.sequence));
                // Dead letters lie in the order of their burial, except for moved ones.
                true
            })
            .await?;
        let mut count = 0;
        for sequence in old {
            count += u64::from(queue.delete(sequence).await?);
        }
        Ok(count)
    }
}
