//! Dedupe keys in a table: one message per topic, key and window.

use std::collections::{HashMap, HashSet};

use twinloop_runtime::{Failure, SqlRow, SqlStatements, SqlValue};

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

/// Messages by topic and dedupe key.
type ByKey<'a> = HashMap<(&'a str, &'a str), &'a NewMessage>;

/// The owners of a batch's dedupe keys, after the free ones were taken.
#[derive(Default)]
pub(crate) struct Keys {
    owners: HashMap<(String, String), String>,
    /// The ids of messages that have just taken their keys.
    taken: HashSet<String>,
}

impl Keys {
    fn owner(&self, message: &NewMessage) -> Option<&String> {
        let dedupe = message.dedupe.as_ref()?;
        self.owners.get(&(message.topic.clone(), dedupe.key.clone()))
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
    let mut firsts = ByKey::new();
    for message in messages {
        if let Some(dedupe) = &message.dedupe {
            firsts.entry((&message.topic, &dedupe.key)).or_insert(message);
        }
    }
    if firsts.is_empty() {
        return Ok(Keys::default());
    }
    let texts = |of: &dyn Fn(&NewMessage, &(&str, &str)) -> String| {
        SqlValue::Texts(firsts.iter().map(|(key, message)| Some(of(message, key))).collect())
    };
    let topics = texts(&|_, key| key.0.to_owned());
    let keys = texts(&|_, key| key.1.to_owned());
    let ids = texts(&|message, _| message.id.clone());
    let windows = firsts.values().map(|message| message.dedupe.as_ref().map(|dedupe| ahead(dedupe.until)));
    let windows = SqlValue::Ints(windows.collect());
    let taken = statements.query(TAKE_KEYS, vec![topics.clone(), keys.clone(), ids, windows]).await?;
    let rows = statements.query(KEY_OWNERS, vec![topics, keys]).await?;
    let owner = |row: SqlRow| match <[SqlValue; 3]>::try_from(row) {
        Ok([SqlValue::Text(topic), SqlValue::Text(key), SqlValue::Text(owner)]) => {
            Some(((topic, key), owner))
        }
        _ => None,
    };
    Ok(Keys {
        owners: rows.into_iter().filter_map(owner).collect(),
        taken: taken.into_iter().flatten().filter_map(optional).collect(),
    })
}
