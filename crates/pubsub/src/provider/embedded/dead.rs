//! The dead letters of a subscription, within one transaction.

use redb::{ReadableTable, ReadableTableMetadata, WriteTransaction};

use crate::provider::embedded::fault::Fault;
use crate::provider::embedded::messages::Messages;
use crate::provider::embedded::record::{self, Grave};
use crate::provider::embedded::tables::Names;
use crate::provider::message::DeadLetter;

/// The dead letters of one subscription.
pub(super) struct Dead<'a> {
    txn: &'a WriteTransaction,
    names: &'a Names,
}

impl<'a> Dead<'a> {
    pub(super) fn new(txn: &'a WriteTransaction, names: &'a Names) -> Self {
        Self { txn, names }
    }

    pub(super) fn count(&self) -> Result<u64, Fault> {
        Ok(self.names.dead(self.txn)?.len()?)
    }

    /// Adds a dead letter; `place` grows with every burial.
    pub(super) fn bury(&self, place: u64, number: u64, id: &str, grave: &Grave) -> Result<(), Fault> {
        self.names.dead(self.txn)?.insert(place, (number, record::write_grave(grave).as_slice()))?;
        self.names.dead_ids(self.txn)?.insert((id, place), ())?;
        Ok(())
    }

    /// Lists at most `limit` dead letters, the oldest burial first, after the one of the message `after`.
    pub(super) fn list(
        &self,
        messages: &Messages<'_>,
        limit: usize,
        after: Option<&str>,
    ) -> Result<Vec<DeadLetter>, Fault> {
        let mut from = 0;
        if let Some(id) = after {
            // After an unknown id comes no dead letter.
            let Some(place) = self.places(id)?.pop() else { return Ok(Vec::new()) };
            from = place + 1;
        }
        let dead = self.names.dead(self.txn)?;
        let mut letters = Vec::new();
        for entry in dead.range(from..)?.take(limit) {
            let (_, entry) = entry?;
            let (number, bytes) = entry.value();
            letters.push(letter(number, bytes, messages)?);
        }
        Ok(letters)
    }

    pub(super) fn has(&self, id: &str) -> Result<bool, Fault> {
        Ok(!self.places(id)?.is_empty())
    }

    fn places(&self, id: &str) -> Result<Vec<u64>, Fault> {
        let ids = self.names.dead_ids(self.txn)?;
        let found = ids.range((id, 0)..=(id, u64::MAX))?;
        found.map(|entry| Ok(entry?.0.value().1)).collect()
    }

    /// Takes out the dead letters with these ids, or at most `limit` of all. Returns their messages' numbers, the oldest
    /// burial first.
    pub(super) fn take(
        &self,
        messages: &Messages<'_>,
        ids: Option<&[String]>,
        limit: usize,
    ) -> Result<Vec<u64>, Fault> {
        let mut places = Vec::new();
        match ids {
            Some(ids) => {
                for id in ids {
                    places.extend(self.places(id)?);
                }
            }
            None => {
                for entry in self.names.dead(self.txn)?.iter()?.take(limit) {
                    places.push(entry?.0.value());
                }
            }
        }
        places.sort_unstable();
        places.dedup();
        let (mut dead, mut dead_ids) = (self.names.dead(self.txn)?, self.names.dead_ids(self.txn)?);
        let mut numbers = Vec::with_capacity(places.len());
        for place in places {
            let Some(number) = dead.remove(place)?.map(|entry| entry.value().0) else { continue };
            dead_ids.remove((messages.read(number)?.id.as_str(), place))?;
            numbers.push(number);
        }
        Ok(numbers)
    }
}

fn letter(number: u64, bytes: &[u8], messages: &Messages<'_>) -> Result<DeadLetter, Fault> {
    let grave = record::read_grave(bytes)
        .ok_or_else(|| Fault::damaged(&format!("the burial of message {number} is not readable")))?;
    let record = messages.read(number)?;
    Ok(DeadLetter {
        id: record.id,
        body: record.body,
        key: record.key,
        attempts: grave.attempts,
        published_at: record.published_at,
        buried_at: grave.buried_at,
        burial: grave.burial,
    })
}
