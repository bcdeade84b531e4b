//! The tables of the file.
//!
//! Every message is stored once, under a number; each subscription has entries of `(number, attempts)` in tables of its own.
//! A body is therefore written once whatever the number of subscriptions, a claim rewrites 12 bytes and not a body, and the
//! number of waiting messages is the length of a table. A message is deleted with its last entry. `shares` counts the
//! entries of messages that have several; most topics have one subscription and need no count.
//!
//! An entry has a place, a number that grows in the order of arrival, and is in one table at a time:
//!
//! ```text
//!   publish ──▶ delayed ──▶ ready ──▶ out ──▶ gone, or dead
//!                  ▲          ▲ ▲      │
//!                  └── retry ─┼─┼──────┤
//!                     behind ─┘ └──────┘ released, or its lease has ended
//! ```
//!
//! In an ordered subscription, `heads` holds the one entry of each key that is in front: ready, in flight or to be retried.
//! The other entries of the key are in `behind`, and the next one moves up when the front one is settled.
//!
//! All tables are durable. Leases are in memory alone because they belong to one process: when it ends, all entries in
//! flight become ready again with their attempts counted, since the claim that counted an attempt was on the disk before the
//! delivery.

use redb::{Table, TableDefinition, WriteTransaction};

use crate::provider::embedded::fault::Fault;

/// A message's number, and how often this subscription has delivered it.
pub(super) type Entry = (u64, u32);

/// Topic and name -> the subscription's number, and whether it is ordered.
pub(super) const SUBSCRIPTIONS: TableDefinition<(&str, &str), (u32, bool)> =
    TableDefinition::new("subscriptions");
/// A message's number -> its bytes.
pub(super) const MESSAGES: TableDefinition<u64, &[u8]> = TableDefinition::new("messages");
/// A message's number -> how many entries it has, where there are several.
pub(super) const SHARES: TableDefinition<u64, u32> = TableDefinition::new("shares");
/// The first number that was not reserved yet.
pub(super) const NUMBERS: TableDefinition<(), u64> = TableDefinition::new("numbers");
/// Topic and dedupe key -> the message's id, and until when (ms since 1970).
pub(super) const DEDUPE: TableDefinition<(&str, &str), (&str, u64)> = TableDefinition::new("dedupe");
/// End of the window, topic and dedupe key, to find expired keys.
pub(super) const DEDUPE_ENDS: TableDefinition<(u64, &str, &str), ()> = TableDefinition::new("dedupe_ends");

/// Topic and unique key -> the id of the message that waits or runs.
pub(super) const UNIQUE: TableDefinition<(&str, &str), &str> = TableDefinition::new("unique");
/// A message's number -> how many of its entries wait or run, its topic and its unique key.
pub(super) const LIVE: TableDefinition<u64, (u32, &str, &str)> = TableDefinition::new("live");

/// Topic and name -> when the subscription was made and last served (ms since 1970), its expiry (ms, or one of the two below), and
/// the bits of [`About`](crate::provider::embedded::about::About).
pub(super) const ABOUT: TableDefinition<(&str, &str), (u64, u64, u64, u8)> = TableDefinition::new("about");
/// Topic and a former name of a subscription -> its present name.
pub(super) const FORMER: TableDefinition<(&str, &str), &str> = TableDefinition::new("former");

/// The names of one subscription's tables.
#[derive(Clone, Debug)]
pub(super) struct Names {
    ready: String,
    delayed: String,
    out: String,
    heads: String,
    behind: String,
    dead: String,
    dead_ids: String,
}

impl Names {
    pub(super) fn new(number: u32) -> Self {
        let name = |table: &str| format!("{table} {number}");
        Self {
            ready: name("ready"),
            delayed: name("delayed"),
            out: name("out"),
            heads: name("heads"),
            behind: name("behind"),
            dead: name("dead"),
            dead_ids: name("dead_ids"),
        }
    }

    /// Deletes all tables of the subscription.
    pub(super) fn delete(&self, txn: &WriteTransaction) -> Result<(), Fault> {
        txn.delete_table(TableDefinition::<u64, Entry>::new(&self.ready))?;
        txn.delete_table(TableDefinition::<(u64, u64), Entry>::new(&self.delayed))?;
        txn.delete_table(TableDefinition::<u64, Entry>::new(&self.out))?;
        txn.delete_table(TableDefinition::<&str, u64>::new(&self.heads))?;
        txn.delete_table(TableDefinition::<(&str, u64), Entry>::new(&self.behind))?;
        txn.delete_table(TableDefinition::<u64, (u64, &[u8])>::new(&self.dead))?;
        txn.delete_table(TableDefinition::<(&str, u64), ()>::new(&self.dead_ids))?;
        Ok(())
    }

    /// Opens the ready entries: place -> entry.
    pub(super) fn ready<'t>(&self, txn: &'t WriteTransaction) -> Result<Table<'t, u64, Entry>, Fault> {
        Ok(txn.open_table(TableDefinition::new(&self.ready))?)
    }

    /// Opens the delayed entries: due time (milliseconds since 1970) and place -> entry.
    pub(super) fn delayed<'t>(
        &self,
        txn: &'t WriteTransaction,
    ) -> Result<Table<'t, (u64, u64), Entry>, Fault> {
        Ok(txn.open_table(TableDefinition::new(&self.delayed))?)
    }

    /// Opens the entries in flight: place -> entry with its attempt counted.
    pub(super) fn out<'t>(&self, txn: &'t WriteTransaction) -> Result<Table<'t, u64, Entry>, Fault> {
        Ok(txn.open_table(TableDefinition::new(&self.out))?)
    }

    /// Opens the front entries: key -> place.
    pub(super) fn heads<'t>(&self, txn: &'t WriteTransaction) -> Result<Table<'t, &'static str, u64>, Fault> {
        Ok(txn.open_table(TableDefinition::new(&self.heads))?)
    }

    /// Opens the entries behind a front entry: key and place -> entry.
    pub(super) fn behind<'t>(
        &self,
        txn: &'t WriteTransaction,
    ) -> Result<Table<'t, (&'static str, u64), Entry>, Fault> {
        Ok(txn.open_table(TableDefinition::new(&self.behind))?)
    }

    /// Opens the dead letters: place in the order of burial -> the message's number and its burial.
    pub(super) fn dead<'t>(
        &self,
        txn: &'t WriteTransaction,
    ) -> Result<Table<'t, u64, (u64, &'static [u8])>, Fault> {
        Ok(txn.open_table(TableDefinition::new(&self.dead))?)
    }

    /// Opens the index of the dead letters: message id and place.
    pub(super) fn dead_ids<'t>(
        &self,
        txn: &'t WriteTransaction,
    ) -> Result<Table<'t, (&'static str, u64), ()>, Fault> {
        Ok(txn.open_table(TableDefinition::new(&self.dead_ids))?)
    }
}
