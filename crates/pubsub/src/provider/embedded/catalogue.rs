//! The topics and subscriptions that the file knows, and how many messages each holds.

use std::collections::{BTreeMap, HashMap};
use std::time::SystemTime;

use redb::{ReadableTable, WriteTransaction};
use twinloop_runtime::Failure;

use crate::provider::embedded::about::About;
use crate::provider::embedded::fault::Fault;
use crate::provider::embedded::queue::Held;
use crate::provider::embedded::tables::{ABOUT, FORMER, Names, SUBSCRIPTIONS};
use crate::provider::message::NewMessage;

/// A subscription that the file knows.
#[derive(Debug)]
pub(super) struct Known {
    pub(super) topic: String,
    pub(super) name: String,
    pub(super) ordered: bool,
    pub(super) names: Names,
    pub(super) held: Held,
    pub(super) about: About,
}

/// The subscriptions in the file, and the topics that have none yet.
#[derive(Debug, Default)]
pub(super) struct Catalogue {
    topics: HashMap<String, BTreeMap<String, u32>>,
    known: BTreeMap<u32, Known>,
}

impl Catalogue {
    /// Reads the subscriptions of the file; topics without subscriptions are taken over from `before`.
    pub(super) fn read(txn: &WriteTransaction, before: &Self) -> Result<Self, Fault> {
        let mut catalogue = Self::default();
        before.topics.keys().for_each(|topic| catalogue.add_topic(topic));
        let abouts = txn.open_table(ABOUT)?;
        for entry in txn.open_table(SUBSCRIPTIONS)?.iter()? {
            let (at, about) = entry?;
            let ((topic, name), (number, ordered)) = (at.value(), about.value());
            let about = abouts.get((topic, name))?.map(|about| About::read(about.value()));
            catalogue.put(
                topic,
                name,
                number,
                ordered,
                about.unwrap_or_else(|| About::unknown(SystemTime::now())),
            );
        }
        for entry in txn.open_table(FORMER)?.iter()? {
            let (at, name) = entry?;
            let (topic, former) = at.value();
            if let Ok(number) = catalogue.find(topic, name.value())
                && let Some(known) = catalogue.known.get_mut(&number)
            {
                known.about.former.push(former.to_owned());
            }
        }
        Ok(catalogue)
    }

    fn put(&mut self, topic: &str, name: &str, number: u32, ordered: bool, about: About) {
        self.topics.entry(topic.to_owned()).or_default().insert(name.to_owned(), number);
        let (topic, name, names) = (topic.to_owned(), name.to_owned(), Names::new(number));
        self.known.insert(number, Known { topic, name, ordered, names, held: Held::default(), about });
    }

    /// Writes what has changed in a subscription's record.
    pub(super) fn note(
        &mut self,
        txn: &WriteTransaction,
        number: u32,
        change: impl FnOnce(&mut About),
    ) -> Result<(), Fault> {
        let Some(known) = self.known.get_mut(&number) else { return Ok(()) };
        change(&mut known.about);
        txn.open_table(ABOUT)?.insert((known.topic.as_str(), known.name.as_str()), known.about.write())?;
        Ok(())
    }

    /// Renames a subscription; its previous name becomes a former one.
    pub(super) fn rename(&mut self, txn: &WriteTransaction, number: u32, to: &str) -> Result<(), Fault> {
        let Some(Known { topic, name, ordered, mut about, .. }) = self.drop_names(txn, number)? else {
            return Ok(());
        };
        about.former.push(name);
        txn.open_table(SUBSCRIPTIONS)?.insert((topic.as_str(), to), (number, ordered))?;
        self.put(&topic, to, number, ordered, about);
        self.note_former(txn, number)
    }

    /// Makes names former names of a subscription.
    pub(super) fn take_names(
        &mut self,
        txn: &WriteTransaction,
        number: u32,
        names: Vec<String>,
    ) -> Result<(), Fault> {
        if let Some(known) = self.known.get_mut(&number) {
            known.about.former.extend(names);
        }
        self.note_former(txn, number)
    }

    /// Ends a former name, so that it can be the name of another subscription.
    pub(super) fn free_name(&mut self, txn: &WriteTransaction, topic: &str, name: &str) -> Result<(), Fault> {
        txn.open_table(FORMER)?.remove((topic, name))?;
        for known in self.known.values_mut().filter(|known| known.topic == topic) {
            known.about.former.retain(|former| former != name);
        }
        Ok(())
    }

    fn note_former(&mut self, txn: &WriteTransaction, number: u32) -> Result<(), Fault> {
        self.note(txn, number, |_| {})?;
        let Some(known) = self.known.get(&number) else { return Ok(()) };
        let mut table = txn.open_table(FORMER)?;
        for former in &known.about.former {
            table.insert((known.topic.as_str(), former.as_str()), known.name.as_str())?;
        }
        Ok(())
    }

    /// Removes a subscription from all lists; its messages are deleted elsewhere.
    pub(super) fn drop_names(&mut self, txn: &WriteTransaction, number: u32) -> Result<Option<Known>, Fault> {
        let Some(known) = self.known.remove(&number) else { return Ok(None) };
        let at = (known.topic.as_str(), known.name.as_str());
        txn.open_table(SUBSCRIPTIONS)?.remove(at)?;
        txn.open_table(ABOUT)?.remove(at)?;
        let mut table = txn.open_table(FORMER)?;
        for former in &known.about.former {
            table.remove((known.topic.as_str(), former.as_str()))?;
        }
        if let Some(names) = self.topics.get_mut(&known.topic) {
            names.remove(&known.name);
        }
        Ok(Some(known))
    }

    /// Lists all subscriptions, sorted by topic and name.
    pub(super) fn all(&self) -> Vec<&Known> {
        let mut all: Vec<&Known> = self.known.values().collect();
        all.sort_by(|one, other| (&one.topic, &one.name).cmp(&(&other.topic, &other.name)));
        all
    }

    /// Adds a topic that may have no subscription.
    pub(super) fn add_topic(&mut self, topic: &str) {
        self.topics.entry(topic.to_owned()).or_default();
    }

    /// Writes a subscription and returns its number.
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
        let before = self.known.remove(&number).map(|known| known.about);
        let now = SystemTime::now();
        let about = before.unwrap_or_else(|| About { made_at: Some(now), ..About::unknown(now) });
        self.put(topic, name, number, ordered, about);
        self.note(txn, number, |_| {})?;
        Ok(number)
    }

    /// Returns the numbers of the topic's subscriptions that get copies.
    pub(super) fn of_topic(&self, topic: &str) -> Result<impl Iterator<Item = u32>, Failure> {
        let numbers = self.topics.get(topic).ok_or_else(|| undeclared(topic))?.values().copied();
        Ok(numbers.filter(|number| !self.known.get(number).is_some_and(|known| known.about.is_expired)))
    }

    /// Returns the numbers of the subscriptions that get a copy of a message.
    pub(super) fn wanting(&self, message: &NewMessage) -> Vec<u32> {
        let is_unwanted = |number: &u32| {
            self.known.get(number).is_some_and(|known| message.unwanted_by.contains(&known.name))
        };
        let numbers = self.of_topic(&message.topic).into_iter().flatten();
        numbers.filter(|number| !is_unwanted(number)).collect()
    }

    pub(super) fn find(&self, topic: &str, subscription: &str) -> Result<u32, Failure> {
        let names = self.topics.get(topic).ok_or_else(|| undeclared(topic))?;
        let former = || {
            let is_meant = |known: &&Known| {
                known.topic == topic && known.about.former.iter().any(|name| name == subscription)
            };
            self.known.iter().find(|(_, known)| is_meant(known)).map(|(number, _)| *number)
        };
        names
            .get(subscription)
            .copied()
            .or_else(former)
            .ok_or_else(|| crate::error::no_subscription(topic, subscription))
    }

    /// Returns the names and numbers of the topic's subscriptions; `None` for an unknown topic.
    pub(super) fn subscriptions_of(&self, topic: &str) -> Option<Vec<(String, u32)>> {
        let names = self.topics.get(topic)?;
        Some(names.iter().map(|(name, number)| (name.clone(), *number)).collect())
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

    /// Returns the subscriptions with a delayed message that is due.
    pub(super) fn due(&self, now_ms: u64) -> Vec<u32> {
        let due =
            self.known.iter().filter(|(_, known)| known.held.next_due_ms.is_some_and(|at| at <= now_ms));
        due.map(|(number, _)| *number).collect()
    }

    /// Returns when the next delayed message is due, in milliseconds since 1970.
    pub(super) fn next_due_ms(&self) -> Option<u64> {
        self.known.values().filter_map(|known| known.held.next_due_ms).min()
    }
}

fn undeclared(topic: &str) -> Failure {
    Failure::failed_precondition(format!("topic {topic} is not declared: declare it before it is used"))
}
