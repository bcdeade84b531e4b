//! How a pool's connections are opened and set up; the connector can be exchanged while the pool is in use (credential rotation).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;

use twinloop_runtime::lock;

use crate::connection::{Connection, Connector};
use crate::error::{Error, ErrorKind};
use crate::options::PoolLimits;
use crate::pool::reach::Reach;
use crate::record::PoolRecord;
use crate::wire::ServerEvent;

/// The pause between attempts at a server that refuses the password.
const PAUSE: Duration = Duration::from_millis(100);

/// Opens the connections of one pool, and that of its listener.
pub(crate) struct Opener {
    connector: Mutex<Arc<Connector>>,
    /// The SQL that is run on each connection before its first use.
    set_up_text: Mutex<Option<Arc<str>>>,
    /// How long to wait for a new password when the server refuses the current one; zero where the password cannot change.
    patience: Duration,
    /// Reports to operators whether the database can be reached.
    pub(crate) reach: Reach,
    /// Records what telemetry tells of the pool.
    pub(crate) record: Arc<PoolRecord>,
    /// Whether the server has ever accepted a connection; before that, a refused password is reported at once.
    is_proven: AtomicBool,
}

impl Opener {
    /// Makes an opener. `rotates`: the password can change, so a refused one is retried for up to `acquireTimeout`.
    pub(crate) fn new(connector: Connector, limits: &PoolLimits, rotates: bool) -> Arc<Self> {
        let patience = if rotates { limits.acquire_timeout() } else { Duration::ZERO };
        let record = PoolRecord::new(&connector.config);
        Arc::new(Self {
            connector: Mutex::new(Arc::new(connector)),
            set_up_text: Mutex::default(),
            patience,
            reach: Reach::default(),
            record,
            is_proven: AtomicBool::new(false),
        })
    }

    /// Opens connections with `connector` from now on.
    pub(crate) fn exchange(&self, connector: Connector) {
        *lock(&self.connector) = Arc::new(connector);
    }

    /// Sets the set-up SQL; `false` where it is set already.
    ///
    /// Errors: `config` where another text is set: isolates, and databases at one URL, share connections.
    pub(crate) fn set_up_by(&self, sql: &str) -> Result<bool, Error> {
        let mut set_up = lock(&self.set_up_text);
        match set_up.as_deref() {
            Some(known) if known == sql => Ok(false),
            Some(known) => {
                let message = format!(
                    "connections to one URL are shared and can be set up in one way only: {known:?} is there, {sql:?} came later"
                );
                Err(Error::new(ErrorKind::Config, message))
            }
            None => {
                *set_up = Some(Arc::from(sql));
                Ok(true)
            }
        }
    }

    /// Opens a connection and runs the set-up SQL on it. The arguments are those of [`Connector::open`].
    pub(crate) async fn open(
        &self,
        events: Option<UnboundedSender<ServerEvent>>,
        on_end: impl FnOnce(u64, bool) + Clone + Send + 'static,
    ) -> Result<Arc<Connection>, Error> {
        let link = self.connect(events, on_end).await?;
        self.set_up(&link).await?;
        Ok(link)
    }

    /// Runs the set-up SQL on a new connection.
    pub(super) async fn set_up(&self, link: &Connection) -> Result<(), Error> {
        let text = lock(&self.set_up_text).clone();
        if let Some(sql) = text {
            link.set_up(sql).await?;
        }
        self.reach.opened();
        Ok(())
    }

    /// Opens a connection without running the set-up SQL.
    pub(super) async fn connect(
        &self,
        events: Option<UnboundedSender<ServerEvent>>,
        on_end: impl FnOnce(u64, bool) + Clone + Send + 'static,
    ) -> Result<Arc<Connection>, Error> {
        let began = Instant::now();
        loop {
            let connector = Arc::clone(&lock(&self.connector));
            let attempted = Instant::now();
            match connector.open(events.clone(), on_end.clone()).await {
                Ok(link) => {
                    self.is_proven.store(true, Ordering::Relaxed);
                    self.record.created(attempted.elapsed());
                    return Ok(link);
                }
                Err(error) if error.refuses_credentials() && self.may_wait(began) => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => {
                    self.reach.lost(&error);
                    return Err(error);
                }
            }
        }
    }

    fn may_wait(&self, began: Instant) -> bool {
        self.is_proven.load(Ordering::Relaxed) && began.elapsed() < self.patience
    }
}
