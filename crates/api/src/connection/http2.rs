//! HTTP/2: one connection with many requests, each with a link of its own.
//!
//! Hyper and h2 bound what a connection may hold: streams, header lists with their CONTINUATION frames, flow-control windows,
//! small DATA frames, streams that are reset before they are accepted. What they do not count is counted by `meter.rs`.

mod body;
mod heads;
mod io;
mod meter;
mod streams;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use hyper::server::conn::http2;
use hyper::service::service_fn;

use crate::connection::link::Link;
use crate::connection::transport::Transport;
use crate::server::Server;
use io::Http2Io;
use streams::Streams;

/// Most requests of a connection at the same time. Source: RFC 9113, section 6.5.2, recommends at least 100.
const MAX_STREAMS: u32 = 128;

/// Most bytes of a body that are received before they are asked for: of one request, and of all requests of a connection.
const STREAM_WINDOW_BYTES: u32 = 256 << 10;
const CONNECTION_WINDOW_BYTES: u32 = 1 << 20;

/// Most bytes of one answer that wait for the client.
const SEND_BYTES: usize = 64 << 10;

/// What HPACK counts for each header beside its bytes. Source: RFC 7541, section 4.1.
const HEADER_OVERHEAD: usize = 32;

/// Most streams that may be reset by the client before they are accepted, and by the server for errors of the client's; the
/// connection ends beyond. Source: CVE-2023-44487, CVE-2025-8671.
const MAX_PENDING_RESETS: usize = 20;
const MAX_ERROR_RESETS: usize = 256;

/// Serves the requests of one connection, of which `early` has been read already, until either side ends it.
pub(crate) async fn serve(server: &Arc<Server>, link: &Arc<Link>, transport: Transport, early: Vec<u8>) {
    let streams = Streams::new(Arc::clone(server), Arc::clone(link));
    let service = service_fn(|request| streams.answer(request));
    let io = Http2Io::new(transport, early);
    let mut connection = pin!(builder(server, streams.clone()).serve_connection(io, service));
    let mut is_told = false;
    link.waits_for_head(true);
    poll_fn(|cx| {
        link.attend(cx);
        if link.is_draining() && !std::mem::replace(&mut is_told, link.is_draining()) {
            // GOAWAY: streams under way are finished, and the client opens no more.
            connection.as_mut().graceful_shutdown();
        }
        if link.is_cut() || (link.head_is_late() && streams.is_idle()) {
            if !streams.is_idle() || std::mem::replace(&mut is_told, true) {
                return Poll::Ready(());
            }
            // An idle connection is told before it closes.
            connection.as_mut().graceful_shutdown();
            let _ = connection.as_mut().poll(cx);
            return Poll::Ready(());
        }
        if connection.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        if link.is_leaving() && link.is_quiet() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

fn builder(server: &Server, streams: Streams) -> http2::Builder<Streams> {
    let limits = &server.limits;
    let list = limits.max_head_bytes + limits.max_headers * HEADER_OVERHEAD;
    let mut builder = http2::Builder::new(streams);
    builder
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .max_send_buf_size(SEND_BYTES)
        .max_header_list_size(u32::try_from(list).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(MAX_PENDING_RESETS)
        .max_local_error_reset_streams(MAX_ERROR_RESETS);
    builder
}
