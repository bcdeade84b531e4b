//! How a pool's connections are opened, which may become another way while the pool is in use: a password is rotated.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedSender;
use tokio_postgres::AsyncMessage;

use crate::error::Error;
use crate::link::{Connector, Link, lock};
use crate::options::Limits;

/// How often a server that refuses the password is asked again.
const PAUSE: Duration = Duration::from_millis(100);

/// What the connections of a pool are opened with.
pub(crate) struct Route {
    connector: Mutex<Arc<Connector>>,
    /// How long another password is waited for when the server refuses the one in use; zero where it cannot change.
    patience: Duration,
    /// Whether the server has accepted a connection: one that never did is told of at once.
    is_proven: AtomicBool,
}

impl Route {
    /// With `rotates`, a password that the server refuses is one that is about to be replaced.
    pub(crate) fn new(connector: Connector, limits: &Limits, rotates: bool) -> Arc<Self> {
        let patience = if rotates { limits.acquire_timeout() } else { Duration::ZERO };
        Arc::new(Self {
            connector: Mutex::new(Arc::new(connector)),
            patience,
            is_proven: AtomicBool::new(false),
        })
    }

    /// From now on connections are opened so.
    pub(crate) fn exchange(&self, connector: Connector) {
        *lock(&self.connector) = Arc::new(connector);
    }

    /// Opens a connection: see [`Connector::open`].
    pub(crate) async fn open(
        &self,
        notices: Option<UnboundedSender<AsyncMessage>>,
        on_end: impl FnOnce(u64) + Clone + Send + 'static,
    ) -> Result<Arc<Link>, Error> {
        let began = Instant::now();
        loop {
            let connector = Arc::clone(&lock(&self.connector));
            match connector.open(notices.clone(), on_end.clone()).await {
                Ok(link) => {
                    self.is_proven.store(true, Ordering::Relaxed);
                    return Ok(link);
                }
                Err(error) if error.refuses_credentials() && self.may_wait(began) => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn may_wait(&self, began: Instant) -> bool {
        self.is_proven.load(Ordering::Relaxed) && began.elapsed() < self.patience
    }
}
