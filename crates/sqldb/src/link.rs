//! One connection to the server.

use std::collections::{HashMap, VecDeque};
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, OnceCell, RwLock};
use tokio::task::AbortHandle;
use tokio_postgres::{AsyncMessage, CancelToken, Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{Error, Kind};
use crate::prepared::Prepared;

/// Prepared statements kept per connection.
const MAX_STATEMENTS: usize = 256;
/// How long a request to cancel may take.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(2);

/// What a connection is opened with.
#[derive(Clone)]
pub(crate) struct Connector {
    pub(crate) config: Config,
    pub(crate) tls: MakeRustlsConnect,
    pub(crate) timeout: Duration,
}

/// Filled by whoever needs the statement first; the others wait for it.
type Cell = Arc<OnceCell<Arc<Prepared>>>;

#[derive(Default)]
struct Statements {
    /// With the moment of the last use, for the choice of which to forget.
    by_text: HashMap<Arc<str>, (Cell, u64)>,
    clock: u64,
}

/// An open connection, its prepared statements and what is under way on it.
pub(crate) struct Link {
    pub(crate) id: u64,
    pub(crate) client: Client,
    pub(crate) opened: Instant,
    cancel: CancelToken,
    tls: MakeRustlsConnect,
    statements: Mutex<Statements>,
    /// Statements sent and not answered, the one being executed first.
    under_way: Mutex<VecDeque<(u64, Instant)>>,
    moved_on: Notify,
    last_entry: AtomicU64,
    /// Written while a request to cancel is on its way: no statement may start that it was not meant for.
    cancelling: RwLock<()>,
    retired: AtomicBool,
    driver: AbortHandle,
}

impl Connector {
    /// Opens a connection. `notices` receives what the server sends unasked; `on_end` runs when the connection has ended.
    pub(crate) async fn open(
        &self,
        notices: Option<UnboundedSender<AsyncMessage>>,
        on_end: impl FnOnce(u64) + Send + 'static,
    ) -> Result<Arc<Link>, Error> {
        static LAST_ID: AtomicU64 = AtomicU64::new(0);
        let opening = self.config.connect(self.tls.clone());
        let (client, mut connection) = tokio::time::timeout(self.timeout, opening)
            .await
            .map_err(|_| {
                let message =
                    format!("no connection was open after {} ms (connectTimeout)", self.timeout.as_millis());
                Error::new(Kind::ConnectTimeout, message)
            })?
            .map_err(|error| Error::of_connect(&error))?;
        let id = LAST_ID.fetch_add(1, Ordering::Relaxed) + 1;
        let driver = tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
                if let Some(notices) = &notices {
                    let _ = notices.send(message);
                }
            }
            on_end(id);
        });
        Ok(Arc::new(Link {
            id,
            opened: Instant::now(),
            cancel: client.cancel_token(),
            client,
            tls: self.tls.clone(),
            statements: Mutex::default(),
            under_way: Mutex::default(),
            moved_on: Notify::new(),
            last_entry: AtomicU64::new(0),
            cancelling: RwLock::new(()),
            retired: AtomicBool::new(false),
            driver: driver.abort_handle(),
        }))
    }
}

impl Link {
    /// Whether new statements may be given to it.
    pub(crate) fn is_usable(&self) -> bool {
        !self.retired.load(Ordering::Relaxed) && !self.client.is_closed()
    }

    /// From now on it takes nothing new and is closed when what it has is done.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Closes the socket at once; what is under way fails.
    pub(crate) fn kill(&self) {
        self.retire();
        self.driver.abort();
    }

    /// The place of a statement in the cache; prepared by whoever comes first.
    pub(crate) fn statement(&self, sql: &Arc<str>) -> Cell {
        let mut statements = lock(&self.statements);
        statements.clock += 1;
        let now = statements.clock;
        if let Some((cell, used)) = statements.by_text.get_mut(sql) {
            *used = now;
            return Arc::clone(cell);
        }
        if statements.by_text.len() >= MAX_STATEMENTS {
            let oldest = statements.by_text.iter().min_by_key(|(_, (_, used))| *used);
            if let Some(oldest) = oldest.map(|(text, _)| Arc::clone(text)) {
                statements.by_text.remove(&oldest);
            }
        }
        let cell = Arc::new(OnceCell::new());
        statements.by_text.insert(Arc::clone(sql), (Arc::clone(&cell), now));
        cell
    }

    /// Forgets one statement: what it was prepared for has changed.
    pub(crate) fn forget(&self, sql: &Arc<str>) {
        lock(&self.statements).by_text.remove(sql);
    }

    /// Forgets all of them, and the types the server described.
    pub(crate) fn forget_all(&self) {
        lock(&self.statements).by_text.clear();
        self.client.clear_type_cache();
    }

    /// Waits until no request to cancel is on its way, and enters a statement that is about to be sent.
    pub(crate) async fn enter(self: &Arc<Self>) -> Entry {
        drop(self.cancelling.read().await);
        let number = self.last_entry.fetch_add(1, Ordering::Relaxed) + 1;
        lock(&self.under_way).push_back((number, Instant::now()));
        Entry { link: Arc::clone(self), number }
    }

    /// How long the statement that is being executed has been under way.
    pub(crate) fn busy_for(&self) -> Duration {
        lock(&self.under_way).front().map_or(Duration::ZERO, |(_, since)| since.elapsed())
    }

    /// Asks the server to cancel the statement `entry`, once it is the one being executed; returns when the server has read
    /// the request, or the statement is over.
    pub(crate) async fn cancel(&self, entry: u64) {
        loop {
            let moved_on = self.moved_on.notified();
            match lock(&self.under_way).iter().position(|(number, _)| *number == entry) {
                None => return,
                Some(0) => break,
                Some(_) => {}
            }
            moved_on.await;
        }
        let _alone = self.cancelling.write().await;
        if lock(&self.under_way).front().is_none_or(|(number, _)| *number != entry) {
            return;
        }
        // A server that cannot be reached will not execute it either, or the keep-alive ends the connection.
        let _ = tokio::time::timeout(CANCEL_TIMEOUT, self.cancel.cancel_query(self.tls.clone())).await;
    }
}

impl Link {
    /// Cancels whatever is being executed.
    pub(crate) async fn cancel_current(&self) {
        let current = lock(&self.under_way).front().map(|(number, _)| *number);
        if let Some(current) = current {
            self.cancel(current).await;
        }
    }
}

/// A statement under way.
pub(crate) struct Entry {
    pub(crate) link: Arc<Link>,
    pub(crate) number: u64,
}

impl Drop for Entry {
    fn drop(&mut self) {
        lock(&self.link.under_way).retain(|(number, _)| *number != self.number);
        self.link.moved_on.notify_waiters();
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
