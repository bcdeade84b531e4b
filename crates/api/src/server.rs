//! A listening server: its sockets, its routes, its connections.

use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use twinloop_runtime::{Core, Failure};

use crate::config::Limits;
use crate::listen::bind;
use crate::request::answer;
use crate::route::Router;

/// One listening server.
pub(crate) struct Server {
    pub(crate) core: &'static Core,
    pub(crate) router: Router,
    pub(crate) limits: Limits,
    stopping: watch::Sender<bool>,
}

impl Server {
    /// Binds and begins to accept; the port that was taken is returned with it.
    pub(crate) async fn start(
        core: &'static Core,
        router: Router,
        limits: Limits,
        (host, port): (&str, u16),
    ) -> Result<(Arc<Self>, u16), Failure> {
        let (listeners, port) = bind(host, port, limits.backlog).await?;
        let server = Arc::new(Self { core, router, limits, stopping: watch::Sender::new(false) });
        for listener in listeners {
            core.spawn("accept", accept(Arc::clone(&server), listener));
        }
        Ok((server, port))
    }

    /// Whether it accepts no more.
    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    /// Stops accepting.
    pub(crate) fn stop(&self) {
        self.stopping.send_replace(true);
    }
}

async fn accept(server: Arc<Server>, listener: TcpListener) {
    let mut stopping = server.stopping.subscribe();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|&stopping| stopping) => return,
        };
        if let Ok((stream, remote)) = accepted {
            let _ = stream.set_nodelay(true);
            server.core.spawn("connection", serve(Arc::clone(&server), stream, remote));
        }
    }
}

async fn serve(server: Arc<Server>, stream: TcpStream, remote: std::net::SocketAddr) {
    let server = &server;
    let service = service_fn(move |request| async move {
        Ok::<_, std::convert::Infallible>(answer(server, remote, request).await)
    });
    let connection = http1::Builder::new()
        .half_close(true)
        .writev(false)
        .header_read_timeout(None)
        .serve_connection(TokioIo::new(stream), service);
    let _ = connection.await;
}
