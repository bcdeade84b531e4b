//! The requests of operators' tools. A subscription is given by its name, because the app need not declare it.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde_json::{Value, json};
use twinloop_runtime::Failure;

use crate::engine::Engine;
use crate::engine::deliver::context::milliseconds;
use crate::operate::inspect::{Letter, checked_limit, depth_json, json_of};
use crate::operate::recall::{RecallRequest, recall};
use crate::provider::history::{ReplayFrom, ReplayRange};
use crate::provider::message::DeadLetter;
use crate::provider::operate::{Done, Expiry, Known, Waiting};
use crate::provider::subscription::MessageState;
use crate::request::Purged;

/// Least number of dead letters that are read in one page.
const PAGE: usize = 1_000;

/// A request of an operator's tool: `{ broker, what, topic?, name?, … }`.
#[derive(Deserialize)]
pub(crate) struct OperatorRequest {
    pub(crate) broker: u32,
    #[serde(default)]
    topic: String,
    #[serde(default)]
    name: String,
    #[serde(flatten)]
    what: What,
}

#[derive(Deserialize)]
#[serde(tag = "what", rename_all = "lowercase")]
enum What {
    Known,
    Depth,
    Dead(Page),
    Reasons(Page),
    Redrive { ids: Option<Vec<String>> },
    Purge { part: Purged },
    Peek { limit: usize },
    Delete { ids: Vec<String> },
    Promote { ids: Vec<String> },
    Pause,
    Resume,
    Move { to: String },
    Recall(RecallRequest),
    Remove,
    Replay(ReplayRequest),
}

/// The part of the topic's history that is copied again, up to a time where one is given.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReplayRequest {
    from: ReplayFrom,
    until_ms: Option<u64>,
}

/// A selection of dead letters: the ones with these ids, or `limit` of them after the id `after`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Page {
    limit: usize,
    after: Option<String>,
    reason: Option<String>,
    since_ms: Option<u64>,
    until_ms: Option<u64>,
}

impl Page {
    fn holds(&self, letter: &DeadLetter) -> bool {
        let at = milliseconds(letter.buried_at);
        self.reason.as_deref().is_none_or(|reason| reason == letter.burial.reason.name())
            && self.since_ms.is_none_or(|since| at >= since)
            && self.until_ms.is_none_or(|until| at < until)
    }
}

/// Carries out a request.
pub(crate) async fn operate(engine: &Engine, asked: OperatorRequest) -> Result<Value, Failure> {
    let OperatorRequest { topic, name, what, .. } = asked;
    let broker = &engine.broker;
    if let What::Known = what {
        let known = broker.known().await?;
        return Ok(known.iter().map(known_json).collect());
    }
    let what = match what {
        What::Recall(asked) => return recall(engine, &topic, asked).await,
        other => other,
    };
    let name = resolve(engine, &topic, &name).await?;
    let counted = |count: u64| Ok(json!(count));
    match what {
        What::Known | What::Recall(_) => Ok(Value::Null),
        What::Depth => Ok(depth_json(&broker.depth(&topic, &name).await?)),
        What::Dead(page) => dead(engine, &topic, &name, &page).await,
        What::Reasons(page) => reasons(engine, &topic, &name, &page).await,
        What::Redrive { ids } => {
            let done = broker.redrive(&topic, &name, ids.as_deref()).await?;
            all_found(done, "no dead letter")
        }
        What::Purge { part } => counted(broker.purge(&topic, &name, MessageState::from(part)).await?),
        What::Peek { limit } => {
            let waiting = broker.peek(&topic, &name, checked_limit(limit)?).await?;
            waiting.iter().map(|each| waiting_json(each, engine.now())).collect()
        }
        What::Delete { ids } => {
            all_found(broker.delete(&topic, &name, &ids).await?, "no message that waits, and no dead letter,")
        }
        What::Promote { ids } => all_found(broker.promote(&topic, &name, &ids).await?, "no delayed message"),
        What::Pause => Ok(json!(broker.pause(&topic, &name, true).await?)),
        What::Resume => Ok(json!(broker.pause(&topic, &name, false).await?)),
        What::Move { to } => {
            let to = resolve(engine, &topic, &to).await?;
            if to == name {
                return Err(Failure::invalid_argument(format!("{topic}/{name} cannot be moved to itself")));
            }
            counted(broker.move_all(&topic, &name, &to).await?)
        }
        What::Replay(ReplayRequest { from, until_ms }) => {
            let until = until_ms.map(|ms| SystemTime::UNIX_EPOCH + Duration::from_millis(ms));
            counted(broker.replay(&topic, &name, ReplayRange { from, until }).await?)
        }
        What::Remove => {
            refuse_served(engine, &topic, &name).await?;
            counted(broker.remove(&topic, &name).await?)
        }
    }
}

/// Refuses to delete a subscription that a process serves: that process would get no more messages without noticing.
async fn refuse_served(engine: &Engine, topic: &str, name: &str) -> Result<(), Failure> {
    if engine.is_pulling() && engine.declared().iter().any(|own| own.topic == topic && own.name == name) {
        return Err(Failure::failed_precondition(format!(
            "this process serves {topic}/{name}: purge it, or stop the app first"
        )));
    }
    // The embedded file belongs to one process, so that another one which was killed cannot serve it.
    if engine.broker.place().starts_with("embedded:") {
        return Ok(());
    }
    let known = engine.broker.known().await?;
    match known.iter().find(|each| each.is_called(topic, name)) {
        Some(found) if found.is_served => Err(Failure::failed_precondition(format!(
            "a process serves {topic}/{name} (noted {} s ago): stop it first; one that was killed counts as serving for two minutes",
            found.served_ago.as_secs()
        ))),
        _ => Ok(()),
    }
}

/// Returns the present name of a subscription that may be given by a former one.
async fn resolve(engine: &Engine, topic: &str, name: &str) -> Result<String, Failure> {
    let known = engine.broker.known().await?;
    if let Some(found) = known.iter().find(|each| each.is_called(topic, name)) {
        return Ok(found.name.clone());
    }
    if engine.broker.has(topic, name).await? {
        return Ok(name.to_owned());
    }
    let names: Vec<String> = known.iter().map(|each| format!("{}/{}", each.topic, each.name)).collect();
    let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let place = engine.broker.place();
    Err(Failure::not_found(format!("{place} has no subscription {topic}/{name}; it has {there}")))
}

/// Returns the count as JSON. Ids that were not found are an error, after the other messages were handled.
pub(crate) fn all_found(done: Done, what: &str) -> Result<Value, Failure> {
    let Done { count, missing } = done;
    if missing.is_empty() {
        return Ok(json!(count));
    }
    let others = match count {
        0 => "no message was changed".to_owned(),
        1 => "1 other was found and changed".to_owned(),
        more => format!("{more} others were found and changed"),
    };
    let message = format!("{what} has the id {}; {others}", missing.join(", "));
    Err(Failure::not_found(message).with_details(json!({ "missing": missing, "done": count })))
}

/// Reads pages of dead letters after `after` until `each` has enough.
async fn visit_dead(
    engine: &Engine,
    topic: &str,
    name: &str,
    page: &Page,
    mut each: impl FnMut(DeadLetter) -> bool,
) -> Result<(), Failure> {
    let mut after = page.after.clone();
    // RabbitMQ takes all dead letters out for each page.
    let size = page.limit.max(PAGE);
    loop {
        let letters = engine.broker.dead_letters(topic, name, size, after.as_deref()).await?;
        let is_last = letters.len() < size;
        after = letters.last().map(|letter| letter.id.clone());
        for letter in letters.into_iter().filter(|letter| page.holds(letter)) {
            if !each(letter) {
                return Ok(());
            }
        }
        if is_last {
            return Ok(());
        }
    }
}

async fn dead(engine: &Engine, topic: &str, name: &str, page: &Page) -> Result<Value, Failure> {
    let limit = checked_limit(page.limit)?;
    let mut found = Vec::new();
    visit_dead(engine, topic, name, page, |letter| {
        found.push(letter);
        found.len() < limit
    })
    .await?;
    let letters: Vec<Letter> = found.into_iter().map(Letter::try_from).collect::<Result<_, _>>()?;
    serde_json::to_value(letters).map_err(|error| Failure::internal(error.to_string()))
}

async fn reasons(engine: &Engine, topic: &str, name: &str, page: &Page) -> Result<Value, Failure> {
    let (mut counts, mut errors) = (BTreeMap::<&str, u64>::new(), BTreeMap::<String, u64>::new());
    visit_dead(engine, topic, name, page, |letter| {
        *counts.entry(letter.burial.reason.name()).or_default() += 1;
        let first = letter.burial.error.lines().next().unwrap_or_default();
        *errors.entry(first.chars().take(120).collect()).or_default() += 1;
        true
    })
    .await?;
    let mut errors: Vec<(String, u64)> = errors.into_iter().collect();
    errors.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    errors.truncate(20);
    let errors: Vec<Value> =
        errors.into_iter().map(|(error, count)| json!({ "error": error, "count": count })).collect();
    Ok(json!({ "reasons": counts, "errors": errors }))
}

fn known_json(known: &Known) -> Value {
    json!({
        "topic": known.topic,
        "subscription": known.name,
        "formerly": known.former,
        "ordered": known.ordered,
        "servedMsAgo": in_ms(known.served_ago),
        "isServed": known.is_served,
        "expiryMs": match known.expiry {
            Expiry::After(time) => json!(in_ms(time)),
            Expiry::Never | Expiry::Unknown => Value::Null,
        },
        "isPaused": known.is_paused,
        "isExpired": known.is_expired,
    })
}

fn waiting_json(waiting: &Waiting, now: SystemTime) -> Result<Value, Failure> {
    Ok(json!({
        "id": waiting.id,
        "state": waiting.stand.name(),
        "body": json_of(&waiting.body)?,
        "key": waiting.key,
        "priority": waiting.priority,
        "uniqueKey": waiting.unique,
        "attempts": waiting.attempts,
        "publishedAt": milliseconds(waiting.published_at),
        "ageMs": in_ms(now.duration_since(waiting.published_at).unwrap_or_default()),
        "dueAt": waiting.due_at.map(milliseconds),
        "holder": waiting.holder,
        "heldSince": waiting.held_since.map(milliseconds),
    }))
}

fn in_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
