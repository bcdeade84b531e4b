//! All that is open: pools by URL, and what isolates hold of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::error::{Error, Kind};
use crate::link::{Connector, lock};
use crate::options::{Limits, Target};
use crate::pool::Pool;
use crate::session::Session;
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

#[derive(Default)]
struct Pools {
    by_url: HashMap<String, u32>,
    all: HashMap<u32, Arc<Pool>>,
}

/// The component's state, one for the whole process.
#[derive(Default)]
pub(crate) struct Service {
    pools: Mutex<Pools>,
    last_number: AtomicU32,
    pub(crate) texts: Texts,
    pub(crate) tokens: Tokens,
    pub(crate) sessions: Held<Session>,
    tending: Mutex<bool>,
}

impl Service {
    /// The pool of a URL, opened if there is none. Connects to nothing yet; the limits of the first opener hold.
    pub(crate) fn open(&self, url: &str, limits: Limits) -> Result<u32, Error> {
        let mut pools = lock(&self.pools);
        if let Some(&number) = pools.by_url.get(url) {
            return Ok(number);
        }
        let target = Target::parse(url)?;
        let tls = tls::connector(target.verify, target.root_certificates.as_deref())?;
        let connector = Connector { config: target.config, tls, timeout: limits.connect_timeout() };
        let number = self.next_number();
        pools.by_url.insert(url.to_owned(), number);
        pools.all.insert(number, Pool::new(connector, limits));
        Ok(number)
    }

    pub(crate) fn pool(&self, number: u32) -> Result<Arc<Pool>, Error> {
        let pool = lock(&self.pools).all.get(&number).cloned();
        pool.ok_or_else(|| Error::new(Kind::PoolClosed, "the database was closed: its app has stopped"))
    }

    /// Closes a pool for all isolates; the next `open` of its URL opens another.
    pub(crate) fn close(&self, number: u32) {
        let mut pools = lock(&self.pools);
        pools.by_url.retain(|_, open| *open != number);
        let pool = pools.all.remove(&number);
        drop(pools);
        if let Some(pool) = pool {
            pool.close();
        }
    }

    /// A number that nothing else has, never 0.
    pub(crate) fn next_number(&self) -> u32 {
        self.last_number.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(crate) fn session(&self, number: u32) -> Result<Arc<Session>, Error> {
        self.sessions.get(number).ok_or_else(crate::session::over)
    }

    /// Holds a session, and rolls its transaction back if it lies idle for longer than `idle`.
    pub(crate) fn hold(self: &Arc<Self>, session: Arc<Session>, idle: Duration) -> u32 {
        let number = self.next_number();
        self.sessions.insert(number, session);
        if !std::mem::replace(&mut *lock(&self.tending), true) {
            tokio::spawn(tend(Arc::clone(self), idle));
        }
        number
    }

    /// An isolate has ended: its transactions roll back, its connections return.
    pub(crate) fn isolate_ended(&self, isolate: u32) {
        for session in self.sessions.take_if(|session| session.isolate == isolate) {
            session.abandon();
        }
        self.tokens.forget(isolate);
    }
}

async fn tend(service: Arc<Service>, idle: Duration) {
    loop {
        tokio::time::sleep((idle / 4).clamp(Duration::from_millis(20), Duration::from_secs(1))).await;
        let late = |session: &Session| session.idle_in_transaction().is_some_and(|since| since > idle);
        service.sessions.take_if(late).into_iter().for_each(|session| session.abandon());
        let mut tending = lock(&service.tending);
        if service.sessions.is_empty() {
            *tending = false;
            return;
        }
    }
}
