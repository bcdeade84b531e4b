//! The topics and subscriptions that the file knows, and how much each holds.

use std::collections::{BTreeMap, HashMap};

use redb::{ReadableTable, WriteTransaction};

use super::fault::Fault;
use super::queue::Held;
use super::tables::{Names, SUBSCRIPTIONS};
use crate::error::Error;

/// A subscription.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) ordered: bool,
    pub(super) names: Names,
    pub(super) held: Held,
}

/// Those in the file, and topics that have none yet.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    topics: HashMap<String, BTreeMap<String, u32>>,
    known: BTreeMap<u32, Known>,
}

impl Catalogue {
    /// What the file says, and the topics without subscriptions that were known `before`.
    pub(super) fn read(txn: &WriteTransaction, before: &Self) -> Result<Self, Fault> {
        let mut catalogue = Self::default();
        before.topics.keys().for_each(|topic| catalogue.add_topic(topic));
        for entry in txn.open_table(SUBSCRIPTIONS)?.iter()? {
            let (at, about) = entry?;
            let ((topic, name), (number, ordered)) = (at.value(), about.value());
            catalogue.put(topic, name, number, ordered);
        }
        Ok(catalogue)
    }

    fn put(&mut self, topic: &str, name: &str, number: u32, ordered: bool) {
        self.topics.entry(topic.to_owned()).or_default().insert(name.to_owned(), number);
        let names = Names::new(number);
        self.known.insert(number, Known { ordered, names, held: Held::default() });
    }

    /// A topic that may have no subscription.
    pub(super) fn add_topic(&mut self, topic: &str) {
        self.topics.entry(topic.to_owned()).or_default();
    }

    /// Writes a subscription; its number.
    pub(super) fn write(
        &mut self,
        txn: &WriteTransaction,
        topic: &str,
        name: &str,
        ordered: bool,
    ) -> Result<u32, Fault> {
        let known = self.topics.get(topic).and_then(|names| names.get(name)).copied();
        let number = known.unwrap_or_else(|| self.known.last_key_value().map_or(1, |(last, _)| last + 1));
        txn.open_table(SUBSCRIPTIONS)?.insert((topic, name), (number, ordered))?;
        self.put(topic, name, number, ordered);
        Ok(number)
    }

    /// The numbers of a topic's subscriptions.
    pub(super) fn of_topic(&self, topic: &str) -> Result<impl ExactSizeIterator<Item = u32>, Error> {
        Ok(self.topics.get(topic).ok_or_else(|| undeclared(topic))?.values().copied())
    }

    pub(super) fn find(&self, topic: &str, subscription: &str) -> Result<u32, Error> {
        let names = self.topics.get(topic).ok_or_else(|| undeclared(topic))?;
        names.get(subscription).copied().ok_or_else(|| {
            Error::precondition(format!("topic {topic} has no subscription {subscription}: declare it first"))
        })
    }

    pub(super) fn numbers(&self) -> Vec<u32> {
        self.known.keys().copied().collect()
    }

    pub(super) fn known(&self, number: u32) -> Result<&Known, Fault> {
        self.known.get(&number).ok_or_else(|| Fault::damaged(&format!("there is no subscription {number}")))
    }

    pub(super) fn set_held(&mut self, number: u32, held: Held) {
        if let Some(known) = self.known.get_mut(&number) {
            known.held = held;
        }
    }

    pub(super) fn ready(&self, number: u32) -> u64 {
        self.known.get(&number).map_or(0, |known| known.held.ready)
    }

    /// Those with a delayed message that is due.
    pub(super) fn due(&self, now_ms: u64) -> Vec<u32> {
        let due =
            self.known.iter().filter(|(_, known)| known.held.next_due_ms.is_some_and(|at| at <= now_ms));
        due.map(|(number, _)| *number).collect()
    }

    /// When the next delayed message is due, in ms since 1970.
    pub(super) fn next_due_ms(&self) -> Option<u64> {
        self.known.values().filter_map(|known| known.held.next_due_ms).min()
    }
}

fn undeclared(topic: &str) -> Error {
    Error::precondition(format!("topic {topic} is not declared: declare it before it is used"))
}
