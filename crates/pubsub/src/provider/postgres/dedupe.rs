//! Dedupe keys in a table: one message per topic, key and window.

use std::collections::{HashMap, HashSet};

use twinloop_runtime::{Failure, SqlStatements, SqlValue};

use crate::provider::message::{NewMessage, Published};
use crate::provider::postgres::claim::optional;
use crate::provider::postgres::clock::ahead;

/// Creates the table, which both the queue and the outbox have.
pub(crate) const TABLE: &str = include_str!("dedupe.sql");

/// Deletes keys whose windows have ended.
pub(crate) const SWEEP: &str = "delete from twinloop.dedupe where (topic, key) in
  (select topic, key from twinloop.dedupe where until < now() order by until limit 10000 for update skip locked)";

/// Takes the free keys, always in the same order, so that two batches cannot wait for each other.
const TAKE_KEYS: &str = "insert into twinloop.dedupe as d (topic, key, message_id, until)
  select u.topic, u.key, u.id, now() + u.window_us * interval '1 microsecond'
  from unnest($1::text[], $2::text[], $3::text[], $4::int8[]) u(topic, key, id, window_us)
  order by u.topic, u.key
  on conflict (topic, key) do update set message_id = excluded.message_id, until = excluded.until
  where d.until <= now()
  returning d.message_id";

const KEY_OWNERS: &str = "select d.topic, d.key, d.message_id
  from unnest($1::text[], $2::text[]) u(topic, key) join twinloop.dedupe d on d.topic = u.topic and d.key = u.key";

/// The owners of a batch's keys of one kind, after the free ones were taken.
pub(crate) struct Keys {
    /// The key of a message.
    of: fn(&NewMessage) -> Option<&str>,
    owners: HashMap<(String, String), String>,
    /// The ids of messages that have just taken their keys.
    taken: HashSet<String>,
}

impl Keys {
    /// Creates the keys of a batch without owners.
    pub(crate) fn new(of: fn(&NewMessage) -> Option<&str>) -> Self {
        Self { of, owners: HashMap::new(), taken: HashSet::new() }
    }

    /// Returns the first message of each topic and key.
    pub(crate) fn firsts<'m>(
        &self,
        messages: &'m [NewMessage],
    ) -> impl Iterator<Item = (&'m str, &'m str, &'m NewMessage)> + use<'m> {
        let mut firsts = HashMap::new();
        for message in messages {
            if let Some(key) = (self.of)(message) {
                firsts.entry((message.topic.as_str(), key)).or_insert(message);
            }
        }
        firsts.into_iter().map(|((topic, key), message)| (topic, key, message))
    }

    /// Notes the owner of a key, and whether it has just taken it.
    pub(crate) fn note(&mut self, topic: String, key: String, owner: String, is_new: bool) {
        if is_new {
            self.taken.insert(owner.clone());
        }
        self.owners.insert((topic, key), owner);
    }

    fn owner(&self, message: &NewMessage) -> Option<&String> {
        self.owners.get(&(message.topic.clone(), (self.of)(message)?.to_owned()))
    }

    /// Returns the outcome for the publisher of a message.
    pub(crate) fn answer(&self, message: &NewMessage) -> Published {
        match self.owner(message) {
            Some(owner) if *owner != message.id => Published::Duplicate(owner.clone()),
            _ => Published::Stored,
        }
    }

    /// Returns whether the message is to be stored. A message that had its key before is stored already: it is being sent
    /// again.
    pub(crate) fn admit(&self, message: &NewMessage) -> bool {
        self.owner(message).is_none_or(|owner| *owner == message.id && self.taken.contains(owner))
    }
}

/// Takes the dedupe keys of a batch. The transaction must commit together with the messages for which `admit` is true.
pub(crate) async fn take_keys(
    statements: &dyn SqlStatements,
    messages: &[NewMessage],
) -> Result<Keys, Failure> {
    let mut keys = Keys::new(|message| message.dedupe.as_ref().map(|dedupe| dedupe.key.as_str()));
    let (mut topics, mut names) = (Vec::new(), Vec::new());
    let (mut ids, mut windows) = (Vec::new(), Vec::new());
    for (topic, name, message) in keys.firsts(messages) {
        topics.push(Some(topic.to_owned()));
        names.push(Some(name.to_owned()));
        ids.push(Some(message.id.clone()));
        windows.push(message.dedupe.as_ref().map(|dedupe| ahead(dedupe.until)));
    }
    if ids.is_empty() {
        return Ok(keys);
    }
    let (topics, names) = (SqlValue::Texts(topics), SqlValue::Texts(names));
    let parameters = vec![topics.clone(), names.clone(), SqlValue::Texts(ids), SqlValue::Ints(windows)];
    let taken: HashSet<String> =
        statements.query(TAKE_KEYS, parameters).await?.into_iter().flatten().filter_map(optional).collect();
    for row in statements.query(KEY_OWNERS, vec![topics, names]).await? {
        if let Ok([SqlValue::Text(topic), SqlValue::Text(key), SqlValue::Text(owner)]) =
            <[SqlValue; 3]>::try_from(row)
        {
            let is_new = taken.contains(&owner);
            keys.note(topic, key, owner, is_new);
        }
    }
    Ok(keys)
}
