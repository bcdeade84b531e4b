//! Results in a table of the database. Those who wait are woken by `NOTIFY`, and look from time to time.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::OnceCell;
use twinloop_runtime::{Failure, SchemaPart, SqlValue, lock};

use crate::provider::pending::BrokerFuture;
use crate::provider::postgres::clock::micros;
use crate::provider::postgres::{ANSWER_WITHIN, Postgres};
use crate::provider::results::{KnownResult, ResultChange, ResultName, ResultState, Results, Waiters};

/// The table of results, which is made where a subscription keeps them.
const TABLE: SchemaPart = SchemaPart {
    name: "pubsub_result",
    version: 1,
    scripts: &[include_str!("results.sql")],
    owner: "pubsub",
    takes_newer: true,
};

/// Stores what is told of a message, deletes a few results whose time is over, and tells whoever waits.
const TELL: &str = "with old as (
  delete from twinloop.result where (subscription, message_id) in (
    select r.subscription, r.message_id from twinloop.result r
    where r.kept_until < now() and r.message_id <> $2::text order by r.kept_until limit 8 for update skip locked
  )
), told as (
  insert into twinloop.result as r (subscription, message_id, version, state, progress, outcome, kept_until)
  values ($1::int8, $2::text, 1, $3::text, $4::text, $5::text, now() + $6::int8 * interval '1 microsecond')
  on conflict (subscription, message_id) do update
  set version = r.version + 1, state = excluded.state, progress = coalesce(excluded.progress, r.progress),
      outcome = excluded.outcome, kept_until = excluded.kept_until
  where r.state <> 'done'
)
select pg_notify('twinloop_pubsub', '=:' || $2::text)";

const FIND: &str = "select version, state, progress, outcome from twinloop.result
  where subscription = $1::int8 and message_id = $2::text and kept_until > now()";

/// What the provider has for results.
#[derive(Default)]
pub(super) struct ResultTable {
    pub(super) waiters: Arc<Waiters>,
    prepared: OnceCell<()>,
}

impl Postgres {
    fn result_name(&self, of: ResultName<'_>) -> Result<[SqlValue; 2], Failure> {
        let name = (of.topic.to_owned(), of.subscription.to_owned());
        let number = lock(&self.subscriptions).get(&name).copied();
        let number = number.ok_or_else(|| crate::error::no_subscription(of.topic, of.subscription))?;
        Ok([SqlValue::Int(number), SqlValue::Text(of.message.to_owned())])
    }
}

impl Results for Postgres {
    fn prepare(&self) -> BrokerFuture<'_, ()> {
        Box::pin(async { self.results.prepared.get_or_try_init(|| TABLE.ensure(&*self.pool)).await.copied() })
    }

    fn tell<'a>(
        &'a self,
        of: ResultName<'a>,
        told: ResultChange,
        kept_for: Duration,
    ) -> BrokerFuture<'a, ()> {
        Box::pin(async move {
            let (progress, outcome) = match told.state {
                ResultState::Running => (SqlValue::Text(told.value), SqlValue::Null),
                _ => (SqlValue::Null, SqlValue::Text(told.value)),
            };
            let state = SqlValue::Text(told.state.name().to_owned());
            let more = [state, progress, outcome, SqlValue::Int(micros(kept_for))];
            let parameters = self.result_name(of)?.into_iter().chain(more).collect();
            self.pool.query_within(TELL, parameters, ANSWER_WITHIN).await?;
            self.results.waiters.wake(of.message);
            Ok(())
        })
    }

    fn find<'a>(&'a self, of: ResultName<'a>) -> BrokerFuture<'a, Option<KnownResult>> {
        Box::pin(async move {
            let parameters = self.result_name(of)?.into();
            let rows = self.pool.query_within(FIND, parameters, ANSWER_WITHIN).await?;
            rows.first().map(|row| known(row)).transpose()
        })
    }

    fn waiters(&self) -> &Waiters {
        &self.results.waiters
    }
}

fn known(row: &[SqlValue]) -> Result<KnownResult, Failure> {
    let text = |value: &SqlValue| match value {
        SqlValue::Text(text) => Some(text.clone()),
        _ => None,
    };
    let [SqlValue::Int(version), SqlValue::Text(state), progress, outcome] = row else {
        return Err(Failure::internal("a row of twinloop.result cannot be read"));
    };
    let state = ResultState::from_name(state)
        .ok_or_else(|| Failure::internal("the state of a result is not known"))?;
    Ok(KnownResult {
        version: version.unsigned_abs(),
        state,
        progress: text(progress),
        outcome: text(outcome),
    })
}
