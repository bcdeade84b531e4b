//! Unique keys in a table: one message of a topic and key at a time.

use twinloop_runtime::{Failure, SqlStatements, SqlValue};

use crate::provider::message::NewMessage;
use crate::provider::postgres::dedupe::Keys;

/// Lets one transaction at a time look at a key: the next one then sees the messages of the one before. Locks are taken in one
/// order, so that two batches cannot wait for each other.
const LOCK: &str = "select pg_advisory_xact_lock(1953984626, k.lock) from (
  select distinct hashtext(u.topic || chr(1) || u.key) as lock from unnest($1::text[], $2::text[]) u(topic, key) order by 1
) k";
const TAKE: &str =
    "select topic, key, message_id, is_new from twinloop.take_unique($1::text[], $2::text[], $3::text[])";

/// Deletes keys whose messages are done: of the keys that were not looked at for longest. A key that a publish takes meanwhile was
/// just looked at.
pub(crate) const SWEEP: &str = "with oldest as (
  select topic, key, message_id from twinloop.unique_key
  where checked_at < now() - interval '1 minute' order by checked_at limit 10000 for update skip locked
), gone as (
  delete from twinloop.unique_key k using oldest o
  where k.topic = o.topic and k.key = o.key and not twinloop.is_live(o.message_id) returning k.topic, k.key
)
update twinloop.unique_key k set checked_at = now() from oldest o
where k.topic = o.topic and k.key = o.key and twinloop.is_live(o.message_id)";

/// Takes the unique keys of a batch. The transaction must commit together with the messages for which `admit` is true.
pub(crate) async fn take_unique(
    statements: &dyn SqlStatements,
    messages: &[NewMessage],
) -> Result<Keys, Failure> {
    let mut keys = Keys::new(|message| message.unique.as_deref());
    let (mut topics, mut names, mut ids) = (Vec::new(), Vec::new(), Vec::new());
    for (topic, name, message) in keys.firsts(messages) {
        topics.push(Some(topic.to_owned()));
        names.push(Some(name.to_owned()));
        ids.push(Some(message.id.clone()));
    }
    if ids.is_empty() {
        return Ok(keys);
    }
    let (topics, names) = (SqlValue::Texts(topics), SqlValue::Texts(names));
    statements.query(LOCK, vec![topics.clone(), names.clone()]).await?;
    for row in statements.query(TAKE, vec![topics, names, SqlValue::Texts(ids)]).await? {
        if let Ok(
            [SqlValue::Text(topic), SqlValue::Text(key), SqlValue::Text(owner), SqlValue::Bool(is_new)],
        ) = <[SqlValue; 4]>::try_from(row)
        {
            keys.note(topic, key, owner, is_new);
        }
    }
    Ok(keys)
}
