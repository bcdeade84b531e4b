//! The state of sqldb in a process: pools by URL, and the sessions, streams, copies and subscriptions of isolates.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::runtime::Handle;

use twinloop_runtime::{Handles, lock};

use crate::connection::Connector;
use crate::copy::Transfer;
use crate::deadline::AbortTokens;
use crate::error::{Error, ErrorKind};
use crate::listen::ChannelSubscription;
use crate::options::{PoolLimits, ServerTarget};
use crate::pool::Pool;
use crate::pool::opener::Opener;
use crate::request::{CallPlace, OpenPool};
use crate::session::{DatabaseSession, QueuedCall};
use crate::statement::stream::RowStream;
use crate::statement::text_cache::TextCache;
use crate::tls;

struct PoolEntry {
    pool: Arc<Pool>,
    /// The isolates that have opened the pool, and how often: an app may declare two databases at one URL.
    users: HashMap<u32, usize>,
    /// The number of other components of the process that use the pool.
    components: usize,
}

impl PoolEntry {
    fn is_unused(&self) -> bool {
        self.users.is_empty() && self.components == 0
    }
}

#[derive(Default)]
struct Pools {
    by_url: HashMap<String, u32>,
    all: HashMap<u32, PoolEntry>,
}

/// The interval at which idle limits are checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);
/// How long a stream may wait for its reader before it is ended, since it holds a connection.
const STREAM_IDLE: Duration = Duration::from_secs(60);

/// The state of the sqldb component, one per process.
#[derive(Default)]
pub(crate) struct Service {
    pools: Mutex<Pools>,
    last_number: AtomicU32,
    pub(crate) texts: TextCache,
    pub(crate) abort_tokens: AbortTokens,
    pub(crate) sessions: Handles<DatabaseSession>,
    pub(crate) streams: Handles<RowStream>,
    pub(crate) copies: Handles<Transfer>,
    pub(crate) subscriptions: Handles<ChannelSubscription>,
    runtime: OnceLock<Handle>,
    tending: Mutex<bool>,
}

impl Service {
    /// Opens the pool of a URL, or joins the one that is open; the limits of the first opener hold. Does not connect yet.
    pub(crate) fn open(&self, isolate: u32, request: &OpenPool) -> Result<(u32, Arc<Pool>), Error> {
        let OpenPool { url, limits, rotates, name } = request;
        let (number, pool) = self.open_with(url, limits.clone(), *rotates, |opened| {
            *opened.users.entry(isolate).or_default() += 1;
        })?;
        pool.opener.reach.enter(name);
        Ok((number, pool))
    }

    /// Opens the pool of a URL for another component, which closes it by the number returned.
    pub(crate) fn open_for_component(
        &self,
        url: &str,
        limits: PoolLimits,
    ) -> Result<(u32, Arc<Pool>), Error> {
        self.open_with(url, limits, false, |opened| opened.components += 1)
    }

    fn open_with(
        &self,
        url: &str,
        limits: PoolLimits,
        rotates: bool,
        enter: impl Fn(&mut PoolEntry),
    ) -> Result<(u32, Arc<Pool>), Error> {
        self.runtime.get_or_init(Handle::current);
        let mut pools = lock(&self.pools);
        let known = pools.by_url.get(url).copied();
        if let Some((number, opened)) =
            known.and_then(|number| pools.all.get_mut(&number).map(|opened| (number, opened)))
        {
            enter(opened);
            return Ok((number, Arc::clone(&opened.pool)));
        }
        let connector = connector(url, &limits)?;
        let number = self.next_number();
        let pool = Pool::new(Opener::new(connector, &limits, rotates), limits)?;
        pools.by_url.insert(url.to_owned(), number);
        let mut opened = PoolEntry { pool: Arc::clone(&pool), users: HashMap::new(), components: 0 };
        enter(&mut opened);
        pools.all.insert(number, opened);
        Ok((number, pool))
    }

    /// Changes the URL of a pool, once a connection could be opened by the new one; where that fails the pool stays unchanged.
    /// The pool is found under the new URL afterwards. Idempotent, since each isolate asks for the change.
    pub(crate) async fn rotate(&self, number: u32, url: &str) -> Result<(), Error> {
        let pool = self.pool(number)?;
        if self.is_at(number, url) {
            return Ok(());
        }
        let connector = connector(url, &pool.limits)?;
        drop(connector.open(None, |_, _| {}).await?);
        let mut pools = lock(&self.pools);
        if pools.by_url.get(url) == Some(&number) {
            return Ok(());
        }
        pools.by_url.retain(|_, open| *open != number);
        pools.by_url.entry(url.to_owned()).or_insert(number);
        drop(pools);
        pool.rotate(connector);
        Ok(())
    }

    fn is_at(&self, number: u32, url: &str) -> bool {
        lock(&self.pools).by_url.get(url) == Some(&number)
    }

    pub(crate) fn pool(&self, number: u32) -> Result<Arc<Pool>, Error> {
        let pool = lock(&self.pools).all.get(&number).map(|opened| Arc::clone(&opened.pool));
        pool.ok_or_else(|| Error::new(ErrorKind::PoolClosed, "the database was closed: its app has stopped"))
    }

    /// Undoes one `open`. The last one closes the pool, and the next `open` of its URL makes another.
    pub(crate) fn close(&self, number: u32, isolate: u32) {
        self.close_with(number, |opened| {
            let Some(times) = opened.users.get_mut(&isolate) else { return };
            *times -= 1;
            if *times == 0 {
                opened.users.remove(&isolate);
            }
        });
    }

    /// Undoes one `open_for_component`. May be called on any thread.
    pub(crate) fn close_for_component(&self, number: u32) {
        self.close_with(number, |opened| opened.components -= 1);
    }

    fn close_with(&self, number: u32, leave: impl Fn(&mut PoolEntry)) {
        let mut pools = lock(&self.pools);
        let Some(opened) = pools.all.get_mut(&number) else { return };
        leave(opened);
        if !opened.is_unused() {
            return;
        }
        pools.by_url.retain(|_, open| *open != number);
        let opened = pools.all.remove(&number);
        drop(pools);
        if let Some(opened) = opened {
            opened.pool.close();
        }
    }

    /// A new number for a pool or a cursor; unique in the process, never 0.
    pub(crate) fn next_number(&self) -> u32 {
        self.last_number.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Queues a call in its session; `None` for a call on any connection of the pool.
    pub(crate) fn due(&self, isolate: u32, place: CallPlace) -> Result<Option<QueuedCall>, Error> {
        match place.session {
            0 => Ok(None),
            session => Ok(Some(self.session(isolate, session)?.due(place.number))),
        }
    }

    /// Passes the turn of a call whose arguments cannot be read to the next call of its session.
    pub(crate) fn pass_unreadable(&self, isolate: u32, payload: &[u8]) {
        drop(CallPlace::of_unreadable(payload).map(|place| self.due(isolate, place)));
    }

    pub(crate) fn session(&self, isolate: u32, number: u32) -> Result<Arc<DatabaseSession>, Error> {
        self.sessions.get(isolate, number).ok_or_else(crate::session::session_is_over)
    }

    pub(crate) fn transfer(&self, isolate: u32, handle: u32) -> Result<Arc<Transfer>, Error> {
        self.copies.get(isolate, handle).ok_or_else(crate::session::session_is_over)
    }

    /// Stores a session and returns its number; its transaction is rolled back when it is idle for too long.
    pub(crate) fn hold(self: &Arc<Self>, isolate: u32, session: Arc<DatabaseSession>) -> u32 {
        let number = self.sessions.insert(isolate, session);
        self.start_upkeep();
        number
    }

    /// Stores a stream and returns its number; the stream ends when it waits too long for its reader.
    pub(crate) fn hold_stream(self: &Arc<Self>, isolate: u32, stream: RowStream) -> u32 {
        let number = self.streams.insert(isolate, stream);
        self.start_upkeep();
        number
    }

    /// Cleans up after an isolate that has ended: rolls its transactions back and returns its connections. Called on the isolate's
    /// own thread.
    pub(crate) fn isolate_ended(&self, isolate: u32) {
        let numbers: Vec<u32> = lock(&self.pools).all.keys().copied().collect();
        for pool in numbers {
            self.close_with(pool, |opened| {
                opened.users.remove(&isolate);
            });
        }
        for session in self.sessions.leave(isolate) {
            session.abandon();
        }
        for subscription in self.subscriptions.leave(isolate) {
            subscription.close();
        }
        drop(self.copies.leave(isolate));
        self.end(self.streams.leave(isolate));
        self.abort_tokens.forget(isolate);
    }

    fn end(&self, streams: Vec<Arc<RowStream>>) {
        let Some(runtime) = self.runtime.get() else { return };
        for stream in streams {
            runtime.spawn(async move { stream.end(None).await });
        }
    }

    /// Spawns the task that ends idle sessions and streams, unless it runs.
    fn start_upkeep(self: &Arc<Self>) {
        if std::mem::replace(&mut *lock(&self.tending), true) {
            return;
        }
        let service = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(CHECK_INTERVAL).await;
                service
                    .sessions
                    .take_if(DatabaseSession::is_idle_too_long)
                    .into_iter()
                    .for_each(|one| one.abandon());
                service.end(service.streams.take_if(|stream| stream.idle() > STREAM_IDLE));
                let mut tending = lock(&service.tending);
                if service.sessions.is_empty() && service.streams.is_empty() {
                    *tending = false;
                    return;
                }
            }
        });
    }
}

fn connector(url: &str, limits: &PoolLimits) -> Result<Connector, Error> {
    let target = ServerTarget::parse(url)?;
    let tls = tls::connector(target.verify, target.root_certificates.as_deref())?;
    Ok(Connector { config: target.config, tls, timeout: limits.connect_timeout() })
}
