//! The life of one connection.

use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::guard::GuardedIo;
use crate::link::Link;
use crate::request::answer;
use crate::request_id::RequestId;
use crate::server::Server;

/// Bytes that Hyper buffers in either direction, at most; a head must fit.
const MAX_BUFFER_BYTES: usize = 256 << 10;

/// How long, and for how many bytes, a client may go on sending after its refusal. Closing at once would reset the
/// connection, and the reset can overtake the answer.
const LINGER: Duration = Duration::from_secs(2);
const LINGER_BYTES: usize = 64 << 20;

/// Serves the requests of one connection until either side ends it.
pub(crate) async fn serve(server: Arc<Server>, stream: TcpStream, remote: SocketAddr) {
    let _ = stream.set_nodelay(true);
    let (reader, writer) = stream.into_split();
    server.awaken_clock();
    let link = server.connections.enter(Arc::new(Link::new(writer, remote, Arc::clone(&server.clock))));
    if server.is_stopping() {
        link.drain();
    }
    let io = GuardedIo::new(reader, Arc::clone(&link), &server.limits);
    let (server, link): (&Server, &Arc<Link>) = (&server, &link);
    let service = service_fn(move |request| answer(server, link, request));
    let mut connection = pin!(builder(server).serve_connection(io, service));
    let ended = poll_fn(|cx| {
        link.attend(cx);
        if link.is_cut() {
            return Poll::Ready(false);
        }
        if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
            return Poll::Ready(ended.is_ok());
        }
        // Only now: what had come before the order has been read, and is answered. A head that is half there may end.
        if link.is_leaving() && link.is_quiet() { Poll::Ready(false) } else { Poll::Pending }
    });
    if ended.await && link.lingers() {
        // Boxed, because its buffer would otherwise be part of every connection.
        let _ = timeout(LINGER, Box::pin(finish(link))).await;
    }
}

fn builder(server: &Server) -> http1::Builder {
    let mut builder = http1::Builder::new();
    // Clients that close their sending side still get their answer. Header time is kept by the guard. One write of a small
    // copy is cheaper than a vectored write of two slices.
    builder.half_close(true).header_read_timeout(None).writev(false).max_buf_size(MAX_BUFFER_BYTES);
    // Without a number Hyper keeps its hundred headers on the stack.
    if server.limits.max_headers > 100 {
        builder.max_headers(server.limits.max_headers);
    }
    builder
}

/// Says why nothing more is read, and lets the client finish.
async fn finish(link: &Link) -> io::Result<()> {
    let stream = link.stream();
    if let Some(violation) = link.violation() {
        let response = violation.response(RequestId::next().as_str());
        let mut rest = &response[..];
        while !rest.is_empty() {
            stream.writable().await?;
            match stream.try_write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }
    SockRef::from(stream).shutdown(std::net::Shutdown::Write)?;
    let mut ignored = 0;
    let mut buffer = [0; 16 << 10];
    while ignored < LINGER_BYTES {
        stream.readable().await?;
        match stream.try_read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => ignored += count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
