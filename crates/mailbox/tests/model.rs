//! Every interleaving of the port's critical moments, by the loom model checker:
//! `RUSTFLAGS="--cfg twinloop_loom" cargo test -p twinloop-mailbox --test model --release`.

#![allow(
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and knows its own numbers"
)]
#![cfg(twinloop_loom)]

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use twinloop_mailbox::{Batch, Bells, ITEM_INTS, Job, Kind, Limits, Outcome, Pending, Port, Text};

const REPLY: i32 = 1 | (1 << 8);
const BEGIN: i32 = 6 | (1 << 8);
const PIECE: i32 = 7 | (1 << 8);
const END: i32 = 8;

fn port(rung: &Arc<AtomicUsize>) -> std::sync::Arc<Port> {
    let rung = Arc::clone(rung);
    let notify = Box::new(move || {
        rung.fetch_add(1, Ordering::SeqCst);
    });
    Port::new(Limits::default(), Bells { notify, distribute: Box::new(|| ()), sweep: Box::new(|| ()) })
}

fn job() -> Job {
    Job { kind: Kind::Request, target: 0, text: Text::from("{}"), context: None, timeout: None }
}

/// Drains and answers until the queue was empty, as an isolate does after a wake.
fn serve(port: &Port) -> usize {
    let mut batch = Batch::default();
    let mut served = 0;
    while port.drain(&mut batch, 1) || !batch.is_empty() {
        for item in batch.ints().chunks_exact(ITEM_INTS).filter(|item| item[0] & 0xff == Kind::Request as i32)
        {
            served += 1;
            port.settle(&[REPLY, item[1], 200], 1, &Bytes::from_static(b"{}\n")).unwrap();
        }
    }
    served
}

fn poll(pending: &mut Pending) -> Option<Outcome> {
    match pin!(pending).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}

#[test]
fn s10_no_wake_up_is_lost() {
    loom::model(|| {
        let rung = Arc::new(AtomicUsize::new(0));
        let port = port(&rung);
        let producers: Vec<_> = (0..2)
            .map(|_| {
                let port = port.clone();
                loom::thread::spawn(move || port.submit(job()).unwrap())
            })
            .collect();
        // An isolate that looks once while the producers run and, after them, only if it was rung since.
        let seen = rung.load(Ordering::SeqCst);
        let mut served = if seen > 0 { serve(&port) } else { 0 };
        let pending: Vec<_> = producers.into_iter().map(|producer| producer.join().unwrap()).collect();
        if rung.load(Ordering::SeqCst) > seen {
            served += serve(&port);
        }
        assert_eq!(served, 2);
        drop(pending);
    });
}

#[test]
fn giving_up_and_answering_at_once_leaves_nothing_behind() {
    loom::model(|| {
        let port = port(&Arc::new(AtomicUsize::new(0)));
        let pending = port.submit(job()).unwrap();
        let isolate = loom::thread::spawn({
            let port = port.clone();
            move || serve(&port)
        });
        drop(pending);
        isolate.join().unwrap();
        serve(&port);
        assert_eq!(port.load(), 0);
    });
}

#[test]
fn closing_while_a_job_is_submitted_answers_or_refuses_it() {
    loom::model(|| {
        let port = port(&Arc::new(AtomicUsize::new(0)));
        let closer = loom::thread::spawn({
            let port = port.clone();
            move || port.close(|_| None)
        });
        let submitted = port.submit(job());
        closer.join().unwrap();
        if let Ok(mut pending) = submitted {
            assert!(matches!(poll(&mut pending), Some(Outcome::Gone(_))));
        }
        assert_eq!(port.load(), 0);
    });
}

#[test]
fn a_stream_that_ends_while_its_client_leaves_leaves_nothing_behind() {
    loom::model(|| {
        let port = port(&Arc::new(AtomicUsize::new(0)));
        let mut pending = port.submit(job()).unwrap();
        let mut batch = Batch::default();
        port.drain(&mut batch, 1);
        let id = batch.ints()[1];
        let isolate = loom::thread::spawn({
            let port = port.clone();
            move || {
                port.settle(&[BEGIN, id, 200], 1, &Bytes::from_static(b"\n")).unwrap();
                port.settle(&[PIECE, id, 0, END, id, 0], 2, &Bytes::from_static(b"x\n")).unwrap();
            }
        });
        let outcome = poll(&mut pending);
        drop(pending);
        drop(outcome);
        isolate.join().unwrap();
        assert_eq!(port.load(), 0);
    });
}
