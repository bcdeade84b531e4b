//! The database of rate limits, and the task that reserves tokens there: all asks of a moment in one statement.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};
use twinloop_runtime::{Core, Level, SqlPool, SqlValue};

use super::tables::RATE_LIMITS;
use crate::hidden::HiddenText;
use crate::policy::rate_limit::bucket::Measure;
use crate::policy::rate_limit::quota::BucketKey;

/// The most connections that rate limits open in one process.
const CONNECTIONS: usize = 2;
/// Most asks of one statement.
const MAX_ASKS: usize = 256;
/// The time after which a request no longer waits for the database.
const PATIENCE: Duration = Duration::from_millis(500);
/// The time for which a database that has failed is not asked again.
const PAUSE: Duration = Duration::from_secs(1);
/// The interval at which buckets that are full again are deleted.
const SWEEP: Duration = Duration::from_secs(600);

const TAKE: &str = "select granted, full_in_us from twinloop.rate_take(
    $1::text[], $2::text[], $3::int8[], $4::int8[], $5::int8[])";
const DELETE_FULL: &str =
    "delete from twinloop.rate_limit where full_us < (extract(epoch from now()) * 1000000)::int8 - 60000000";

/// A reservation: tokens, and nanoseconds until the bucket is full again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reserved {
    pub(super) granted: u32,
    pub(super) full_in: u64,
}

/// A request for tokens of one key.
struct Ask {
    name: String,
    key: BucketKey,
    measure: Measure,
    wanted: u32,
    reply: oneshot::Sender<Reserved>,
}

/// A database in which limits are counted, by the task that asks it. All limits of one database share the task.
pub(in crate::policy::rate_limit) struct Store {
    url: HiddenText,
    /// The way to the task, which starts with the first ask.
    asks: OnceLock<mpsc::Sender<Ask>>,
}

impl Store {
    pub(in crate::policy::rate_limit) fn new(url: &HiddenText) -> Self {
        Self { url: url.clone(), asks: OnceLock::new() }
    }

    /// Asks for tokens; `None` where no answer comes in time.
    pub(super) async fn ask(
        &self,
        core: &'static Core,
        name: &str,
        (key, measure): (BucketKey, Measure),
        wanted: u32,
    ) -> Option<Reserved> {
        let asks = self.asks.get_or_init(|| Counter::start(core, self.url.clone()));
        let (reply, answer) = oneshot::channel();
        asks.try_send(Ask { name: name.to_owned(), key, measure, wanted, reply }).ok()?;
        timeout(PATIENCE, answer).await.ok()?.ok()
    }
}

/// The task's state.
struct Counter {
    core: &'static Core,
    url: HiddenText,
    pool: Option<Arc<dyn SqlPool>>,
    failed_at: Option<Instant>,
    swept_at: Instant,
}

impl Counter {
    /// Starts the task; it ends when all senders are gone.
    fn start(core: &'static Core, url: HiddenText) -> mpsc::Sender<Ask> {
        let (sender, mut asks) = mpsc::channel(4 * MAX_ASKS);
        let mut store = Self { core, url, pool: None, failed_at: None, swept_at: Instant::now() };
        core.spawn("rate limits", async move {
            let mut batch = Vec::new();
            while asks.recv_many(&mut batch, MAX_ASKS).await > 0 {
                // Without an answer the asks are dropped, which their requests notice at once.
                if store.failed_at.is_none_or(|at| at.elapsed() >= PAUSE) {
                    store.answer(&mut batch).await;
                }
                batch.clear();
            }
        });
        sender
    }

    async fn answer(&mut self, batch: &mut Vec<Ask>) {
        match self.reserve(batch).await {
            Ok(()) if self.failed_at.take().is_some() => {
                self.core.log(Level::Info, "counting rate limits in the database again", &json!({}));
            }
            Ok(()) => {}
            Err(reason) => {
                if self.failed_at.replace(Instant::now()).is_none() {
                    let fields = json!({ "error": reason });
                    self.core.log(
                        Level::Warn,
                        "failed to count rate limits in the database; retrying every second",
                        &fields,
                    );
                }
                self.pool = None;
            }
        }
    }

    /// Reserves what was asked for. Asks for one bucket are one row; what is granted goes to the first of them.
    async fn reserve(&mut self, batch: &mut Vec<Ask>) -> Result<(), String> {
        let pool = self.pool().await?;
        let mut rows: BTreeMap<(String, BucketKey), Vec<Ask>> = BTreeMap::new();
        for ask in batch.drain(..) {
            rows.entry((ask.name.clone(), ask.key)).or_default().push(ask);
        }
        let answers =
            pool.query_within(TAKE, parameters(&rows), PATIENCE).await.map_err(|error| error.to_string())?;
        for (asks, row) in rows.into_values().zip(answers) {
            let [SqlValue::Int(granted), SqlValue::Int(full_in)] = row[..] else {
                return Err("the function twinloop.rate_take gave an unreadable row".to_owned());
            };
            let mut left = u32::try_from(granted).unwrap_or(0);
            let full_in = u64::try_from(full_in).unwrap_or(0).saturating_mul(1_000);
            for ask in asks {
                let granted = left.min(ask.wanted);
                left -= granted;
                let _ = ask.reply.send(Reserved { granted, full_in });
            }
        }
        self.sweep(&*pool).await;
        Ok(())
    }

    async fn pool(&mut self) -> Result<Arc<dyn SqlPool>, String> {
        if let Some(pool) = &self.pool {
            return Ok(Arc::clone(pool));
        }
        let sql = self.core.postgres().map_err(|failure| failure.message)?;
        let pool = sql.open(self.url.reveal(), CONNECTIONS).map_err(|error| error.to_string())?;
        RATE_LIMITS.ensure(&*pool).await.map_err(|failure| failure.message)?;
        self.pool = Some(Arc::clone(&pool));
        Ok(pool)
    }

    async fn sweep(&mut self, pool: &dyn SqlPool) {
        if self.swept_at.elapsed() >= SWEEP {
            self.swept_at = Instant::now();
            let _ = pool.execute(DELETE_FULL, Vec::new()).await;
        }
    }
}

fn parameters(rows: &BTreeMap<(String, BucketKey), Vec<Ask>>) -> Vec<SqlValue> {
    let number = |value: u64| Some(i64::try_from(value).unwrap_or(i64::MAX));
    let measures = |of: fn(&Measure) -> u64| rows.values().map(|asks| number(of(&asks[0].measure))).collect();
    let wanted =
        rows.values().map(|asks| number(asks.iter().map(|ask| u64::from(ask.wanted)).sum())).collect();
    vec![
        SqlValue::Texts(rows.keys().map(|(name, _)| Some(name.clone())).collect()),
        SqlValue::Texts(rows.keys().map(|(_, key)| Some(format!("{key:032x}"))).collect()),
        SqlValue::Ints(wanted),
        SqlValue::Ints(measures(|measure| measure.interval)),
        SqlValue::Ints(measures(|measure| measure.depth)),
    ]
}
