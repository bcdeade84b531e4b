//! An open connection to a PostgreSQL server, with its prepared statements and the statements under way on it.

pub(crate) mod harmless;
pub(crate) mod types;

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Notify, OnceCell, RwLock};
use tokio::task::AbortHandle;
use tokio_postgres::Config;

use twinloop_runtime::lock;

use crate::connection::harmless::Harmless;
use crate::connection::types::Types;
use crate::error::{Error, ErrorKind};
use crate::statement::prepared::PreparedStatement;
use crate::wire::{self, Canceller, Client, ServerEvent, Tls, TransactionState, WireFailure};

/// Prepared statements kept per connection; beyond it the least recently used is closed.
const MAX_STATEMENTS: usize = 256;
/// How long a request to cancel may take.
const CANCEL_TIMEOUT: Duration = Duration::from_secs(2);

/// The settings with which a connection is opened.
#[derive(Clone)]
pub(crate) struct Connector {
    /// The server, the user and the database.
    pub(crate) config: Config,
    /// Whether and how the connection is encrypted.
    pub(crate) tls: Tls,
    /// The time limit for opening the connection.
    pub(crate) timeout: Duration,
}

/// The cache entry of one prepared statement: filled by the first task that needs the statement, awaited by the others.
pub(crate) type StatementCell = Arc<OnceCell<Arc<PreparedStatement>>>;

/// The schemas in which the server looks names up; `None` is the path from the connection's start. The same SQL text may mean
/// different tables on different paths, so the path is part of a prepared statement's cache key.
type SearchPath = Option<Arc<str>>;

#[derive(Default)]
struct Statements {
    path: SearchPath,
    /// Each entry carries the time of its last use; the least recently used is evicted.
    by_text: HashMap<(SearchPath, Arc<str>), (StatementCell, u64)>,
    clock: u64,
}

/// An open connection, its prepared statements and what is under way on it.
pub(crate) struct Connection {
    /// The number of the connection, unique in the process.
    pub(crate) id: u64,
    /// The wire, on which statements are sent.
    pub(crate) client: Client,
    /// When the connection was opened, for its lifetime.
    pub(crate) opened: Instant,
    /// Cancels the statement under way, over a connection of its own.
    canceller: Arc<Canceller>,
    /// The prepared statements.
    statements: Mutex<Statements>,
    /// What is known of types that are not built in.
    types: Mutex<Types>,
    harmless: Mutex<Harmless>,
    /// Statements sent and not answered, the one being executed first.
    under_way: Mutex<VecDeque<(u64, Instant)>>,
    moved_on: Notify,
    last_entry: AtomicU64,
    /// Write-locked while a `CancelRequest` is on its way, so that the request cannot hit a statement that starts meanwhile.
    cancelling: RwLock<()>,
    retired: AtomicBool,
    /// When the connection's last borrower or statement left it.
    idle_since: Mutex<Instant>,
    /// The set-up SQL that was run before the connection's first use; it is run again after a reset.
    set_up: OnceLock<Arc<str>>,
    /// Whether a statement may have left session state behind (a setting, a lock, a temporary table) that its text does not show.
    touched: AtomicBool,
    driver: AbortHandle,
    /// The Tokio runtime: isolates drop connections on their own threads, which have entered none.
    runtime: Handle,
}

impl Connector {
    /// Opens a connection within `connectTimeout`. `events` receives notices and notifications; `on_end` runs when the connection
    /// has ended, with `true` where the server or the network ended it.
    ///
    /// Errors: `connect_timeout`, `connect`, or the server's own error.
    pub(crate) async fn open(
        &self,
        events: Option<UnboundedSender<ServerEvent>>,
        on_end: impl FnOnce(u64, bool) + Send + 'static,
    ) -> Result<Arc<Connection>, Error> {
        static LAST_ID: AtomicU64 = AtomicU64::new(0);
        let opening = wire::connect(&self.config, &self.tls, events);
        let (client, driver) = tokio::time::timeout(self.timeout, opening)
            .await
            .map_err(|_| {
                let message =
                    format!("no connection was open after {} ms (connectTimeout)", self.timeout.as_millis());
                Error::new(ErrorKind::ConnectTimeout, message)
            })?
            .map_err(|failure| Error::of_connect(&failure))?;
        let id = LAST_ID.fetch_add(1, Ordering::Relaxed) + 1;
        let driver = tokio::spawn(async move {
            let was_cut = driver.run().await;
            on_end(id, was_cut);
        });
        Ok(Arc::new(Connection {
            id,
            opened: Instant::now(),
            canceller: Arc::clone(&client.canceller),
            client,
            statements: Mutex::default(),
            types: Mutex::default(),
            harmless: Mutex::default(),
            under_way: Mutex::default(),
            moved_on: Notify::new(),
            last_entry: AtomicU64::new(0),
            cancelling: RwLock::new(()),
            retired: AtomicBool::new(false),
            idle_since: Mutex::new(Instant::now()),
            set_up: OnceLock::new(),
            touched: AtomicBool::new(false),
            driver: driver.abort_handle(),
            runtime: Handle::current(),
        }))
    }
}

impl Connection {
    /// Runs the set-up SQL on a connection before its first use.
    pub(crate) async fn set_up(&self, sql: Arc<str>) -> Result<(), WireFailure> {
        let sql = self.set_up.get_or_init(|| sql);
        self.client.run(sql).await?;
        self.client.shared.take_setting_changes();
        Ok(())
    }

    /// Runs the set-up SQL again on a connection whose settings were reset.
    pub(crate) async fn set_up_again(&self) -> Result<(), WireFailure> {
        match self.set_up.get() {
            Some(sql) => self.client.run(sql).await,
            None => Ok(()),
        }
    }

    /// Whether the connection takes new statements.
    pub(crate) fn is_usable(&self) -> bool {
        !self.retired.load(Ordering::Relaxed) && !self.client.is_closed()
    }

    /// Retires the connection: it takes nothing new and is closed when its statements are done.
    pub(crate) fn retire(&self) {
        self.retired.store(true, Ordering::Relaxed);
    }

    /// Notes that the connection is unused from now on.
    pub(crate) fn rest(&self) {
        *lock(&self.idle_since) = Instant::now();
    }

    /// How long the connection has been unused; for one in use, how long it has been in use.
    pub(crate) fn idle_for(&self) -> Duration {
        lock(&self.idle_since).elapsed()
    }

    /// Whether the connection is older than `lifetime`. Each connection's limit varies by a tenth, so that connections opened
    /// together are not replaced together.
    pub(crate) fn has_outlived(&self, lifetime: Duration) -> bool {
        let thousandths = 900 + u32::try_from(self.id.wrapping_mul(0x9e37_79b9) % 200).unwrap_or(0);
        self.opened.elapsed() > lifetime / 1000 * thousandths
    }

    /// Notes that a statement may leave session state behind.
    pub(crate) fn touch(&self) {
        self.touched.store(true, Ordering::Relaxed);
    }

    /// Takes and clears the note that a statement may have left session state behind.
    pub(crate) fn take_touches(&self) -> bool {
        self.touched.swap(false, Ordering::Relaxed) | self.client.shared.take_setting_changes()
    }

    /// Closes the socket at once; statements under way fail.
    pub(crate) fn kill(&self) {
        self.retire();
        self.driver.abort();
    }

    /// The cache entry of a statement; the first task that needs the statement prepares it.
    pub(crate) fn statement(&self, sql: &Arc<str>) -> StatementCell {
        let mut statements = lock(&self.statements);
        statements.clock += 1;
        let now = statements.clock;
        let key = (statements.path.clone(), Arc::clone(sql));
        if let Some((cell, used)) = statements.by_text.get_mut(&key) {
            *used = now;
            return Arc::clone(cell);
        }
        if statements.by_text.len() >= MAX_STATEMENTS {
            let oldest = statements.by_text.iter().min_by_key(|(_, (_, used))| *used);
            if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
                statements.by_text.remove(&oldest);
            }
        }
        let cell = Arc::new(OnceCell::new());
        statements.by_text.insert(key, (Arc::clone(&cell), now));
        cell
    }

    /// Drops one prepared statement, because the schema it was prepared for has changed.
    pub(crate) fn forget(&self, sql: &Arc<str>) {
        let mut statements = lock(&self.statements);
        let key = (statements.path.clone(), Arc::clone(sql));
        let forgotten = statements.by_text.remove(&key);
        drop(statements);
        drop(forgotten);
    }

    /// Drops the types that the server has described.
    pub(crate) fn forget_types(&self) {
        *lock(&self.harmless) = Harmless::default();
        *lock(&self.types) = Types::default();
    }

    /// Drops all prepared statements, and the types that the server has described.
    pub(crate) fn forget_all(&self) {
        let forgotten = std::mem::take(&mut lock(&self.statements).by_text);
        *lock(&self.types) = Types::default();
        *lock(&self.harmless) = Harmless::default();
        // Dropping a statement sends a Close message to the server, which must not happen under the lock.
        drop(forgotten);
    }

    /// Asks the server for its current `search_path`, after a statement that may have changed it.
    pub(crate) async fn read_search_path(&self) -> Result<(), WireFailure> {
        const ASK: &str = "select pg_catalog.current_setting('search_path'), current_user";
        let mut answer = self.client.ask(ASK)?;
        let mut path = None;
        answer
            .rows(|row| {
                path = Some(Arc::from(String::from_utf8_lossy(row).as_ref()));
                Ok::<_, WireFailure>(true)
            })
            .await?;
        lock(&self.statements).path = path;
        Ok(())
    }

    /// Whether the `search_path` may differ from that of the connection's start.
    pub(crate) fn has_other_path(&self) -> bool {
        lock(&self.statements).path.is_some()
    }

    pub(crate) fn path_was_reset(&self) {
        lock(&self.statements).path = None;
    }

    /// Whether one of these names is that of a volatile function of the database's own, in SQL or another language of the server.
    /// A volatile function may change settings, take locks or make temporary tables without a word of it in the statement's text.
    pub(crate) async fn has_volatile(&self, names: &[String]) -> Result<bool, WireFailure> {
        const ASK: &str = "select 1 from pg_catalog.pg_proc f join pg_catalog.pg_language l on l.oid = f.prolang \
                           where f.proname = any($1::pg_catalog.text[]) and f.provolatile = 'v' and f.oid >= 16384 \
                           and l.lanname not in ('c', 'internal') limit 1";
        let quoted = |name: &String| format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
        let now = Instant::now();
        let list: Vec<String> = lock(&self.harmless).unknown(names, now).into_iter().map(quoted).collect();
        if list.is_empty() {
            return Ok(false);
        }
        let mut found = false;
        let mut answer = self.client.execute_once(ASK, &[&format!("{{{}}}", list.join(","))])?;
        answer
            .rows(|_| {
                found = true;
                Ok::<_, WireFailure>(true)
            })
            .await?;
        if !found {
            lock(&self.harmless).learn(names, now);
        }
        Ok(found)
    }

    /// Cancels the statement that the server executes and closes the connection; does not wait.
    ///
    /// Without the `CancelRequest` the server would go on, and hold its locks, until it next writes to the closed socket.
    pub(crate) fn cancel_process(self: &Arc<Self>) {
        self.retire();
        let link = Arc::clone(self);
        self.runtime.spawn(async move {
            let _ = tokio::time::timeout(CANCEL_TIMEOUT, link.canceller.cancel()).await;
            link.kill();
        });
    }

    /// The types with these OIDs; new ones are looked up in `pg_type`.
    pub(crate) async fn types(&self, oids: Vec<u32>) -> Result<Types, WireFailure> {
        let unknown = lock(&self.types).unknown(oids);
        if !unknown.is_empty() {
            let found = Types::look_up(&self.client, &unknown).await?;
            lock(&self.types).extend(found);
        }
        Ok(lock(&self.types).clone())
    }

    /// The transaction state that the server last reported.
    pub(crate) fn transaction(&self) -> TransactionState {
        self.client.shared.transaction()
    }

    /// Registers a statement that is about to be sent, once no `CancelRequest` is on its way.
    pub(crate) async fn enter(self: &Arc<Self>) -> StatementEntry {
        drop(self.cancelling.read().await);
        let number = self.last_entry.fetch_add(1, Ordering::Relaxed) + 1;
        lock(&self.under_way).push_back((number, Instant::now()));
        StatementEntry { link: Arc::clone(self), number }
    }

    /// How long the statement that the server executes has been under way.
    pub(crate) fn busy_for(&self) -> Duration {
        lock(&self.under_way).front().map_or(Duration::ZERO, |(_, since)| since.elapsed())
    }

    /// Sends a `CancelRequest` for the statement `entry` once the server executes it; returns when the server has read the request,
    /// or the statement is over.
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
        // Where the server cannot be reached, TCP keep-alive ends the connection.
        let _ = tokio::time::timeout(CANCEL_TIMEOUT, self.canceller.cancel()).await;
    }
}

/// A statement under way on a connection; deregistered when this is dropped.
pub(crate) struct StatementEntry {
    pub(crate) link: Arc<Connection>,
    pub(crate) number: u64,
}

impl Drop for StatementEntry {
    fn drop(&mut self) {
        lock(&self.link.under_way).retain(|(number, _)| *number != self.number);
        self.link.moved_on.notify_waiters();
    }
}
