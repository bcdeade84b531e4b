//! Accepting of connections: from the binding of a server's sockets until it stops.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use twinloop_runtime::{Core, Failure, Level, Serving};

use crate::config::Listen;
use crate::connection::entry::{Accepted, Door};
use crate::connection::serve::serve;
use crate::connection::tls::watch;
use crate::server::{Server, ServerParts};

/// The pause of accepting when file descriptors or memory have run out.
const PAUSE: Duration = Duration::from_millis(100);

/// The least interval between log lines about failed accepts.
const LOG_INTERVAL: Duration = Duration::from_secs(1);

/// Binds and begins to accept; returns the server with its port.
pub(crate) async fn start(
    core: &'static Core,
    serving: Arc<Serving>,
    parts: ServerParts,
    config: &Listen,
) -> Result<(Arc<Server>, u16), Failure> {
    let (doors, port) = Door::open(config).await?;
    // Each acceptor but one holds a permit while it waits, which the others lack.
    let permits = config.limits.max_connections + doors.len().saturating_sub(1);
    let server = Arc::new(Server::new(core, serving, parts, config, permits));
    let accept = |door| core.spawn("accept", accept(Arc::clone(&server), door));
    *server.acceptors() = doors.into_iter().map(accept).collect();
    if let Some(tls) = &server.entry.tls {
        let (tls, server) = (Arc::clone(tls), Arc::clone(&server));
        core.spawn("certificate watch", async move {
            tokio::select! {
                () = watch(tls, core) => {}
                () = server.stopped() => {}
            }
        });
    }
    core.spawn("connection sweeper", sweep(Arc::clone(&server)));
    Ok((server, port))
}

/// Serves an accepted connection, which has the permit until it is closed.
pub(crate) fn admit(server: &Arc<Server>, accepted: Accepted, permit: OwnedSemaphorePermit) {
    let admitted = Arc::clone(server);
    server.core.spawn("connection", async move {
        let _permit = permit;
        serve(admitted, accepted).await;
    });
}

async fn sweep(server: Arc<Server>) {
    let stopped = async {
        server.stopped().await;
        server.connections.closed().await;
    };
    tokio::select! {
        () = server.connections.sweep(&server.clock, &server.limits) => {}
        () = stopped => {}
    }
}

async fn accept(server: Arc<Server>, door: Door) {
    let mut logged: Option<Instant> = None;
    let serving = async {
        loop {
            let Ok(permit) = Arc::clone(&server.room).acquire_owned().await else { return };
            match door.accept().await {
                Ok(accepted) => admit(&server, accepted, permit),
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    if logged.is_none_or(|logged| logged.elapsed() >= LOG_INTERVAL) {
                        logged = Some(Instant::now());
                        let fields = json!({ "error": error.to_string() });
                        server.core.log(
                            Level::Error,
                            "failed to accept connections: raise the limit of open files",
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
        () = server.stopped() => {}
    }
    // Connections in the backlog are established already from the client's side, so they are accepted.
    while let Ok(permit) = Arc::clone(&server.room).try_acquire_owned() {
        let accepted = tokio::select! {
            biased;
            accepted = door.accept() => accepted,
            () = std::future::ready(()) => break,
        };
        let Ok(accepted) = accepted else { break };
        admit(&server, accepted, permit);
    }
}

/// Whether an accept failed because the client was gone; the listener is all right.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
