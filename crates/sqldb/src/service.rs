//! All that is open: pools by URL, and what isolates hold of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use tokio::runtime::Handle;

use crate::copy::Transfer;
use crate::error::{Error, Kind};
use crate::link::{Connector, lock};
use crate::listen::Subscription;
use crate::options::{Limits, Target};
use crate::pool::Pool;
use crate::route::Route;
use crate::session::Session;
use crate::stream::Stream;
use crate::text::Texts;
use crate::tls;
use crate::watch::Tokens;

/// Things of one kind that an isolate holds by a number.
pub(crate) struct Held<T>(Mutex<HashMap<u32, Arc<T>>>);

impl<T> Default for Held<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T> Held<T> {
    pub(crate) fn insert(&self, number: u32, held: Arc<T>) {
        lock(&self.0).insert(number, held);
    }

    pub(crate) fn get(&self, number: u32) -> Option<Arc<T>> {
        lock(&self.0).get(&number).cloned()
    }

    pub(crate) fn remove(&self, number: u32) -> Option<Arc<T>> {
        lock(&self.0).remove(&number)
    }

    /// Takes out what `ends` says.
    pub(crate) fn take_if(&self, ends: impl Fn(&T) -> bool) -> Vec<Arc<T>> {
        let mut held = lock(&self.0);
        let numbers: Vec<u32> =
            held.iter().filter(|(_, held)| ends(held)).map(|(&number, _)| number).collect();
        numbers.into_iter().filter_map(|number| held.remove(&number)).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.0).is_empty()
    }
}

struct Opened {
    pool: Arc<Pool>,
    /// The isolates that have opened it, and how often: an app may declare two databases at one URL.
    users: HashMap<u32, usize>,
    /// How many other components of the process have it.
    components: usize,
}

impl Opened {
    fn is_unused(&self) -> bool {
        self.users.is_empty() && self.components == 0
    }
}

#[derive(Default)]
struct Pools {
    by_url: HashMap<String, u32>,
    all: HashMap<u32, Opened>,
}

/// How finely idle limits are kept.
const TEND_INTERVAL: Duration = Duration::from_millis(100);
/// How long a stream may wait for its reader: it holds a connection.
const STREAM_IDLE: Duration = Duration::from_secs(60);

/// The component's state, one for the whole process.
#[derive(Default)]
pub(crate) struct Service {
    pools: Mutex<Pools>,
    last_number: AtomicU32,
    pub(crate) texts: Texts,
    pub(crate) tokens: Tokens,
    pub(crate) sessions: Held<Session>,
    pub(crate) streams: Held<Stream>,
    pub(crate) copies: Held<Transfer>,
    pub(crate) subscriptions: Held<Subscription>,
    runtime: OnceLock<Handle>,
    tending: Mutex<bool>,
}

impl Service {
    /// The pool of a URL, opened if there is none. Connects to nothing yet; the limits of the first opener hold.
    pub(crate) fn open(&self, isolate: u32, url: &str, limits: Limits, rotates: bool) -> Result<u32, Error> {
        self.open_with(url, limits, rotates, |opened| {
            *opened.users.entry(isolate).or_default() += 1;
        })
        .map(|(number, _)| number)
    }

    /// The same for another component, which gives it back by its number.
    pub(crate) fn open_for_component(&self, url: &str, limits: Limits) -> Result<(u32, Arc<Pool>), Error> {
        self.open_with(url, limits, false, |opened| opened.components += 1)
    }

    fn open_with(
        &self,
        url: &str,
        limits: Limits,
        rotates: bool,
        enter: impl Fn(&mut Opened),
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
        pools.by_url.insert(url.to_owned(), number);
        let pool = Pool::new(Route::new(connector, &limits, rotates), limits);
        let mut opened = Opened { pool: Arc::clone(&pool), users: HashMap::new(), components: 0 };
        enter(&mut opened);
        pools.all.insert(number, opened);
        Ok((number, pool))
    }

    /// Has a pool's connections opened by another URL, after one was opened by it: until then, and where that fails, the pool
    /// is as it was. Whoever opens the new URL finds this pool. Several isolates may ask for the same.
    pub(crate) async fn rotate(&self, number: u32, url: &str) -> Result<(), Error> {
        let pool = self.pool(number)?;
        if self.is_at(number, url) {
            return Ok(());
        }
        let connector = connector(url, &pool.limits)?;
        drop(connector.open(None, |_| {}).await?);
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
        pool.ok_or_else(|| Error::new(Kind::PoolClosed, "the database was closed: its app has stopped"))
    }

    /// The counterpart of one `open`. The pool closes with the last of them, and the next `open` of its URL opens another.
    pub(crate) fn close(&self, number: u32, isolate: u32) {
        self.close_with(number, |opened| {
            let Some(times) = opened.users.get_mut(&isolate) else { return };
            *times -= 1;
            if *times == 0 {
                opened.users.remove(&isolate);
            }
        });
    }

    /// Another component needs it no longer. Called on any thread.
    pub(crate) fn close_for_component(&self, number: u32) {
        self.close_with(number, |opened| opened.components -= 1);
    }

    fn close_with(&self, number: u32, leave: impl Fn(&mut Opened)) {
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

    /// A number that nothing else has, never 0.
    pub(crate) fn next_number(&self) -> u32 {
        self.last_number.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn session(&self, number: u32) -> Result<Arc<Session>, Error> {
        self.sessions.get(number).ok_or_else(crate::session::over)
    }

    /// Holds a session; its transaction is rolled back when it lies idle for too long.
    pub(crate) fn hold(self: &Arc<Self>, session: Arc<Session>) -> u32 {
        let number = self.next_number();
        self.sessions.insert(number, session);
        self.tend();
        number
    }

    /// Holds a stream; it ends when nobody asks for more for too long.
    pub(crate) fn hold_stream(self: &Arc<Self>, stream: Stream) -> u32 {
        let number = self.next_number();
        self.streams.insert(number, Arc::new(stream));
        self.tend();
        number
    }

    /// An isolate has ended: its transactions roll back, its connections return. Called on the isolate's own thread.
    pub(crate) fn isolate_ended(&self, isolate: u32) {
        let numbers: Vec<u32> = lock(&self.pools).all.keys().copied().collect();
        for pool in numbers {
            self.close_with(pool, |opened| {
                opened.users.remove(&isolate);
            });
        }
        for session in self.sessions.take_if(|session| session.isolate == isolate) {
            session.abandon();
        }
        for subscription in self.subscriptions.take_if(|subscription| subscription.isolate == isolate) {
            subscription.close();
        }
        drop(self.copies.take_if(|copy| copy.isolate == isolate));
        self.end_streams(|stream| stream.isolate == isolate);
        self.tokens.forget(isolate);
    }

    fn end_streams(&self, ends: impl Fn(&Stream) -> bool) {
        let Some(runtime) = self.runtime.get() else { return };
        for stream in self.streams.take_if(ends) {
            runtime.spawn(async move { stream.end(0).await });
        }
    }

    /// Watches what is held as long as anything is.
    fn tend(self: &Arc<Self>) {
        if std::mem::replace(&mut *lock(&self.tending), true) {
            return;
        }
        let service = Arc::clone(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(TEND_INTERVAL).await;
                service.sessions.take_if(Session::is_idle_too_long).into_iter().for_each(|one| one.abandon());
                service.end_streams(|stream| stream.idle() > STREAM_IDLE);
                let mut tending = lock(&service.tending);
                if service.sessions.is_empty() && service.streams.is_empty() {
                    *tending = false;
                    return;
                }
            }
        });
    }
}

fn connector(url: &str, limits: &Limits) -> Result<Connector, Error> {
    let target = Target::parse(url)?;
    let tls = tls::connector(target.verify, target.root_certificates.as_deref())?;
    Ok(Connector { config: target.config, tls, timeout: limits.connect_timeout() })
}
