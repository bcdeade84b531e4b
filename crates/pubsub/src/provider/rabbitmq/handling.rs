//! Operators' changes to the messages of a subscription: list, delete, promote and move.
//!
//! AMQP shows a message only to a receiver. A message of the main queue that is to stay is stored as a copy behind the
//! others and then acknowledged, because returning it would count as an attempt. Delayed messages and dead letters are
//! returned to their queues.

use std::collections::{HashSet, VecDeque};
use std::time::SystemTime;

use lapin::message::Delivery;
use lapin::options::QueueDeleteOptions;
use lapin::types::ShortString;
use twinloop_runtime::Failure;

use crate::provider::operate::{Done, Stand, Waiting};
use crate::provider::rabbitmq::copies::{Copies, Copy};
use crate::provider::rabbitmq::envelope::{Letter, read_dead_letter, redeliveries};
use crate::provider::rabbitmq::inspect::Desk;

/// Copies that are stored in one write.
const MAX_BATCH: usize = 200;

/// Reads a received message with the attempts that it has had.
fn read(taken: Delivery) -> (u64, Letter) {
    let (tag, again) = (taken.delivery_tag, redeliveries(&taken));
    let mut letter = Letter::read(taken);
    letter.attempts = letter.attempts.saturating_add(again);
    (tag, letter)
}

/// Stores copies and then acknowledges their originals.
async fn settle(desk: &mut Desk<'_>, to: &Copies, copies: Vec<Copy>, tags: Vec<u64>) -> Result<(), Failure> {
    if !copies.is_empty() {
        to.store(copies).await?;
    }
    desk.acknowledge(tags).await
}

/// Visits at most `limit` messages of the main queue in their order; `choose` decides on each. A message that is kept goes
/// behind the others, or to another subscription.
async fn visit_main(
    desk: &mut Desk<'_>,
    (copies, to): (&Copies, &Copies),
    limit: u64,
    mut choose: impl FnMut(&Letter) -> Option<Letter>,
) -> Result<(), Failure> {
    let mut left = desk.count(&copies.names.main).await?.unwrap_or(0).min(limit);
    let mut consumed = if copies.ordered { desk.receive(left).await? } else { VecDeque::new() };
    while left > 0 {
        let (mut kept, mut tags) = (Vec::new(), Vec::new());
        while left > 0 && tags.len() < MAX_BATCH {
            let next = match consumed.pop_front() {
                None if !copies.ordered => desk.take_from(&copies.names.main).await?,
                received => received,
            };
            let Some(taken) = next else {
                left = 0;
                break;
            };
            left -= 1;
            let (tag, letter) = read(taken);
            tags.push(tag);
            kept.extend(choose(&letter).map(Copy::due));
        }
        settle(desk, to, kept, tags).await?;
    }
    Ok(())
}

/// Visits the delayed messages: the ones that `choose` takes are settled, the others returned.
async fn visit_levels(
    desk: &mut Desk<'_>,
    to: &Copies,
    mut choose: impl FnMut(&Letter) -> Choice,
) -> Result<(), Failure> {
    for level in desk.levels().await? {
        let (mut stored, mut tags) = (Vec::new(), Vec::new());
        while let Some(taken) = desk.take_from(&level).await? {
            // A message that was returned before was with no handler.
            let (tag, letter) = (taken.delivery_tag, Letter::read(taken));
            match choose(&letter) {
                Choice::Leave => continue,
                Choice::Delete => {}
                Choice::Store(letter) => stored.push(Copy::due(*letter)),
            }
            tags.push(tag);
        }
        settle(desk, to, stored, tags).await?;
        desk.give_back_rest().await?;
    }
    Ok(())
}

enum Choice {
    Leave,
    Delete,
    Store(Box<Letter>),
}

fn shown(letter: &Letter, stand: Stand) -> Waiting {
    Waiting {
        id: letter.id.clone(),
        body: letter.body.clone(),
        key: letter.key.clone(),
        priority: 0,
        unique: None,
        published_at: letter.published_at,
        attempts: letter.attempts,
        stand,
        due_at: letter.deliver_at.filter(|_| stand == Stand::Delayed),
        holder: None,
        held_since: None,
    }
}

pub(super) async fn peek(copies: &Copies, limit: usize) -> Result<Vec<Waiting>, Failure> {
    let mut desk = Desk::open(copies).await?;
    let mut all = Vec::new();
    if !copies.ordered {
        visit_main(&mut desk, (copies, copies), limit as u64, |letter| {
            let is_early = letter.deliver_at.is_some_and(|at| at > SystemTime::now());
            all.push(shown(letter, if is_early { Stand::Delayed } else { Stand::Ready }));
            Some(letter.clone())
        })
        .await?;
    }
    visit_levels(&mut desk, copies, |letter| {
        all.push(shown(letter, Stand::Delayed));
        Choice::Leave
    })
    .await?;
    desk.close();
    all.truncate(limit);
    Ok(all)
}

pub(super) async fn delete(copies: &Copies, ids: &[String]) -> Result<Done, Failure> {
    let wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    let mut desk = Desk::open(copies).await?;
    // Dead letters and delayed messages come first: the main queue is rearranged only for ids that are nowhere else.
    while let Some(taken) = desk.take_from(&copies.names.dead).await? {
        let (tag, letter) = read(taken);
        if wanted.contains(letter.id.as_str()) {
            desk.acknowledge(vec![tag]).await?;
            found.push(letter.id);
        }
    }
    desk.give_back_rest().await?;
    visit_levels(&mut desk, copies, |letter| {
        if !wanted.contains(letter.id.as_str()) {
            return Choice::Leave;
        }
        found.push(letter.id.clone());
        Choice::Delete
    })
    .await?;
    if ids.iter().any(|id| !found.contains(id)) {
        visit_main(&mut desk, (copies, copies), u64::MAX, |letter| {
            if !wanted.contains(letter.id.as_str()) {
                return Some(letter.clone());
            }
            found.push(letter.id.clone());
            None
        })
        .await?;
    }
    desk.close();
    found.sort_unstable();
    found.dedup();
    Ok(Done::of(ids, &found))
}

pub(super) async fn promote(copies: &Copies, ids: &[String]) -> Result<Done, Failure> {
    let wanted: HashSet<&str> = ids.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    let mut desk = Desk::open(copies).await?;
    visit_levels(&mut desk, copies, |letter| {
        if !wanted.contains(letter.id.as_str()) {
            return Choice::Leave;
        }
        found.push(letter.id.clone());
        Choice::Store(Box::new(Letter { deliver_at: None, ..letter.clone() }))
    })
    .await?;
    if ids.iter().any(|id| !found.contains(id)) && !copies.ordered {
        // A message that no process has received yet is in the main queue, whatever its due time.
        visit_main(&mut desk, (copies, copies), u64::MAX, |letter| {
            let mut letter = letter.clone();
            if wanted.contains(letter.id.as_str())
                && letter.deliver_at.is_some_and(|at| at > SystemTime::now())
            {
                found.push(letter.id.clone());
                letter.deliver_at = None;
            }
            Some(letter)
        })
        .await?;
    }
    desk.close();
    Ok(Done::of(ids, &found))
}

/// Moves all messages. Where `since` is given, messages published since then are deleted, because the target has copies of
/// them.
pub(super) async fn move_all(from: &Copies, to: &Copies, since: Option<SystemTime>) -> Result<u64, Failure> {
    let is_double = |letter: &Letter| since.is_some_and(|since| letter.published_at >= since);
    let mut moved = 0;
    let mut desk = Desk::open(from).await?;
    visit_main(&mut desk, (from, to), u64::MAX, |letter| {
        let goes = !is_double(letter);
        moved += u64::from(goes);
        goes.then(|| letter.clone())
    })
    .await?;
    visit_levels(&mut desk, to, |letter| {
        if is_double(letter) {
            return Choice::Delete;
        }
        moved += 1;
        Choice::Store(Box::new(letter.clone()))
    })
    .await?;
    loop {
        let (mut copies, mut tags) = (Vec::new(), Vec::new());
        while tags.len() < MAX_BATCH
            && let Some(taken) = desk.take_from(&from.names.dead).await?
        {
            tags.push(taken.delivery_tag);
            let (letter, burial, buried_at) = read_dead_letter(taken);
            if !is_double(&letter) {
                copies.push(Copy::dead_since(letter, burial, buried_at));
            }
        }
        if tags.is_empty() {
            break;
        }
        moved += copies.len() as u64;
        settle(&mut desk, to, copies, tags).await?;
    }
    desk.close();
    Ok(moved)
}

/// The outcome of [`delete_queues`].
pub(super) struct DeletedQueues {
    /// Whether no queue of the subscription is left.
    pub(super) are_all: bool,
    /// How many messages went with the queues, as the broker counted them while it deleted (AMQP 0-9-1, `queue.delete-ok`).
    pub(super) messages: u64,
}

/// Deletes the queues of a subscription; where `if_unused`, only queues without a consumer.
pub(super) async fn delete_queues(copies: &Copies, if_unused: bool) -> Result<DeletedQueues, Failure> {
    let mut desk = Desk::open(copies).await?;
    let mut deleted = DeletedQueues { are_all: true, messages: 0 };
    let mut queues: Vec<ShortString> = desk.levels().await?;
    queues.extend([copies.names.main.clone(), copies.names.dead.clone()]);
    for queue in queues {
        // A quorum queue does not support `if-unused`.
        if if_unused && desk.has_consumers(&queue).await? {
            deleted.are_all = false;
            continue;
        }
        let count = desk
            .ask(async |channel| channel.queue_delete(queue.clone(), QueueDeleteOptions::default()).await)
            .await?;
        deleted.messages += u64::from(count.unwrap_or(0));
    }
    copies.post.topology.forget_levels();
    desk.close();
    Ok(deleted)
}
