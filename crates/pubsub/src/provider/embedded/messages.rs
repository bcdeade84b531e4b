//! The table of messages, within one transaction.

use redb::{ReadableTable, ReadableTableMetadata, Table, WriteTransaction};

use crate::provider::embedded::fault::Fault;
use crate::provider::embedded::record::{self, Record};
use crate::provider::embedded::tables::{MESSAGES, SHARES};
use crate::provider::embedded::unique::UniqueKeys;
use crate::provider::message::NewMessage;

/// The tables of messages, open in one transaction.
pub(super) struct Messages<'t> {
    records: Table<'t, u64, &'static [u8]>,
    shares: Table<'t, u64, u32>,
    pub(super) unique: UniqueKeys<'t>,
}

impl<'t> Messages<'t> {
    pub(super) fn open(txn: &'t WriteTransaction) -> Result<Self, Fault> {
        Ok(Self {
            records: txn.open_table(MESSAGES)?,
            shares: txn.open_table(SHARES)?,
            unique: UniqueKeys::open(txn)?,
        })
    }

    /// Stores a message for `entries` subscriptions.
    pub(super) fn store(&mut self, number: u64, message: &NewMessage, entries: u32) -> Result<(), Fault> {
        self.records.insert(number, record::write_message(message).as_slice())?;
        if entries > 1 {
            self.shares.insert(number, entries)?;
        }
        self.unique.take(number, message, entries)
    }

    /// Ends an entry that waited or ran, and removes it: its message is handled, or not wanted any more.
    pub(super) fn end(&mut self, number: u64) -> Result<(), Fault> {
        self.unique.end(number)?;
        self.forget(number)
    }

    /// Removes one entry of a message, such as a dead letter; the message is deleted with its last entry.
    pub(super) fn forget(&mut self, number: u64) -> Result<(), Fault> {
        let entries =
            if self.shares.is_empty()? { None } else { self.shares.remove(number)?.map(|n| n.value()) };
        match entries {
            Some(entries) if entries > 2 => drop(self.shares.insert(number, entries - 1)?),
            // A single remaining entry needs no count.
            Some(2) => {}
            _ => drop(self.records.remove(number)?),
        }
        Ok(())
    }

    pub(super) fn read(&self, number: u64) -> Result<Record, Fault> {
        let bytes = self.records.get(number)?;
        bytes.and_then(|bytes| record::read_message(bytes.value())).ok_or_else(|| missing(number))
    }

    /// Returns the key of a message; skips the look-up where keys do not matter.
    pub(super) fn key(&self, number: u64, matters: bool) -> Result<Option<String>, Fault> {
        if !matters {
            return Ok(None);
        }
        let bytes = self.records.get(number)?.ok_or_else(|| missing(number))?;
        record::read_key(bytes.value()).ok_or_else(|| missing(number))
    }

    pub(super) fn priority(&self, number: u64) -> Result<u8, Fault> {
        let bytes = self.records.get(number)?;
        bytes.and_then(|bytes| record::read_priority(bytes.value())).ok_or_else(|| missing(number))
    }

    pub(super) fn published_at(&self, number: u64) -> Result<std::time::SystemTime, Fault> {
        let bytes = self.records.get(number)?;
        bytes.and_then(|bytes| record::read_published_at(bytes.value())).ok_or_else(|| missing(number))
    }
}

fn missing(number: u64) -> Fault {
    Fault::damaged(&format!("message {number} is missing or not readable"))
}
