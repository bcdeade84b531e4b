//! The admin server: its port and its connections.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use twinloop_runtime::{Core, Failure, lock};

use crate::admin::connection::{Socket, WRITE_TIMEOUT};
use crate::admin::router;
use crate::admin::state::AdminState;
use crate::settings::AdminSettings;

/// Most connections at once; further ones wait.
const MAX_CONNECTIONS: usize = 64;
/// How long the head of a request may take, and a connection rest.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);
/// Most bytes of a head.
const MAX_HEAD: usize = 32 << 10;
/// Most headers of a request.
const MAX_HEADERS: usize = 64;
/// The pause after a failure to accept, such as a lack of file descriptors.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// A server that listens.
pub(crate) struct AdminServer {
    url: String,
    stopping: watch::Sender<bool>,
    accepting: Mutex<Option<JoinHandle<()>>>,
}

impl AdminServer {
    /// Binds the port and answers from then on.
    ///
    /// Errors: `unavailable` where the address cannot be bound.
    pub(crate) async fn start(
        core: &'static Core,
        state: AdminState,
        settings: &AdminSettings,
    ) -> Result<Self, Failure> {
        let AdminSettings { host, port, .. } = settings;
        let name = host.trim_start_matches('[').trim_end_matches(']');
        let cannot = |error: std::io::Error| {
            let message = format!(
                "the admin server cannot listen at {host}:{port}: {error}; set ADMIN_PORT to a free port"
            );
            Failure::unavailable(message)
        };
        let listener = TcpListener::bind((name, *port)).await.map_err(cannot)?;
        let port = listener.local_addr().map_err(cannot)?.port();
        let stopping = watch::Sender::new(false);
        let accepting =
            core.spawn("admin server", accept(core, listener, Arc::new(state), stopping.subscribe()));
        Ok(Self { url: url(name, port), stopping, accepting: Mutex::new(Some(accepting)) })
    }

    /// The URL under which a browser on this machine reaches the server.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Closes the port and all connections.
    pub(crate) async fn stop(&self) {
        self.stopping.send_replace(true);
        let accepting = lock(&self.accepting).take();
        if let Some(accepting) = accepting {
            let _ = accepting.await;
        }
    }
}

fn url(host: &str, port: u16) -> String {
    match host {
        "0.0.0.0" | "::" => format!("http://localhost:{port}"),
        host if host.contains(':') => format!("http://[{host}]:{port}"),
        host => format!("http://{host}:{port}"),
    }
}

async fn accept(
    core: &'static Core,
    listener: TcpListener,
    state: Arc<AdminState>,
    mut stopping: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let connections = stopping.clone();
    let accepting = async {
        loop {
            let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
            let Ok((stream, _)) = listener.accept().await else {
                tokio::time::sleep(ACCEPT_AGAIN).await;
                continue;
            };
            let (state, mut stopping) = (Arc::clone(&state), connections.clone());
            core.spawn("admin connection", async move {
                tokio::select! {
                    () = serve(stream, &state) => {}
                    _ = stopping.wait_for(|&stopping| stopping) => {}
                }
                drop(permit);
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        _ = stopping.wait_for(|&stopping| stopping) => {}
    }
    drop(listener);
    // The connections see the same signal.
    let all = u32::try_from(MAX_CONNECTIONS).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(Duration::from_secs(1), room.acquire_many(all)).await;
}

async fn serve(stream: TcpStream, state: &AdminState) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| async { Ok::<_, Infallible>(router::answer(state, request).await) });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(MAX_HEAD)
        .max_headers(MAX_HEADERS)
        .serve_connection(TokioIo::new(Socket::new(stream, WRITE_TIMEOUT)), service);
    // A client that leaves or breaks the protocol harms only itself.
    let _ = serving.await;
}
