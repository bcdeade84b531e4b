//! The operator's side of the PostgreSQL provider.

use std::time::{Duration, SystemTime};

use twinloop_runtime::{Failure, SqlRow, SqlValue};

use super::{ALL_WITHIN, ANSWER_WITHIN, Postgres};
use crate::provider::operate::{Done, Expiry, Known, Operate, Stand, Waiting};
use crate::provider::pending::BrokerFuture;
use crate::provider::postgres::claim::optional;
use crate::provider::postgres::clock::{from_epoch, micros, since_epoch};
use crate::provider::postgres::publish::number;
use crate::provider::subscription::Subscription;

/// Lists the subscriptions. A process records at least once a minute what it serves; one that has not for twice that time
/// counts as gone.
const KNOWN: &str =
    "select s.topic, s.name, s.ordered, greatest(0, (extract(epoch from now() - s.served_at) * 1000)::int8),
       s.served_at > now() - interval '2 minutes' and (s.left_at is null or s.served_at > s.left_at),
       s.expiry_ms, s.paused_at is not null, s.expired_at is not null,
       (select string_agg(a.name, e'\\n') from twinloop.subscription_alias a where a.subscription = s.id)
from twinloop.subscription s order by s.topic, s.name";

const SERVE: &str = "with seen as (
  update twinloop.process set seen_at = now() where id = $2::int8::int4
)
update twinloop.subscription set served_at = clock_timestamp(), expired_at = null
where id = any (select unnest($1::int8[])::int4) returning 1";

const LEAVE: &str = "update twinloop.subscription set left_at = clock_timestamp()
where id = any (select unnest($1::int8[])::int4) returning 1";

const PAUSE: &str = "update twinloop.subscription
set paused_at = case when $2::bool then coalesce(paused_at, now()) end where id = $1::int8::int4 returning 1";

const EXPIRE: &str = "update twinloop.subscription set expired_at = now()
where id = $1::int8::int4 and expired_at is null and served_at < now() - $2::int8 * interval '1 microsecond'
returning 1";

const PEEK: &str = "with waiting as (
  select id, message_id, body, key, published_us, attempt, due_at, leased, holder, claimed_at, priority
  from twinloop.message where subscription = $1::int8::int4
  union all
  select id, message_id, body, key, published_us, 0, due_at, false, null, null, 0
  from twinloop.delayed where subscription = $1::int8::int4
), shown as (
  select * from waiting order by published_us, id limit $2::int8
)
select w.message_id, w.body, w.key, w.published_us, w.attempt, (extract(epoch from w.due_at) * 1000000)::int8,
       case when w.due_at <= now() then 'ready' when w.leased then 'in_flight' else 'delayed' end,
       p.place, (extract(epoch from w.claimed_at) * 1000000)::int8, w.priority::int8, u.key
from shown w left join twinloop.process p on p.id = w.holder
     left join twinloop.unique_key u on u.message_id = w.message_id
order by w.published_us, w.id";

const DELETE: &str = "with messages as (
  delete from twinloop.message
  where subscription = $1::int8::int4 and message_id = any ($2::text[]) and not (leased and due_at > now())
  returning message_id
), later as (
  delete from twinloop.delayed where subscription = $1::int8::int4 and message_id = any ($2::text[]) returning message_id
), dead as (
  delete from twinloop.dead_letter where subscription = $1::int8::int4 and message_id = any ($2::text[]) returning message_id
)
select message_id from messages union select message_id from later union select message_id from dead";

const PROMOTE: &str = "with messages as (
  update twinloop.message set due_at = now()
  where subscription = $1::int8::int4 and message_id = any ($2::text[]) and not leased and due_at > now()
  returning message_id
), later as (
  update twinloop.delayed set due_at = now()
  where subscription = $1::int8::int4 and message_id = any ($2::text[]) and due_at > now() returning message_id
)
select message_id from messages union select message_id from later";

const MOVE: &str = "select twinloop.move($1::int8::int4, $2::int8::int4, false)";

const REMOVE: &str = "with messages as (
  delete from twinloop.message where subscription = $1::int8::int4 returning 1
), later as (
  delete from twinloop.delayed where subscription = $1::int8::int4 returning 1
), dead as (
  delete from twinloop.dead_letter where subscription = $1::int8::int4 returning 1
), aliases as (
  delete from twinloop.subscription_alias where subscription = $1::int8::int4
), itself as (
  delete from twinloop.subscription where id = $1::int8::int4
)
select (select count(*) from messages) + (select count(*) from later) + (select count(*) from dead)";

const FORGET_DEAD: &str = "delete from twinloop.dead_letter
where subscription = $1::int8::int4 and buried_at < timestamptz 'epoch' + $2::int8 * interval '1 microsecond'";

/// Finds a subscription by its present or a former name.
const FIND: &str = "select s.id from twinloop.subscription s
where s.topic = $1::text and (s.name = $2::text or s.id = (
  select a.subscription from twinloop.subscription_alias a where a.topic = $1::text and a.name = $2::text
))
order by s.name = $2::text desc limit 1";

impl Postgres {
    /// Returns the number of a subscription, whichever app declared it.
    async fn find(&self, topic: &str, name: &str) -> Result<SqlValue, Failure> {
        let named = vec![SqlValue::Text(topic.to_owned()), SqlValue::Text(name.to_owned())];
        let rows = self.pool.query(FIND, named).await?;
        match rows.into_iter().next().and_then(|row| row.into_iter().next()) {
            Some(number) => Ok(number),
            None => Err(crate::error::no_subscription(topic, name)),
        }
    }

    async fn on_ids(&self, topic: &str, name: &str, text: &str, ids: &[String]) -> Result<Done, Failure> {
        let found = self.find(topic, name).await?;
        let named = SqlValue::Texts(ids.iter().map(|id| Some(id.clone())).collect());
        let rows = self.pool.query(text, vec![found, named]).await?;
        let found: Vec<String> = rows.into_iter().flatten().filter_map(optional).collect();
        Ok(Done::of(ids, &found))
    }

    fn numbers_of(&self, subscriptions: &[Subscription]) -> SqlValue {
        SqlValue::Ints(subscriptions.iter().filter_map(|each| self.number_of(each)).map(Some).collect())
    }

    async fn read_known(&self) -> Result<Vec<Known>, Failure> {
        match self.pool.query_within(KNOWN, Vec::new(), ANSWER_WITHIN).await {
            Ok(rows) => rows.into_iter().map(known).collect(),
            // No app has created the tables yet.
            Err(error) if matches!(error.sqlstate.as_deref(), Some("42P01" | "3F000")) => Ok(Vec::new()),
            Err(error) if error.sqlstate.as_deref() == Some("42703") => Err(Failure::failed_precondition(
                "the tables of pubsub are those of an older release: start the app once with this one",
            )),
            Err(error) => Err(error.into()),
        }
    }
}

impl Operate for Postgres {
    fn known(&self) -> BrokerFuture<'_, Vec<Known>> {
        Box::pin(self.read_known())
    }

    fn serve<'a>(&'a self, subscriptions: &'a [Subscription]) -> BrokerFuture<'a, ()> {
        Box::pin(async move {
            let parameters = vec![self.numbers_of(subscriptions), SqlValue::Int(self.holder())];
            self.pool.query_within(SERVE, parameters, ANSWER_WITHIN).await?;
            Ok(())
        })
    }

    fn leave<'a>(&'a self, subscriptions: &'a [Subscription]) -> BrokerFuture<'a, ()> {
        Box::pin(async move {
            let parameters = vec![self.numbers_of(subscriptions)];
            self.pool.query_within(LEAVE, parameters, ANSWER_WITHIN).await?;
            Ok(())
        })
    }

    fn pause<'a>(&'a self, topic: &'a str, name: &'a str, is_paused: bool) -> BrokerFuture<'a, ()> {
        Box::pin(async move {
            let found = self.find(topic, name).await?;
            self.pool.query(PAUSE, vec![found, SqlValue::Bool(is_paused)]).await?;
            Ok(())
        })
    }

    fn expire<'a>(&'a self, topic: &'a str, name: &'a str, unserved: Duration) -> BrokerFuture<'a, bool> {
        Box::pin(async move {
            let parameters = vec![self.find(topic, name).await?, SqlValue::Int(micros(unserved))];
            Ok(!self.pool.query(EXPIRE, parameters).await?.is_empty())
        })
    }

    fn peek<'a>(&'a self, topic: &'a str, name: &'a str, limit: usize) -> BrokerFuture<'a, Vec<Waiting>> {
        Box::pin(async move {
            let limit = SqlValue::Int(i64::try_from(limit).unwrap_or(i64::MAX));
            let rows = self.pool.query(PEEK, vec![self.find(topic, name).await?, limit]).await?;
            rows.into_iter().map(waiting).collect()
        })
    }

    fn delete<'a>(&'a self, topic: &'a str, name: &'a str, ids: &'a [String]) -> BrokerFuture<'a, Done> {
        Box::pin(self.on_ids(topic, name, DELETE, ids))
    }

    fn promote<'a>(&'a self, topic: &'a str, name: &'a str, ids: &'a [String]) -> BrokerFuture<'a, Done> {
        Box::pin(async move {
            let done = self.on_ids(topic, name, PROMOTE, ids).await?;
            self.announce(topic).await;
            Ok(done)
        })
    }

    fn move_all<'a>(&'a self, topic: &'a str, from: &'a str, to: &'a str) -> BrokerFuture<'a, u64> {
        Box::pin(async move {
            let both = vec![self.find(topic, from).await?, self.find(topic, to).await?];
            let moved = number(&self.pool.query_within(MOVE, both, ALL_WITHIN).await?).unsigned_abs();
            self.announce(topic).await;
            Ok(moved)
        })
    }

    fn remove<'a>(&'a self, topic: &'a str, name: &'a str) -> BrokerFuture<'a, u64> {
        Box::pin(async move {
            let found = self.find(topic, name).await?;
            let removed = self.pool.query_within(REMOVE, vec![found], ALL_WITHIN).await?;
            Ok(number(&removed).unsigned_abs())
        })
    }

    fn forget_dead<'a>(&'a self, topic: &'a str, name: &'a str, before: SystemTime) -> BrokerFuture<'a, u64> {
        Box::pin(async move {
            let parameters = vec![self.find(topic, name).await?, SqlValue::Int(since_epoch(before))];
            Ok(self.pool.execute(FORGET_DEAD, parameters).await?)
        })
    }
}

fn known(row: SqlRow) -> Result<Known, Failure> {
    let unexpected = || Failure::internal("a row of twinloop.subscription cannot be read");
    let row: [SqlValue; 9] = row.try_into().map_err(|_| unexpected())?;
    let [topic, name, ordered, served_ms, served, expiry_ms, paused, expired, former] = row;
    let SqlValue::Int(served_ms) = served_ms else { return Err(unexpected()) };
    Ok(Known {
        topic: optional(topic).unwrap_or_default(),
        name: optional(name).unwrap_or_default(),
        former: optional(former)
            .map(|names| names.split('\n').map(str::to_owned).collect())
            .unwrap_or_default(),
        ordered: ordered == SqlValue::Bool(true),
        served_ago: Duration::from_millis(served_ms.unsigned_abs()),
        is_served: served == SqlValue::Bool(true),
        expiry: match expiry_ms {
            SqlValue::Int(ms) => Expiry::of_ms(ms),
            _ => Expiry::Unknown,
        },
        is_paused: paused == SqlValue::Bool(true),
        is_expired: expired == SqlValue::Bool(true),
    })
}

fn waiting(row: SqlRow) -> Result<Waiting, Failure> {
    let unexpected = || Failure::internal("a message that waits cannot be read");
    let row: [SqlValue; 11] = row.try_into().map_err(|_| unexpected())?;
    let [id, body, key, published_us, attempt, due_us, stand, holder, claimed_us, priority, unique] = row;
    let (SqlValue::Int(published_us), SqlValue::Int(attempt), SqlValue::Int(due_us), SqlValue::Int(priority)) =
        (published_us, attempt, due_us, priority)
    else {
        return Err(unexpected());
    };
    let stand = match optional(stand).as_deref() {
        Some("ready") => Stand::Ready,
        Some("in_flight") => Stand::InFlight,
        _ => Stand::Delayed,
    };
    let is_out = stand == Stand::InFlight;
    Ok(Waiting {
        id: optional(id).unwrap_or_default(),
        body: optional(body).unwrap_or_default().into(),
        key: optional(key),
        priority: u8::try_from(priority).unwrap_or(0),
        unique: optional(unique),
        published_at: from_epoch(published_us),
        attempts: u32::try_from(attempt).unwrap_or(0),
        stand,
        due_at: (stand == Stand::Delayed).then(|| from_epoch(due_us)),
        holder: optional(holder).filter(|_| is_out),
        held_since: match claimed_us {
            SqlValue::Int(us) if is_out => Some(from_epoch(us)),
            _ => None,
        },
    })
}
