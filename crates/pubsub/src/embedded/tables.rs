//! What is in the file.
//!
//! Every message is stored once, under a number; each subscription has its entries of `(number, attempts)` in tables of its
//! own, so that a body is written once whatever the number of subscriptions, a claim rewrites 12 bytes rather than a body, and
//! how much waits is the length of a table. A message goes when its last entry does. `shares` counts the entries of those that
//! have several; most topics have one subscription, and then nothing is counted.
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
//! Of an ordered subscription, `heads` names the one entry of each key that is in front: ready, out or to be retried. The others
//! of the key are in `behind`, and the next one moves up when the front one is done.
//!
//! All of it is written durably. Leases are in memory alone: they are this process's, and when it ends all that was out is
//! ready again, with its attempt counted, because the claim that counted it was on the disk before the delivery.

use redb::{Table, TableDefinition, WriteTransaction};

use super::fault::Fault;

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
/// The same by their end.
pub(super) const DEDUPE_ENDS: TableDefinition<(u64, &str, &str), ()> = TableDefinition::new("dedupe_ends");

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

    /// Place -> entry.
    pub(super) fn ready<'t>(&self, txn: &'t WriteTransaction) -> Result<Table<'t, u64, Entry>, Fault> {
        Ok(txn.open_table(TableDefinition::new(&self.ready))?)
    }

    /// When it is due (ms since 1970) and place -> entry.
    pub(super) fn delayed<'t>(
        &self,
        txn: &'t WriteTransaction,
    ) -> Result<Table<'t, (u64, u64), Entry>, Fault> {
        Ok(txn.open_table(TableDefinition::new(&self.delayed))?)
    }

    /// Place -> entry, its attempt counted.
    pub(super) fn out<'t>(&self, txn: &'t WriteTransaction) -> Result<Table<'t, u64, Entry>, Fault> {
        Ok(txn.open_table(TableDefinition::new(&self.out))?)
    }

    /// Key -> place of the one in front.
    pub(super) fn heads<'t>(&self, txn: &'t WriteTransaction) -> Result<Table<'t, &'static str, u64>, Fault> {
        Ok(txn.open_table(TableDefinition::new(&self.heads))?)
    }

    /// Key and place -> entry.
    pub(super) fn behind<'t>(
        &self,
        txn: &'t WriteTransaction,
    ) -> Result<Table<'t, (&'static str, u64), Entry>, Fault> {
        Ok(txn.open_table(TableDefinition::new(&self.behind))?)
    }

    /// Place in the order of burial -> a message's number and its burial.
    pub(super) fn dead<'t>(
        &self,
        txn: &'t WriteTransaction,
    ) -> Result<Table<'t, u64, (u64, &'static [u8])>, Fault> {
        Ok(txn.open_table(TableDefinition::new(&self.dead))?)
    }

    /// A message's id and its place among the dead.
    pub(super) fn dead_ids<'t>(
        &self,
        txn: &'t WriteTransaction,
    ) -> Result<Table<'t, (&'static str, u64), ()>, Fault> {
        Ok(txn.open_table(TableDefinition::new(&self.dead_ids))?)
    }
}
