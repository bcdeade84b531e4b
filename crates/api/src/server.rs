//! A listening server: its sockets, its routes, its connections.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use twinloop_runtime::{Core, Failure, Level, Serving};

use crate::clock::Clock;
use crate::config::Limits;
use crate::connection::serve;
use crate::connections::Connections;
use crate::health::Readiness;
use crate::link::Link;
use crate::listen::bind;
use crate::route::Router;

/// How long accepting pauses when descriptors or memory have run out.
const PAUSE: Duration = Duration::from_millis(100);

/// How often that is logged, at most.
const LOG_INTERVAL: Duration = Duration::from_secs(1);

/// How often a draining server looks for connections that have been quiet long enough.
const LOOK: Duration = Duration::from_millis(25);

/// How long connections that were cut may take to be gone.
const CUT: Duration = Duration::from_secs(1);

/// One listening server.
pub(crate) struct Server {
    pub(crate) core: &'static Core,
    pub(crate) serving: Arc<Serving>,
    pub(crate) router: Router,
    pub(crate) limits: Limits,
    pub(crate) clock: Arc<Clock>,
    pub(crate) connections: Connections,
    pub(crate) readiness: Readiness,
    /// A permit for every connection there may be, held by its task or by the acceptor that waits for it.
    room: Arc<Semaphore>,
    permits: usize,
    accepting: Mutex<Vec<JoinHandle<()>>>,
    stopping: watch::Sender<bool>,
}

impl Server {
    /// Binds and begins to accept; the port that was taken is returned with it.
    pub(crate) async fn start(
        core: &'static Core,
        serving: Arc<Serving>,
        router: Router,
        limits: Limits,
        (host, port): (&str, u16),
    ) -> Result<(Arc<Self>, u16), Failure> {
        let (listeners, port) = bind(host, port, limits.backlog).await?;
        // Each acceptor but one waits with a permit in its hand that another could use.
        let permits = limits.max_connections + listeners.len().saturating_sub(1);
        let server = Arc::new(Self {
            core,
            serving,
            router,
            clock: Arc::new(Clock::new(&limits)),
            connections: Connections::default(),
            readiness: Readiness::default(),
            room: Arc::new(Semaphore::new(permits)),
            permits,
            accepting: Mutex::default(),
            stopping: watch::Sender::new(false),
            limits,
        });
        let accept = |listener| core.spawn("accept", accept(Arc::clone(&server), listener));
        *server.acceptors() = listeners.into_iter().map(accept).collect();
        core.spawn("connection sweeper", sweep(Arc::clone(&server)));
        Ok((server, port))
    }

    /// Whether it accepts no more.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// The clock stands still while there are no connections.
    pub(crate) fn awaken_clock(&self) {
        if self.connections.count() == 0 {
            self.clock.advance();
        }
    }

    /// Stops accepting, lets what is in flight be answered, and cuts what is left after `grace`: that many are returned.
    ///
    /// Each answer from now on ends its connection and says so. A connection without a request is closed when it has been
    /// quiet for a while, and not before: its next request may be on its way.
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
        let left = self.connections.count();
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

    /// Waits until every permit is back: no connection is open, and none is about to be.
    async fn vacated(&self) {
        let all = u32::try_from(self.permits).unwrap_or(u32::MAX);
        let _ = self.room.acquire_many(all).await;
    }

    fn acceptors(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.accepting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(self: &Arc<Self>, (stream, remote): (TcpStream, SocketAddr), permit: OwnedSemaphorePermit) {
        let server = Arc::clone(self);
        self.core.spawn("connection", async move {
            let _permit = permit;
            serve(server, stream, remote).await;
        });
    }
}

async fn sweep(server: Arc<Server>) {
    let mut stopping = server.stopping.subscribe();
    let stopped = async {
        let _ = stopping.wait_for(|&stopping| stopping).await;
        server.connections.closed().await;
    };
    tokio::select! {
        () = server.connections.sweep(&server.clock, &server.limits) => {}
        () = stopped => {}
    }
}

async fn accept(server: Arc<Server>, listener: TcpListener) {
    let mut stopping = server.stopping.subscribe();
    let mut logged: Option<Instant> = None;
    let serving = async {
        loop {
            let Ok(permit) = Arc::clone(&server.room).acquire_owned().await else { return };
            match listener.accept().await {
                Ok(accepted) => server.admit(accepted, permit),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    if logged.is_none_or(|logged| logged.elapsed() >= LOG_INTERVAL) {
                        logged = Some(Instant::now());
                        let fields = json!({ "error": error.to_string() });
                        server.core.log(
                            Level::Error,
                            "connections cannot be accepted: raise the limit of open files",
                            &fields,
                        );
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = serving => {}
        _ = stopping.wait_for(|&stopping| stopping) => {}
    }
    // Clients that the operating system has let in already believe to be connected.
    while let Ok(permit) = Arc::clone(&server.room).try_acquire_owned() {
        let accepted = tokio::select! {
            biased;
            accepted = listener.accept() => accepted,
            () = std::future::ready(()) => break,
        };
        let Ok(accepted) = accepted else { break };
        server.admit(accepted, permit);
    }
}

/// The client was gone before it could be accepted: nothing is wrong with the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
