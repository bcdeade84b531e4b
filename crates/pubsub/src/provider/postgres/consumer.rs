//! The consumer of a subscription in PostgreSQL.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;
use twinloop_runtime::{Failure, SqlPool, SqlValue, lock};

use crate::provider::broker::Consumer;
use crate::provider::message::{Burial, Delivery, Lease};
use crate::provider::pending::BrokerFuture;
use crate::provider::postgres::ANSWER_WITHIN;
use crate::provider::postgres::claim::{
    Admitted, Progress, Terms, claim, claim_by_priority, claim_lanes, claim_limited, promote,
};
use crate::provider::postgres::clock::micros;
use crate::provider::postgres::settle::{Acknowledgements, in_lock_order};
use crate::provider::postgres::wake::{Sleeper, Wakes};

const GIVE_BACK: &str =
    "select twinloop.give_back($1::int8[], $2::int8 * interval '1 microsecond', $3::bool)";
const EXTEND: &str = "select l from twinloop.extend($1::int8[], $2::int8 * interval '1 microsecond') l";
const BURY: &str = "with gone as (
  delete from twinloop.message m
  where m.id = $1::int8 >> 16 and m.version = $1::int8 & 65535 and m.leased
  returning m.*
)
insert into twinloop.dead_letter
  (subscription, message_id, attempts, published_us, reason, error, stack, key, trace, body, priority)
select subscription, message_id, $5::int8::int4, published_us, $2::text, $3::text, $4::text, key, trace, body, priority
from gone";
/// How often a busy consumer gives delayed messages of an ordered subscription their place.
const PROMOTE_INTERVAL: Duration = Duration::from_secs(1);

/// The state that the tasks of a consumer share.
struct Supply {
    pool: Arc<dyn SqlPool>,
    wakes: Arc<Wakes>,
    sleeper: Arc<Sleeper>,
    terms: Terms,
    /// When the next token of the subscription's rate is there, where none was left.
    token_at: Mutex<Option<Instant>>,
    /// The position of the search; locked by the claim that is under way.
    progress: tokio::sync::Mutex<(Progress, Option<Instant>)>,
    /// Deliveries that were claimed for a caller which has stopped waiting.
    ready: Mutex<VecDeque<(Instant, Delivery)>>,
    /// Whether no caller is to come for a while, so that a claim under way claims for nobody.
    is_resting: AtomicBool,
    out: Mutex<HashSet<Lease>>,
}

/// A consumer of this process.
pub(crate) struct Supplied {
    supply: Arc<Supply>,
    acknowledgements: Arc<Acknowledgements>,
    /// The runtime, for a drop on a thread that has not entered one.
    runtime: Handle,
}

impl Supplied {
    pub(crate) fn new(pool: &Arc<dyn SqlPool>, wakes: &Arc<Wakes>, topic: &str, terms: Terms) -> Self {
        let sleeper = Sleeper::new(topic, terms.subscription);
        wakes.enter(&sleeper);
        let supply = Supply {
            pool: Arc::clone(pool),
            wakes: Arc::clone(wakes),
            sleeper,
            terms,
            token_at: Mutex::default(),
            progress: tokio::sync::Mutex::default(),
            ready: Mutex::default(),
            is_resting: AtomicBool::new(false),
            out: Mutex::default(),
        };
        let acknowledgements = Acknowledgements::new(Arc::clone(pool));
        Self { supply: Arc::new(supply), acknowledgements, runtime: Handle::current() }
    }

    /// Settles one delivery. In an ordered subscription the next message of its key can then be claimed.
    async fn settle(&self, lease: Lease, text: &str, parameters: Vec<SqlValue>) -> Result<(), Failure> {
        lock(&self.supply.out).remove(&lease);
        self.supply.pool.query_within(text, parameters, ANSWER_WITHIN).await?;
        self.supply.sleeper.wake();
        Ok(())
    }
}

impl Supply {
    /// Returns deliveries that were claimed before and whose leases still last long enough.
    fn take_ready(&self, room: usize) -> Vec<Delivery> {
        let mut ready = lock(&self.ready);
        ready.retain(|(claimed, _)| claimed.elapsed() < self.terms.lease / 2);
        let count = room.min(ready.len());
        ready.drain(..count).map(|(_, delivery)| delivery).collect()
    }

    /// Claims up to `room` messages.
    async fn claim(&self, room: usize) -> Result<(), Failure> {
        let mut progress = self.progress.lock().await;
        let (progress, promoted) = &mut *progress;
        let mut claimed = Vec::new();
        let is_stale = || promoted.is_none_or(|last| last.elapsed() > PROMOTE_INTERVAL);
        if self.terms.ordered && (self.sleeper.take_due() || is_stale()) {
            *promoted = Some(Instant::now());
            promote(&*self.pool, self.terms).await?;
        }
        if !self.terms.limits.is_none() {
            return self.claim_limited(room, progress).await;
        }
        if self.terms.ordered {
            claimed = claim_lanes(&*self.pool, self.terms, room, progress).await?;
        }
        let of_lanes = claimed.len();
        if claimed.len() < room {
            let left = room - of_lanes;
            claimed.extend(if self.terms.priorities {
                claim_by_priority(&*self.pool, self.terms, left).await?
            } else {
                claim(&*self.pool, self.terms, left, progress).await?
            });
        }
        if of_lanes > 0 || claimed.len() == room {
            self.sleeper.wake();
        }
        self.keep(claimed);
        Ok(())
    }

    /// Claims up to `room` messages, of which the limits of the fleet may leave less.
    async fn claim_limited(&self, room: usize, progress: &mut Progress) -> Result<(), Failure> {
        let Admitted { deliveries, wait } = claim_limited(&*self.pool, self.terms, room, progress).await?;
        *lock(&self.token_at) = wait.map(|wait| Instant::now() + wait);
        if wait.is_some() || !deliveries.is_empty() {
            self.sleeper.wake();
        }
        self.keep(deliveries);
        Ok(())
    }

    /// Keeps claimed messages for the caller that waits for them.
    fn keep(&self, claimed: Vec<Delivery>) {
        if !claimed.is_empty() {
            self.wakes.reset_pause();
        }
        let now = Instant::now();
        lock(&self.out).extend(claimed.iter().map(|delivery| delivery.lease));
        lock(&self.ready).extend(claimed.into_iter().map(|delivery| (now, delivery)));
    }

    /// Releases what was claimed and what no caller has got, so that other processes can have it.
    async fn give_back_unseen(&self) {
        let unseen: Vec<Lease> = lock(&self.ready).drain(..).map(|(_, delivery)| delivery.lease).collect();
        if unseen.is_empty() {
            return;
        }
        lock(&self.out).retain(|lease| !unseen.contains(lease));
        self.give_back(unseen, false).await;
        self.wakes.wake_topic(&self.sleeper.topic);
    }

    /// Makes messages due at once; `begun` counts their attempt. Where that fails, their leases run out.
    async fn give_back(&self, leases: Vec<Lease>, begun: bool) {
        let leases = SqlValue::Ints(in_lock_order(leases.into_iter().map(signed)));
        let _ = self.pool.query(GIVE_BACK, vec![leases, SqlValue::Int(0), SqlValue::Bool(begun)]).await;
    }

    /// Waits until the rate has a token again. Until then nothing is asked of the database.
    async fn token(&self) {
        let token_at = *lock(&self.token_at);
        if let Some(token_at) = token_at {
            tokio::time::sleep_until(token_at).await;
        }
    }

    async fn next(self: Arc<Self>, room: usize) -> Result<Vec<Delivery>, Failure> {
        let room = room.max(1);
        self.is_resting.store(false, Ordering::SeqCst);
        loop {
            let ready = self.take_ready(room);
            if !ready.is_empty() {
                return Ok(ready);
            }
            self.token().await;
            if !self.sleeper.take_more() {
                self.sleeper.sleep().await;
                continue;
            }
            // A separate task: if the caller stops waiting, its deliveries are kept for the next one.
            let supply = Arc::clone(&self);
            let claiming = tokio::spawn(async move {
                let claimed = supply.claim(room).await;
                // Seen by this task, or what was claimed by the one that rests: the lock of `ready` orders the two.
                if supply.is_resting.load(Ordering::SeqCst) {
                    supply.give_back_unseen().await;
                }
                if claimed.is_err() || !lock(&supply.ready).is_empty() {
                    supply.sleeper.wake();
                }
                claimed
            });
            claiming.await.map_err(|error| Failure::internal(format!("a claim has ended: {error}")))??;
        }
    }
}

impl Drop for Supplied {
    fn drop(&mut self) {
        let supply = Arc::clone(&self.supply);
        let unseen: Vec<Lease> = lock(&supply.ready).drain(..).map(|(_, delivery)| delivery.lease).collect();
        let mut out = std::mem::take(&mut *lock(&supply.out));
        out.retain(|lease| !unseen.contains(lease));
        if unseen.is_empty() && out.is_empty() {
            return;
        }
        self.runtime.spawn(async move {
            supply.give_back(unseen, false).await;
            supply.give_back(out.into_iter().collect(), true).await;
            supply.wakes.wake_topic(&supply.sleeper.topic);
        });
    }
}

fn signed(lease: Lease) -> i64 {
    i64::try_from(lease.0).unwrap_or(i64::MAX)
}

fn one(lease: Lease) -> SqlValue {
    SqlValue::Ints(vec![Some(signed(lease))])
}

impl Consumer for Supplied {
    fn next(&self, room: usize) -> BrokerFuture<'_, Vec<Delivery>> {
        Box::pin(Arc::clone(&self.supply).next(room))
    }

    fn rest(&self) {
        self.supply.is_resting.store(true, Ordering::SeqCst);
        let supply = Arc::clone(&self.supply);
        self.runtime.spawn(async move { supply.give_back_unseen().await });
    }

    fn acknowledge<'a>(&'a self, delivery: &'a Delivery) -> BrokerFuture<'a, ()> {
        Box::pin(async move {
            lock(&self.supply.out).remove(&delivery.lease);
            self.acknowledgements.add(signed(delivery.lease)).await?;
            if self.supply.terms.ordered || self.supply.terms.limits.max_in_flight.is_some() {
                self.supply.sleeper.wake();
            }
            Ok(())
        })
    }

    fn retry<'a>(&'a self, delivery: &'a Delivery, delay: Duration) -> BrokerFuture<'a, ()> {
        Box::pin(async move {
            let parameters = vec![one(delivery.lease), SqlValue::Int(micros(delay)), SqlValue::Bool(true)];
            self.settle(delivery.lease, GIVE_BACK, parameters).await?;
            self.supply.wakes.expect(delay);
            Ok(())
        })
    }

    fn bury<'a>(&'a self, delivery: &'a Delivery, burial: Burial) -> BrokerFuture<'a, ()> {
        let parameters = vec![
            SqlValue::Int(signed(delivery.lease)),
            SqlValue::Text(burial.reason.name().to_owned()),
            SqlValue::Text(without_nul(burial.error)),
            burial.stack.map_or(SqlValue::Null, |stack| SqlValue::Text(without_nul(stack))),
            SqlValue::Int(delivery.attempt.into()),
        ];
        Box::pin(self.settle(delivery.lease, BURY, parameters))
    }

    fn release<'a>(&'a self, delivery: &'a Delivery) -> BrokerFuture<'a, ()> {
        let parameters = vec![one(delivery.lease), SqlValue::Int(0), SqlValue::Bool(false)];
        Box::pin(self.settle(delivery.lease, GIVE_BACK, parameters))
    }

    fn extend<'a>(&'a self, leases: &'a [Lease]) -> BrokerFuture<'a, Vec<Lease>> {
        let named = SqlValue::Ints(in_lock_order(leases.iter().copied().map(signed)));
        let parameters = vec![named, SqlValue::Int(micros(self.supply.terms.lease))];
        Box::pin(async move {
            let kept: HashSet<i64> = self
                .supply
                .pool
                .query_within(EXTEND, parameters, ANSWER_WITHIN)
                .await?
                .iter()
                .filter_map(|row| if let [SqlValue::Int(lease)] = row[..] { Some(lease) } else { None })
                .collect();
            Ok(leases.iter().filter(|lease| !kept.contains(&signed(**lease))).copied().collect())
        })
    }
}

/// Removes NUL characters, which PostgreSQL refuses in a text.
fn without_nul(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}
