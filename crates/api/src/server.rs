//! A server: its routes, its limits, its connections. `connection/accept.rs` fills it with connections.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use twinloop_runtime::{Core, Serving, lock};

use crate::answer::form::ErrorForms;
use crate::auth::gateway::Gateway;
use crate::config::{Limits, Listen};
use crate::connection::clock::CoarseClock;
use crate::connection::connections::{Connections, Registration};
use crate::connection::entry::Entrance;
use crate::connection::link::Link;
use crate::cookie::keys::CookieKeyRing;
use crate::health::checks::Checks;
use crate::health::probe::Readiness;
use crate::request::budget::Budget;
use crate::request::id_source::RequestIds;
use crate::request::peer::Trust;
use crate::routing::route::Router;

/// The interval at which a draining server checks for quiet connections.
const LOOK: Duration = Duration::from_millis(25);

/// How long to wait for connections that were closed by force.
const CUT: Duration = Duration::from_secs(1);

/// What a server serves by, built before its port is bound.
pub(crate) struct ServerParts {
    pub(crate) router: Router,
    pub(crate) gateway: Gateway,
    pub(crate) trust: Trust,
    pub(crate) entry: Entrance,
    pub(crate) request_ids: RequestIds,
    pub(crate) cookie_keys: CookieKeyRing,
}

/// A server, as the requests and connections of it see it.
pub(crate) struct Server {
    pub(crate) core: &'static Core,
    pub(crate) serving: Arc<Serving>,
    pub(crate) router: Router,
    pub(crate) trust: Trust,
    pub(crate) gateway: Gateway,
    pub(crate) entry: Entrance,
    pub(crate) request_ids: RequestIds,
    pub(crate) cookie_keys: CookieKeyRing,
    pub(crate) limits: Limits,
    pub(crate) errors: ErrorForms,
    pub(crate) clock: Arc<CoarseClock>,
    pub(crate) connections: Connections,
    pub(crate) readiness: Readiness,
    pub(crate) checks: Checks,
    pub(crate) bodies: Arc<Budget>,
    /// The permits of connections: each is held by a connection's task, or by the acceptor that waits for a connection.
    pub(crate) room: Arc<Semaphore>,
    permits: usize,
    accepting: Mutex<Vec<JoinHandle<()>>>,
    stopping: watch::Sender<bool>,
}

impl Server {
    /// Makes a server with room for `permits` connections, which nobody can reach yet.
    pub(crate) fn new(
        core: &'static Core,
        serving: Arc<Serving>,
        parts: ServerParts,
        config: &Listen,
        permits: usize,
    ) -> Self {
        let ServerParts { router, gateway, trust, entry, request_ids, cookie_keys } = parts;
        let limits = config.limits.clone();
        Self {
            core,
            serving,
            errors: ErrorForms::of(config),
            router,
            trust,
            gateway,
            entry,
            request_ids,
            cookie_keys,
            clock: Arc::new(CoarseClock::new(&limits)),
            connections: Connections::default(),
            readiness: Readiness::default(),
            checks: Checks::default(),
            bodies: Arc::new(Budget::new(limits.buffered_body_bytes)),
            room: Arc::new(Semaphore::new(permits)),
            permits,
            accepting: Mutex::default(),
            stopping: watch::Sender::new(false),
            limits,
        }
    }

    /// Whether the server has stopped accepting.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Resolves when the server has stopped accepting.
    pub(crate) async fn stopped(&self) {
        let _ = self.stopping.subscribe().wait_for(|&stopping| stopping).await;
    }

    /// Registers a connection, which the sweeper then times.
    pub(crate) fn register(&self, link: &Arc<Link>) -> Registration<'_> {
        self.awaken_clock();
        let link = self.connections.enter(Arc::clone(link));
        if self.is_stopping() {
            link.drain();
        }
        link
    }

    /// Starts the clock, which stands still while there are no connections.
    fn awaken_clock(&self) {
        if self.connections.count() == 0 {
            self.clock.advance();
        }
    }

    /// Stops accepting, lets open requests be answered, closes the remaining connections after `grace`, and returns their number.
    ///
    /// Each answer from now on carries `connection: close`. A connection without an open request is closed after `drain_quiet_ms`
    /// of silence, since its next request may be on its way.
    pub(crate) async fn drain(&self, grace: Duration) -> usize {
        self.readiness.end();
        self.stopping.send_replace(true);
        let acceptors = std::mem::take(&mut *self.acceptors());
        for acceptor in acceptors {
            let _ = acceptor.await;
        }
        self.connections.each(Link::drain);
        let vacated = async {
            tokio::select! {
                () = self.vacated() => {}
                () = self.see_out_the_quiet() => {}
            }
        };
        if timeout(grace, vacated).await.is_ok() {
            return 0;
        }
        let left = self.connections.sockets();
        self.connections.each(Link::cut);
        let _ = timeout(CUT, self.vacated()).await;
        left
    }

    async fn see_out_the_quiet(&self) {
        let began = self.clock.advance();
        loop {
            tokio::time::sleep(LOOK).await;
            let now = self.clock.advance();
            self.connections.each(|link| link.leave_if_quiet(now, began, self.limits.drain_quiet_ms));
        }
    }

    /// Waits until all permits are released: no connection is open or about to be.
    async fn vacated(&self) {
        let all = u32::try_from(self.permits).unwrap_or(u32::MAX);
        let _ = self.room.acquire_many(all).await;
    }

    /// The tasks that accept connections.
    pub(crate) fn acceptors(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        lock(&self.accepting)
    }
}
