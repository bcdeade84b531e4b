//! The unique keys of messages that wait or run, within one transaction.
//!
//! A key has a row as long as its message has an entry that is neither settled nor dead; `live` counts those entries.

use redb::{ReadableTable, ReadableTableMetadata, Table, WriteTransaction};

use crate::provider::embedded::fault::Fault;
use crate::provider::embedded::tables::{LIVE, UNIQUE};
use crate::provider::message::NewMessage;

/// The tables of unique keys, open in one transaction.
pub(super) struct UniqueKeys<'t> {
    keys: Table<'t, (&'static str, &'static str), &'static str>,
    live: Table<'t, u64, (u32, &'static str, &'static str)>,
}

impl<'t> UniqueKeys<'t> {
    pub(super) fn open(txn: &'t WriteTransaction) -> Result<Self, Fault> {
        Ok(Self { keys: txn.open_table(UNIQUE)?, live: txn.open_table(LIVE)? })
    }

    /// Returns the id of the message that has the key.
    pub(super) fn owner(&self, message: &NewMessage) -> Result<Option<String>, Fault> {
        let Some(key) = &message.unique else { return Ok(None) };
        Ok(self.keys.get((message.topic.as_str(), key.as_str()))?.map(|id| id.value().to_owned()))
    }

    /// Returns the key of the message with this number.
    pub(super) fn key_of(&self, number: u64) -> Result<Option<String>, Fault> {
        Ok(self.live.get(number)?.map(|live| live.value().2.to_owned()))
    }

    /// Gives the message its key until all its `entries` have ended.
    pub(super) fn take(&mut self, number: u64, message: &NewMessage, entries: u32) -> Result<(), Fault> {
        let Some(key) = &message.unique else { return Ok(()) };
        self.keys.insert((message.topic.as_str(), key.as_str()), message.id.as_str())?;
        self.live.insert(number, (entries, message.topic.as_str(), key.as_str()))?;
        Ok(())
    }

    /// Ends one entry of a message; its key is free with the last one.
    pub(super) fn end(&mut self, number: u64) -> Result<(), Fault> {
        if self.live.is_empty()? {
            return Ok(());
        }
        let Some((entries, topic, key)) = self.live.remove(number)?.map(|live| {
            let (entries, topic, key) = live.value();
            (entries, topic.to_owned(), key.to_owned())
        }) else {
            return Ok(());
        };
        if entries > 1 {
            self.live.insert(number, (entries - 1, topic.as_str(), key.as_str()))?;
        } else {
            self.keys.remove((topic.as_str(), key.as_str()))?;
        }
        Ok(())
    }
}
