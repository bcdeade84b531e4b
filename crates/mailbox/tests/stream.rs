//! Answers that come in pieces, one promise after another: a test plays both sides.

#![allow(
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and knows its own numbers"
)]
#![cfg(not(twinloop_loom))]

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use twinloop_mailbox::{
    AbortReason, Batch, Bells, BrokenOff, ITEM_INTS, Job, Kind, Limits, Outcome, Pending, Port, Stream, Text,
};

const REPLY: i32 = 1 | (1 << 8);
const BEGIN: i32 = 6 | (1 << 8);
const PIECE: i32 = 7 | (1 << 8);
const END: i32 = 8;

fn port(max_in_flight: usize) -> Arc<Port> {
    let bell = || -> Box<dyn Fn() + Send + Sync> { Box::new(|| ()) };
    let limits = Limits { max_in_flight, ..Limits::default() };
    Port::new(limits, Bells { notify: bell(), distribute: bell(), sweep: bell() })
}

fn submit(port: &Port) -> Pending {
    let timeout = Some(Duration::from_secs(1));
    port.submit(Job {
        component: 0,
        is_counted: true,
        target: 0,
        text: Text::from("{}"),
        context: None,
        timeout,
        intake: None,
    })
    .unwrap()
}

fn drain(port: &Port) -> Vec<[i32; ITEM_INTS]> {
    let mut batch = Batch::default();
    port.drain(&mut batch, 256);
    batch.ints().chunks_exact(ITEM_INTS).map(|item| item.try_into().unwrap()).collect()
}

fn settle(port: &Port, entries: &[i32], text: &str) {
    port.settle(entries, entries.len() / 3, &Bytes::copy_from_slice(text.as_bytes())).unwrap();
}

/// A stream with its id.
fn begin(port: &Port) -> (Stream, i32) {
    let mut pending = submit(port);
    let id = drain(port)[0][1];
    settle(port, &[BEGIN, id, 200], "\n");
    match pin!(&mut pending).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Outcome::Stream(stream)) => (stream, id),
        other => panic!("expected a stream, found {other:?}"),
    }
}

fn next(stream: &mut Stream) -> Poll<Option<Result<Bytes, BrokenOff>>> {
    stream
        .poll_piece(&Context::from_waker(Waker::noop()))
        .map(|piece| piece.map(|piece| piece.map(|piece| piece.bytes)))
}

fn piece(text: &'static str) -> Poll<Option<Result<Bytes, BrokenOff>>> {
    Poll::Ready(Some(Ok(Bytes::from_static(text.as_bytes()))))
}

#[test]
fn pieces_arrive_in_order_and_then_the_end() {
    let port = port(8);
    let (mut stream, id) = begin(&port);
    assert_eq!(stream.status, 200);
    assert_eq!(next(&mut stream), Poll::Pending);
    settle(&port, &[PIECE, id, 0, PIECE, id, 0, END, id, 0], "1\n2\n");
    assert_eq!((next(&mut stream), next(&mut stream)), (piece("1"), piece("2")));
    assert_eq!(next(&mut stream), Poll::Ready(None));
    drop(stream);
    assert!(drain(&port).is_empty(), "what has ended is not aborted");
    assert_eq!(port.load(), 0);
}

#[test]
fn a_stream_neither_counts_against_the_bound_nor_runs_out_of_time() {
    let port = port(1);
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(begin(&port).0);
    }
    assert!(!port.expire(Instant::now() + Duration::from_secs(60)), "nothing is left to watch");
    assert_eq!(next(&mut waiting[0]), Poll::Pending);
    assert_eq!(port.load(), 3);
}

#[test]
fn the_isolate_is_told_what_has_left() {
    let port = port(8);
    let (mut stream, id) = begin(&port);
    let pieces: Vec<i32> = (0..20).flat_map(|_| [PIECE, id, 0]).collect();
    settle(&port, &pieces, &"x\n".repeat(20));
    for _ in 0..20 {
        assert_eq!(next(&mut stream), piece("x"));
    }
    let credits: Vec<i32> = drain(&port)
        .iter()
        .filter(|item| item[0] == Kind::Credit as i32 && item[1] == id)
        .map(|item| item[2])
        .collect();
    assert_eq!(credits, [8, 8, 4]);
}

#[test]
fn a_client_that_leaves_aborts_the_stream_once() {
    let port = port(8);
    let (stream, id) = begin(&port);
    drop(stream);
    assert_eq!(drain(&port), [[Kind::Abort as i32, id, AbortReason::Disconnected as i32, 0]]);
    settle(&port, &[PIECE, id, 0, END, id, 0], "late\n");
    assert!(drain(&port).is_empty());
    assert_eq!(port.load(), 0);
}

#[test]
fn a_client_that_left_before_the_beginning_was_seen_aborts_it_too() {
    let port = port(8);
    let pending = submit(&port);
    let id = drain(&port)[0][1];
    settle(&port, &[BEGIN, id, 200], "\n");
    drop(pending);
    assert_eq!(drain(&port), [[Kind::Abort as i32, id, AbortReason::Disconnected as i32, 0]]);
    assert_eq!(port.load(), 0);
}

#[test]
fn ending_it_from_the_edge_says_why() {
    let port = port(8);
    let (stream, id) = begin(&port);
    stream.abort(AbortReason::Stopping);
    assert_eq!(drain(&port), [[Kind::Abort as i32, id, AbortReason::Stopping as i32, 0]]);
}

#[test]
fn a_stream_is_broken_off_after_its_pieces_by_its_handler_its_isolate_or_a_second_answer() {
    for ending in 0..3 {
        let port = port(8);
        let (mut stream, id) = begin(&port);
        settle(&port, &[PIECE, id, 0], "\"sent\"\n");
        match ending {
            0 => settle(&port, &[END, id, 1], ""),
            1 => port.close(|_| None),
            _ => settle(&port, &[REPLY, id, 200], "{}\n"),
        }
        assert_eq!(next(&mut stream), piece("\"sent\""), "{ending}");
        assert_eq!(next(&mut stream), Poll::Ready(Some(Err(BrokenOff))), "{ending}");
    }
}

#[test]
fn pieces_of_what_never_began_reach_nobody() {
    let port = port(8);
    let mut pending = submit(&port);
    let id = drain(&port)[0][1];
    settle(&port, &[PIECE, id, 0, END, id, 0, BEGIN, 12_345, 200], "x\n\n");
    assert!(pin!(&mut pending).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(port.load(), 1);
}
