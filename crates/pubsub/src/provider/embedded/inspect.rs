//! Depth, dead letters, redrive and purge, within one transaction.

use crate::provider::embedded::dead::Dead;
use crate::provider::embedded::fault::Fault;
use crate::provider::embedded::request::Inspection;
use crate::provider::embedded::request::Outcome;
use crate::provider::embedded::work::Work;
use crate::provider::message::Depth;
use crate::provider::operate::Done;
use crate::provider::subscription::MessageState;

/// Dead letters that are taken out in one step.
const CHUNK: usize = 1000;

impl Work<'_> {
    pub(super) fn inspect(&mut self, number: u32, what: Inspection) -> Result<Outcome, Fault> {
        Ok(match what {
            Inspection::Depth(answer) => {
                let depth = self.depth(number)?;
                Box::new(move || drop(answer.send(Ok(depth))))
            }
            Inspection::DeadLetters { limit, after, answer } => {
                let names = &self.memory.catalogue.known(number)?.names;
                let letters = Dead::new(self.txn, names).list(&self.messages, limit, after.as_deref())?;
                Box::new(move || drop(answer.send(Ok(letters))))
            }
            Inspection::Redrive { ids, answer } => {
                let redriven = self.redrive(number, ids.as_deref())?;
                Box::new(move || drop(answer.send(Ok(redriven))))
            }
            Inspection::Purge { part, answer } => {
                let purged = self.purge(number, part)?;
                Box::new(move || drop(answer.send(Ok(purged))))
            }
        })
    }

    pub(super) fn depth(&mut self, number: u32) -> Result<Depth, Fault> {
        self.queue(number)?;
        let dead = Dead::new(self.txn, &self.memory.catalogue.known(number)?.names).count()?;
        let (held, oldest) = {
            let (queue, messages) = self.queue_and_messages(number)?;
            (queue.held()?, queue.oldest(messages)?)
        };
        let published_at = oldest.map(|number| self.messages.published_at(number)).transpose()?;
        let age = published_at.and_then(|at| self.now.duration_since(at).ok()).unwrap_or_default();
        Ok(Depth {
            ready: held.ready + held.behind,
            delayed: held.delayed,
            in_flight: held.out,
            dead,
            oldest_ms: u64::try_from(age.as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// Redrives dead letters, which arrive anew behind the waiting messages.
    pub(super) fn redrive(&mut self, number: u32, ids: Option<&[String]>) -> Result<Done, Fault> {
        let (mut redriven, mut found) = (0, Vec::new());
        loop {
            let names = &self.memory.catalogue.known(number)?.names;
            let taken = Dead::new(self.txn, names).take(&self.messages, ids, CHUNK)?;
            for message in &taken {
                if ids.is_some() {
                    found.push(self.messages.read(*message)?.id);
                }
                let place = self.memory.numbers.take();
                let (queue, messages) = self.queue_and_messages(number)?;
                let key = messages.key(*message, queue.is_ordered())?;
                let place = queue.place(messages.priority(*message)?, place);
                queue.arrive(place, *message, key.as_deref())?;
            }
            self.changed |= !taken.is_empty();
            redriven += taken.len() as u64;
            if ids.is_some() || taken.len() < CHUNK {
                return Ok(Done { count: redriven, ..Done::of(ids.unwrap_or_default(), &found) });
            }
        }
    }

    pub(super) fn purge(&mut self, number: u32, part: MessageState) -> Result<u64, Fault> {
        let purged = match part {
            MessageState::Waiting => {
                let (queue, messages) = self.queue_and_messages(number)?;
                queue.purge(messages)?
            }
            MessageState::Dead => self.purge_dead(number)?,
        };
        self.changed |= purged > 0;
        Ok(purged)
    }

    pub(super) fn purge_dead(&mut self, number: u32) -> Result<u64, Fault> {
        let mut purged = 0;
        loop {
            let names = &self.memory.catalogue.known(number)?.names;
            let taken = Dead::new(self.txn, names).take(&self.messages, None, CHUNK)?;
            for message in &taken {
                self.messages.forget(*message)?;
            }
            purged += taken.len() as u64;
            if taken.len() < CHUNK {
                return Ok(purged);
            }
        }
    }
}
