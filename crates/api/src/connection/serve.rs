//! Serving one connection, from its first byte to its close.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::Poll;

use futures_util::TryFutureExt as _;
use http::StatusCode;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use twinloop_runtime::lock;

use crate::connection::entry::Accepted;
use crate::connection::farewell;
use crate::connection::http2;
use crate::connection::link::Link;
use crate::connection::open::{OpenedTransport, open};
use crate::connection::remote::RemoteAddress;
use crate::connection::socket::LinkSocket;
use crate::connection::transport::{Reader, Transport};
use crate::guard::GuardedIo;
use crate::request::life::answer;
use crate::server::Server;
use crate::websocket::answer::{PendingUpgrade, Upgrade};

/// Most bytes that Hyper buffers in each direction; a head must fit.
const MAX_BUFFER_BYTES: usize = 256 << 10;

/// Serves the requests of one connection until either side ends it.
pub(crate) async fn serve(server: Arc<Server>, accepted: Accepted) {
    let (stream, remote) = match accepted {
        Accepted::Tcp(stream, remote) if server.entry.is_plain() => (stream, remote),
        // Boxed, so that the plain case stays small.
        other => return Box::pin(negotiated(server, other)).await,
    };
    let _ = stream.set_nodelay(true);
    let (reader, writer) = stream.into_split();
    let remote = RemoteAddress::tcp(remote.ip(), remote.port());
    let link = Arc::new(Link::new(LinkSocket::Tcp(writer), remote, Arc::clone(&server.clock)));
    let link = server.register(&link);
    let transport = Transport { reader: Reader::Tcp(reader), link: Arc::clone(&link) };
    requests(&server, &link, transport, Vec::new(), server.entry.http2).await;
}

/// Serves a connection that begins with a handshake.
async fn negotiated(server: Arc<Server>, accepted: Accepted) {
    let Some(OpenedTransport { transport, early, is_http2, may_be_http2 }) = open(&server, accepted).await
    else {
        return;
    };
    let link = server.register(&transport.link);
    if is_http2 {
        http2::serve(&server, &link, transport, early).await;
        farewell::say_goodbye(&link.socket).await;
    } else {
        requests(&server, &link, transport, early, may_be_http2).await;
    }
}

/// Serves the requests of an opened connection, of which `early` has been read already.
async fn requests(
    server: &Arc<Server>,
    link: &Arc<Link>,
    transport: Transport,
    early: Vec<u8>,
    may_be_http2: bool,
) {
    let io = GuardedIo::new(transport, early, &server.limits, may_be_http2);
    let upgrade = Mutex::new(None);
    let service = service_fn(|request| {
        // No async block: it would have room for the future of a request twice.
        answer(server, link, request).map_ok(|mut response| {
            if response.status() == StatusCode::SWITCHING_PROTOCOLS {
                *lock(&upgrade) = PendingUpgrade::take(response.extensions_mut());
            }
            response
        })
    });
    let mut connection = builder(server).serve_connection(io, service);
    let ended = poll_fn(|cx| {
        link.attend(cx);
        if link.is_cut() {
            return Poll::Ready(false);
        }
        if let Poll::Ready(ended) = Pin::new(&mut connection).poll(cx) {
            return Poll::Ready(ended.is_ok());
        }
        // Checked after reading: a request that arrived before the order is answered, and a partial head may be completed.
        if link.is_leaving() && link.is_quiet() { Poll::Ready(false) } else { Poll::Pending }
    })
    .await;
    let parts = connection.into_parts();
    let upgrade = lock(&upgrade).take();
    if let (Some(upgrade), true) = (upgrade, ended) {
        return Box::pin(upgraded(server, link, *upgrade, (parts.io, &parts.read_buf))).await;
    }
    if let Some((transport, early)) = parts.io.into_http2() {
        Box::pin(http2::serve(server, link, transport, early)).await;
    } else {
        leave(server, link, ended).await;
    }
}

/// Runs a connection that goes on as a WebSocket, to its close.
async fn upgraded(server: &Server, link: &Arc<Link>, upgrade: Upgrade, (io, early): (GuardedIo, &[u8])) {
    let Some((transport, held)) = io.into_upgraded() else {
        // The client has been told of the upgrade: an answer to what it sent too early would be no frame.
        farewell::say_goodbye(&link.socket).await;
        return;
    };
    let mut session = pin!(upgrade.run((transport, [early, &held].concat())));
    let ended = poll_fn(|cx| {
        link.attend(cx);
        if link.is_cut() { Poll::Ready(false) } else { session.as_mut().poll(cx).map(|()| true) }
    });
    let ended = ended.await;
    leave(server, link, ended).await;
}

/// Ends the connection: `ended` where its last response is written.
async fn leave(server: &Server, link: &Arc<Link>, ended: bool) {
    if ended && link.lingers() {
        farewell::say(server, link, link.refused()).await;
    } else if !link.is_cut() {
        farewell::say_goodbye(&link.socket).await;
    }
}

fn builder(server: &Server) -> http1::Builder {
    let mut builder = http1::Builder::new();
    // Half-closed clients still get their answer; the guard times the head; one write of a small copy is cheaper than a
    // vectored write of two slices.
    builder.half_close(true).header_read_timeout(None).writev(false).max_buf_size(MAX_BUFFER_BYTES);
    // Unless set, Hyper keeps up to 100 headers on the stack.
    if server.limits.max_headers > 100 {
        builder.max_headers(server.limits.max_headers);
    }
    builder
}
