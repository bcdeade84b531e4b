//! The entry of a server: the sockets that it listens on, and what is spoken on them.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::{TcpListener, TcpStream};
use twinloop_runtime::Failure;

use crate::config::{Listen, ProxyProtocol};
use crate::connection::listen;
use crate::connection::remote::{RemoteAddress, Scheme};
use crate::connection::tls::TlsTerminator;
use crate::connection::unix;
use crate::in_memory::grant::Grant;
use crate::in_memory::stream::ServedEnd;

/// What is spoken on a server's connections.
pub(crate) struct Entrance {
    pub(crate) tls: Option<Arc<TlsTerminator>>,
    /// Whether TLS is spoken on the unix socket as well.
    #[cfg_attr(not(unix), allow(dead_code, reason = "only sockets of the file system ask"))]
    pub(crate) unix_tls: bool,
    pub(crate) http2: bool,
    pub(crate) proxy_protocol: ProxyProtocol,
}

/// A socket that accepts connections.
pub(crate) enum Door {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix(unix::UnixDoor),
}

/// An accepted connection.
pub(crate) enum Accepted {
    Tcp(TcpStream, SocketAddr),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
    /// Boxed, so that the others stay small.
    Memory(Box<MemoryConnection>),
}

/// A connection in memory, of an isolate's own request.
pub(crate) struct MemoryConnection {
    pub(crate) stream: ServedEnd,
    pub(crate) remote: RemoteAddress,
    pub(crate) scheme: Scheme,
    /// The rights of a call; `None` for a request as from outside.
    pub(crate) grant: Option<Box<Grant>>,
}

impl Entrance {
    /// Reads what is configured; the errors are sentences, one for each option that cannot be served.
    pub(crate) fn new(config: &Listen) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let tls = config.tls.as_ref().map(|tls| TlsTerminator::load(tls, config.http2));
        let tls = tls.transpose().map_err(|more| problems.extend(more)).ok().flatten().map(Arc::new);
        if config.proxy_protocol != ProxyProtocol::Off && config.trust_proxy.from.is_empty() {
            problems.push(
                "proxyProtocol has no proxy to believe: name the balancers in trustProxy, or set TRUST_PROXY"
                    .to_owned(),
            );
        }
        if config.host.is_none() && config.unix.is_none() && !config.in_memory {
            problems
                .push("there is neither a host nor a unix socket to listen on: give one of them".to_owned());
        }
        let unix_tls = config.unix.as_ref().is_some_and(|unix| unix.tls);
        if unix_tls && config.tls.is_none() {
            problems.push("unix.tls needs the option tls: give its certificate".to_owned());
        }
        let (http2, proxy_protocol) = (config.http2, config.proxy_protocol);
        if problems.is_empty() { Ok(Self { tls, unix_tls, http2, proxy_protocol }) } else { Err(problems) }
    }

    /// Whether TCP connections begin with their first request.
    pub(crate) fn is_plain(&self) -> bool {
        self.tls.is_none() && self.proxy_protocol == ProxyProtocol::Off
    }
}

impl Door {
    /// Binds all sockets; returns them with the port, 0 where there is none. Errors: `unavailable`, with `reason` in its details.
    pub(crate) async fn open(config: &Listen) -> Result<(Vec<Self>, u16), Failure> {
        let (mut doors, mut port) = (Vec::new(), 0);
        if let Some(host) = &config.host {
            let (listeners, taken) = listen::bind(host, config.port, config.limits.backlog).await?;
            doors.extend(listeners.into_iter().map(Self::Tcp));
            port = taken;
        }
        if let Some(unix) = &config.unix {
            #[cfg(unix)]
            doors.push(Self::Unix(unix::bind(unix, config.limits.backlog).await?));
            #[cfg(not(unix))]
            return Err(unix::refuse(unix));
        }
        Ok((doors, port))
    }

    /// Accepts a connection.
    pub(crate) async fn accept(&self) -> io::Result<Accepted> {
        match self {
            Self::Tcp(listener) => {
                listener.accept().await.map(|(stream, remote)| Accepted::Tcp(stream, remote))
            }
            #[cfg(unix)]
            Self::Unix(door) => door.listener.accept().await.map(|(stream, _)| Accepted::Unix(stream)),
        }
    }
}
