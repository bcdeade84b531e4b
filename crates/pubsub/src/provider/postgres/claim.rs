//! Claims: the statements that claim messages, and the rows as deliveries.

use std::time::Duration;

use bytes::Bytes;
use twinloop_runtime::{Failure, SqlRow, SqlStatements, SqlValue};

use crate::provider::limits::Limits;
use crate::provider::message::{Delivery, Lease};
use crate::provider::postgres::ANSWER_WITHIN;
use crate::provider::postgres::clock::{from_epoch, micros};

const CLAIM: &str = "select * from twinloop.claim($1::int8, $2::int8, $3::int8 * interval '1 microsecond', $4::int8, $5::int8)";
const CLAIM_BY_PRIORITY: &str = "select * from twinloop.claim_by_priority($1::int8, $2::int8, $3::int8 * interval '1 microsecond', $4::int8)";
const CLAIM_LANES: &str = "select * from twinloop.claim_lanes($1::int8, $2::int8, $3::int8 * interval '1 microsecond', $4::text, $5::int8)";
const CLAIM_LIMITED: &str = "select * from twinloop.claim_limited($1::int8, $2::int8, $3::int8 * interval '1 microsecond', $4::text, $5::int8, $6::bool, $7::bool, $8::int8, $9::int8, $10::int8)";
const PROMOTE: &str = "select twinloop.promote($1::int8)";

/// SQLSTATE `unique_violation`: two claims have crossed at one key, and the database has refused the second.
const CROSSED: &str = "23505";
/// How often a claim that crossed another one is repeated at once.
const MOST_CROSSINGS: usize = 3;

/// The parameters of a subscription's claims.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms {
    pub(crate) subscription: i64,
    pub(crate) lease: Duration,
    /// The number of this process in the table of processes.
    pub(crate) holder: i64,
    /// Whether the messages have priorities.
    pub(crate) priorities: bool,
    /// Whether messages of one key are delivered in order.
    pub(crate) ordered: bool,
    pub(crate) limits: Limits,
}

/// How far back a claim that does not search everything looks, in microseconds.
const LOOK_BACK_US: i64 = 60_000_000;
/// How often a claim searches everything.
const FULL_LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// The position from which the next claim searches.
///
/// A claim walks over the dead rows of messages that were due before, as long as an old transaction keeps PostgreSQL from
/// removing them. Most claims therefore begin at the last claimed row, less a margin for transactions that commit late.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    since_us: i64,
    full_look: Option<tokio::time::Instant>,
    /// The last key that was searched; empty before the first one.
    after: String,
}

impl Progress {
    fn since(&mut self) -> i64 {
        if self.full_look.is_none_or(|last| last.elapsed() >= FULL_LOOK_INTERVAL) {
            self.full_look = Some(tokio::time::Instant::now());
            return 0;
        }
        self.since_us
    }
}

/// Claims up to `room` messages of an unordered subscription.
pub(crate) async fn claim(
    statements: &dyn SqlStatements,
    terms: Terms,
    room: usize,
    progress: &mut Progress,
) -> Result<Vec<Delivery>, Failure> {
    let parameters = vec![
        SqlValue::Int(terms.subscription),
        SqlValue::Int(i64::try_from(room).unwrap_or(i64::MAX)),
        SqlValue::Int(micros(terms.lease)),
        SqlValue::Int(progress.since()),
        SqlValue::Int(terms.holder),
    ];
    let claimed = sorted(statements.query_within(CLAIM, parameters, ANSWER_WITHIN).await?)?;
    if let Some((due_us, _)) = claimed.first() {
        progress.since_us = due_us - LOOK_BACK_US;
    }
    Ok(claimed.into_iter().map(|(_, delivery)| delivery).collect())
}

/// Claims up to `room` messages of a subscription with priorities, the greatest first.
pub(crate) async fn claim_by_priority(
    statements: &dyn SqlStatements,
    terms: Terms,
    room: usize,
) -> Result<Vec<Delivery>, Failure> {
    let parameters = vec![
        SqlValue::Int(terms.subscription),
        SqlValue::Int(i64::try_from(room).unwrap_or(i64::MAX)),
        SqlValue::Int(micros(terms.lease)),
        SqlValue::Int(terms.holder),
    ];
    let rows = statements.query_within(CLAIM_BY_PRIORITY, parameters, ANSWER_WITHIN).await?;
    Ok(sorted(rows)?.into_iter().map(|(_, delivery)| delivery).collect())
}

/// Messages that were claimed within limits, and in how many milliseconds the next may be where no token is left.
#[derive(Debug, Default)]
pub(crate) struct Admitted {
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) wait: Option<Duration>,
}

/// Claims up to `room` messages of a subscription with limits over the whole fleet.
pub(crate) async fn claim_limited(
    statements: &dyn SqlStatements,
    terms: Terms,
    room: usize,
    progress: &mut Progress,
) -> Result<Admitted, Failure> {
    let (mut crossings, mut came_round) = (0, progress.after.is_empty());
    loop {
        let parameters = limited_parameters(terms, room, progress.after.clone());
        let mut rows = match statements.query_within(CLAIM_LIMITED, parameters, ANSWER_WITHIN).await {
            Err(error) if error.sqlstate.as_deref() == Some(CROSSED) && crossings < MOST_CROSSINGS => {
                crossings += 1;
                continue;
            }
            other => other?,
        };
        let end = rows.pop().unwrap_or_default();
        let wait = match end.last() {
            Some(SqlValue::Int(wait_ms @ 1..)) => Some(Duration::from_millis(wait_ms.unsigned_abs())),
            _ => None,
        };
        progress.after = end.into_iter().nth(5).and_then(optional).unwrap_or_default();
        let deliveries: Vec<Delivery> = sorted(rows)?.into_iter().map(|(_, delivery)| delivery).collect();
        let at_end = progress.after.is_empty();
        if !deliveries.is_empty() || wait.is_some() || (at_end && came_round) {
            return Ok(Admitted { deliveries, wait });
        }
        // The search from the last key continues at the first one.
        came_round |= at_end;
    }
}

fn limited_parameters(terms: Terms, room: usize, after: String) -> Vec<SqlValue> {
    let Limits { max_in_flight, rate } = terms.limits;
    let number = |number: Option<i64>| number.map_or(SqlValue::Null, SqlValue::Int);
    vec![
        SqlValue::Int(terms.subscription),
        SqlValue::Int(i64::try_from(room).unwrap_or(i64::MAX)),
        SqlValue::Int(micros(terms.lease)),
        SqlValue::Text(after),
        SqlValue::Int(terms.holder),
        SqlValue::Bool(terms.ordered),
        SqlValue::Bool(terms.priorities),
        number(max_in_flight.map(i64::from)),
        number(rate.map(|rate| rate.messages.into())),
        number(rate.map(|rate| micros(rate.per).max(1))),
    ]
}

/// Reads claimed rows and sorts them by their last column, and then by the order of their storing.
fn sorted(rows: Vec<SqlRow>) -> Result<Vec<(i64, Delivery)>, Failure> {
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        if let Some((delivery, place)) = delivery(row)? {
            claimed.push((place, delivery));
        }
    }
    claimed.sort_unstable_by_key(|(place, delivery)| (*place, delivery.lease.0));
    Ok(claimed)
}

/// Claims the front messages of up to `room` keys, continuing where the last claim ended.
pub(crate) async fn claim_lanes(
    statements: &dyn SqlStatements,
    terms: Terms,
    room: usize,
    progress: &mut Progress,
) -> Result<Vec<Delivery>, Failure> {
    let (mut crossings, mut came_round) = (0, progress.after.is_empty());
    loop {
        let parameters = vec![
            SqlValue::Int(terms.subscription),
            SqlValue::Int(i64::try_from(room).unwrap_or(i64::MAX)),
            SqlValue::Int(micros(terms.lease)),
            SqlValue::Text(progress.after.clone()),
            SqlValue::Int(terms.holder),
        ];
        let rows = match statements.query_within(CLAIM_LANES, parameters, ANSWER_WITHIN).await {
            Err(error) if error.sqlstate.as_deref() == Some(CROSSED) && crossings < MOST_CROSSINGS => {
                crossings += 1;
                continue;
            }
            other => other?,
        };
        let claimed = heads(rows, progress)?;
        let at_end = progress.after.is_empty();
        if !claimed.is_empty() || (at_end && came_round) {
            return Ok(claimed);
        }
        // The search from the last key continues at the first one.
        came_round |= at_end;
    }
}

/// Reads the claimed front messages; the row after them says where the search has ended.
fn heads(mut rows: Vec<SqlRow>, progress: &mut Progress) -> Result<Vec<Delivery>, Failure> {
    let end = rows.pop();
    progress.after = end.and_then(|row| row.into_iter().nth(5)).and_then(optional).unwrap_or_default();
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        claimed.extend(delivery(row)?.map(|(delivery, _)| delivery));
    }
    claimed.sort_unstable_by_key(|delivery| delivery.lease.0);
    Ok(claimed)
}

/// Gives due messages of an ordered subscription, published with a delay, their place in their key.
pub(crate) async fn promote(statements: &dyn SqlStatements, terms: Terms) -> Result<(), Failure> {
    statements.query_within(PROMOTE, vec![SqlValue::Int(terms.subscription)], ANSWER_WITHIN).await?;
    Ok(())
}

/// Reads a claimed row, with the time at which it was due.
fn delivery(row: SqlRow) -> Result<Option<(Delivery, i64)>, Failure> {
    let unexpected = || {
        Failure::internal("a claim gave a row of another form: the queue's functions are not this version's")
    };
    let row: [SqlValue; 9] = row.try_into().map_err(|_| unexpected())?;
    let [id, version, attempt, published_us, message_id, key, trace, body, due_us] = row;
    let (SqlValue::Int(id), SqlValue::Int(version), SqlValue::Int(attempt)) = (id, version, attempt) else {
        return Ok(None);
    };
    let (
        SqlValue::Int(published_us),
        SqlValue::Text(message_id),
        SqlValue::Text(body),
        SqlValue::Int(due_us),
    ) = (published_us, message_id, body, due_us)
    else {
        return Err(unexpected());
    };
    let delivery = Delivery {
        id: message_id,
        attempt: u32::try_from(attempt).unwrap_or(1),
        body: Bytes::from(body),
        key: optional(key),
        replayed_at: None,
        published_at: from_epoch(published_us),
        trace: optional(trace),
        lease: Lease(u64::try_from((id << 16) | version).unwrap_or(0)),
    };
    Ok(Some((delivery, due_us)))
}

pub(crate) fn optional(value: SqlValue) -> Option<String> {
    match value {
        SqlValue::Text(text) => Some(text),
        _ => None,
    }
}
