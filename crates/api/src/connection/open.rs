//! Opening of a connection that is more than plain TCP: the PROXY protocol, TLS, unix sockets.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::config::ProxyProtocol;
use crate::connection::entry::{Accepted, MemoryConnection};
use crate::connection::farewell;
use crate::connection::link::Link;
use crate::connection::peekable::Peekable;
use crate::connection::proxy_protocol;
use crate::connection::remote::{RemoteAddress, Scheme};
use crate::connection::socket::LinkSocket;
use crate::connection::tls::{Handshake, Secured};
use crate::connection::transport::{Reader, Transport};
use crate::guard::{RefusedHead, Violation};
use crate::server::Server;

/// A connection that is ready for its first request.
pub(crate) struct OpenedTransport {
    pub(crate) transport: Transport,
    /// What has been read already.
    pub(crate) early: Vec<u8>,
    pub(crate) is_http2: bool,
    pub(crate) may_be_http2: bool,
}

/// Opens a connection: `None` for a client that does not complete the handshakes in time, or has begun no request when the
/// quiet time of a draining server is over.
pub(crate) async fn open(server: &Server, accepted: Accepted) -> Option<OpenedTransport> {
    let limit = Duration::from_millis(u64::from(server.limits.header_timeout_ms));
    tokio::select! {
        opened = timeout(limit, negotiate(server, accepted)) => opened.ok()?.ok()?,
        () = dismissed(server) => None,
    }
}

/// Resolves when a draining server's quiet time is over: the client has begun no request.
async fn dismissed(server: &Server) {
    server.stopped().await;
    sleep(Duration::from_millis(u64::from(server.limits.drain_quiet_ms))).await;
}

async fn negotiate(server: &Server, accepted: Accepted) -> io::Result<Option<OpenedTransport>> {
    match accepted {
        Accepted::Tcp(mut stream, remote) => {
            let _ = stream.set_nodelay(true);
            let mut remote = RemoteAddress::tcp(remote.ip(), remote.port());
            let (mut early, mut scheme) = (Vec::new(), Scheme::Http);
            if server.entry.proxy_protocol != ProxyProtocol::Off {
                (early, scheme) = proxied(server, &mut stream, &mut remote).await?;
            }
            match &server.entry.tls {
                Some(_) => secured(server, Peekable::new(stream, early), remote).await,
                None => Ok(Some(plain(server, stream, early, remote, scheme))),
            }
        }
        Accepted::Memory(accepted) => {
            let MemoryConnection { stream, remote, scheme, grant } = *accepted;
            let stream = Mutex::new(Peekable::new(stream, Vec::new()));
            let mut link = Link::new(LinkSocket::Wrapped(stream), remote, Arc::clone(&server.clock));
            (link.protocol, link.grant, link.is_in_memory) = (scheme, grant, true);
            let transport = Transport { reader: Reader::Wrapped, link: Arc::new(link) };
            Ok(Some(OpenedTransport { transport, early: Vec::new(), is_http2: false, may_be_http2: false }))
        }
        #[cfg(unix)]
        Accepted::Unix(stream) => {
            let remote = RemoteAddress { is_unix: true, ..RemoteAddress::tcp([127, 0, 0, 1].into(), 0) };
            let stream = Peekable::new(stream, Vec::new());
            if server.entry.unix_tls {
                return secured(server, stream, remote).await;
            }
            let link = Link::new(LinkSocket::Wrapped(Mutex::new(stream)), remote, Arc::clone(&server.clock));
            let transport = Transport { reader: Reader::Wrapped, link: Arc::new(link) };
            let may_be_http2 = server.entry.http2;
            Ok(Some(OpenedTransport { transport, early: Vec::new(), is_http2: false, may_be_http2 }))
        }
    }
}

/// Reads the PROXY header of a trusted proxy; returns what was read behind it, and the client's protocol.
async fn proxied(
    server: &Server,
    stream: &mut TcpStream,
    remote: &mut RemoteAddress,
) -> io::Result<(Vec<u8>, Scheme)> {
    let is_required = server.entry.proxy_protocol == ProxyProtocol::Required;
    if !server.trust.covers(*remote) {
        return if is_required {
            Err(io::ErrorKind::PermissionDenied.into())
        } else {
            Ok((Vec::new(), Scheme::Http))
        };
    }
    let (header, early) = proxy_protocol::read(stream).await?;
    let Some(header) = header else {
        return if is_required { Err(io::ErrorKind::InvalidData.into()) } else { Ok((early, Scheme::Http)) };
    };
    if let Some((ip, port)) = header.source {
        *remote = RemoteAddress::tcp(ip, port);
    }
    Ok((early, if header.is_tls { Scheme::Https } else { Scheme::Http }))
}

fn plain(
    server: &Server,
    stream: TcpStream,
    early: Vec<u8>,
    remote: RemoteAddress,
    scheme: Scheme,
) -> OpenedTransport {
    let (reader, writer) = stream.into_split();
    let mut link = Link::new(LinkSocket::Tcp(writer), remote, Arc::clone(&server.clock));
    link.protocol = scheme;
    let transport = Transport { reader: Reader::Tcp(reader), link: Arc::new(link) };
    OpenedTransport { transport, early, is_http2: false, may_be_http2: server.entry.http2 }
}

async fn secured(
    server: &Server,
    stream: Peekable,
    remote: RemoteAddress,
) -> io::Result<Option<OpenedTransport>> {
    let Some(tls) = &server.entry.tls else { return Ok(None) };
    let Secured { stream, is_http2, identity } = match tls.accept(stream).await? {
        Handshake::Done(secured) => *secured,
        Handshake::Plain(stream) => {
            tell_plain(server, stream, remote).await?;
            return Ok(None);
        }
    };
    let stream = Mutex::new(Peekable::new(stream, Vec::new()));
    let mut link = Link::new(LinkSocket::Wrapped(stream), remote, Arc::clone(&server.clock));
    (link.protocol, link.identity) = (Scheme::Https, identity);
    let transport = Transport { reader: Reader::Wrapped, link: Arc::new(link) };
    Ok(Some(OpenedTransport { transport, early: Vec::new(), is_http2, may_be_http2: false }))
}

/// Answers a client that speaks HTTP without TLS by 400; anything else is disconnected.
async fn tell_plain(server: &Server, mut stream: Peekable, remote: RemoteAddress) -> io::Result<()> {
    if stream.peek().await?.first().is_some_and(u8::is_ascii_uppercase) {
        let refused = RefusedHead::new(Violation::NoTls, stream.peek().await?);
        let socket = LinkSocket::Wrapped(Mutex::new(stream));
        let link = Arc::new(Link::new(socket, remote, Arc::clone(&server.clock)));
        farewell::say(server, &link, Some(&refused)).await;
    }
    Ok(())
}
