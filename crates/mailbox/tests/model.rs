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
use std::task::{Context, Poll, Wake, Waker};

use bytes::Bytes;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use twinloop_mailbox::{
    Batch, Bells, Feed, Gone, ITEM_INTS, Job, Kind, Limits, Outcome, Pending, Port, Stream, Text, feed,
};

const REPLY: i32 = 1 | (1 << 8);
const BEGIN: i32 = 6 | (1 << 8);
const PIECE: i32 = 7 | (1 << 8);
const END: i32 = 8;
const PULL: i32 = 10;
const CALL: i32 = 5 | (1 << 8);
const CALLER: i32 = 12;

fn port(rung: &Arc<AtomicUsize>) -> std::sync::Arc<Port> {
    let rung = Arc::clone(rung);
    let notify = Box::new(move || {
        rung.fetch_add(1, Ordering::SeqCst);
    });
    Port::new(Limits::default(), Bells { notify, distribute: Box::new(|| ()), sweep: Box::new(|| ()) })
}

fn job() -> Job {
    Job {
        component: 0,
        is_counted: true,
        target: 0,
        text: Text::from("{}"),
        context: None,
        timeout: None,
        intake: None,
    }
}

/// Drains and answers until the queue was empty, as an isolate does after a wake.
fn serve(port: &Port) -> usize {
    let mut batch = Batch::default();
    let mut served = 0;
    while port.drain(&mut batch, 1) || !batch.is_empty() {
        for item in batch.ints().chunks_exact(ITEM_INTS).filter(|item| item[0] & 0xff == Kind::Job as i32) {
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

struct Silent;

impl twinloop_mailbox::Context for Silent {
    fn get(&self, _name: &str) -> Option<String> {
        None
    }
    fn all(&self) -> String {
        String::new()
    }
}

#[test]
fn a_job_that_is_given_up_while_it_calls_has_a_caller_or_none_and_the_call_is_made() {
    loom::model(|| {
        let port = port(&Arc::new(AtomicUsize::new(0)));
        let pending = port.submit(Job { context: Some(std::sync::Arc::new(Silent)), ..job() }).unwrap();
        let mut batch = Batch::default();
        port.drain(&mut batch, 1);
        let id = batch.ints()[1];
        let isolate = loom::thread::spawn({
            let port = port.clone();
            move || {
                let entries = [CALLER, id, 0, CALL, 1, 0, REPLY, id, 200];
                port.settle(&entries, 3, &Bytes::from_static(b"\n{}\n")).unwrap();
            }
        });
        drop(pending);
        isolate.join().unwrap();
        assert_eq!(port.distribute().len(), 1);
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

/// Counts how often it was woken.
struct Counts(AtomicUsize);

impl Wake for Counts {
    fn wake(self: std::sync::Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// A stream that has begun, and its id.
fn begun(port: &Port) -> (Stream, i32) {
    let mut pending = port.submit(job()).unwrap();
    let mut batch = Batch::default();
    port.drain(&mut batch, 1);
    let id = batch.ints()[1];
    port.settle(&[BEGIN, id, 200], 1, &Bytes::from_static(b"\n")).unwrap();
    match poll(&mut pending) {
        Some(Outcome::Stream(stream)) => (stream, id),
        other => panic!("no stream: {other:?}"),
    }
}

#[test]
fn s10_whoever_waits_for_a_piece_is_woken_by_it() {
    loom::model(|| {
        let port = port(&Arc::new(AtomicUsize::new(0)));
        let (mut stream, id) = begun(&port);
        let isolate = loom::thread::spawn({
            let port = port.clone();
            move || port.settle(&[PIECE, id, 0], 1, &Bytes::from_static(b"x\n")).unwrap()
        });
        let woken = std::sync::Arc::new(Counts(AtomicUsize::new(0)));
        let waker = Waker::from(woken.clone());
        let first = stream.poll_piece(&Context::from_waker(&waker));
        isolate.join().unwrap();
        port.distribute();
        if first.is_pending() {
            assert!(woken.0.load(Ordering::SeqCst) > 0, "nobody would look again");
            assert!(stream.poll_piece(&Context::from_waker(&waker)).is_ready());
        }
    });
}

#[test]
fn credit_that_is_given_while_the_stream_ends_harms_nobody() {
    loom::model(|| {
        let port = port(&Arc::new(AtomicUsize::new(0)));
        let (mut stream, id) = begun(&port);
        port.settle(&[PIECE, id, 0], 1, &Bytes::from_static(b"x\n")).unwrap();
        let isolate = loom::thread::spawn({
            let port = port.clone();
            move || port.settle(&[END, id, 0], 1, &Bytes::new()).unwrap()
        });
        let piece = stream.poll_piece(&Context::from_waker(Waker::noop()));
        assert!(matches!(piece, Poll::Ready(Some(Ok(_)))));
        isolate.join().unwrap();
        assert!(matches!(stream.poll_piece(&Context::from_waker(Waker::noop())), Poll::Ready(None)));
        drop(stream);
        assert_eq!(port.load(), 0);
    });
}

#[test]
fn s14_what_an_isolate_had_not_seen_is_answered_once_by_it_or_by_its_heir() {
    loom::model(|| {
        let (dying, heir) = (port(&Arc::new(AtomicUsize::new(0))), port(&Arc::new(AtomicUsize::new(0))));
        let mut pending = dying.submit(job()).unwrap();
        let closer = loom::thread::spawn({
            let (dying, heir) = (dying.clone(), heir.clone());
            move || dying.close(|_| Some(heir.clone()))
        });
        let by_dying = serve(&dying);
        closer.join().unwrap();
        let by_heir = serve(&heir);
        assert_eq!(by_dying + by_heir, 1, "it is begun once");
        let outcome = poll(&mut pending);
        // The isolate may have seen it and ended before its answer was taken.
        assert!(matches!(outcome, Some(Outcome::Reply(_) | Outcome::Gone(Gone::IsolateGone))), "{outcome:?}");
        assert_eq!((dying.load(), heir.load()), (0, 0));
    });
}

#[test]
fn s15_an_heir_that_ends_in_the_same_moment_takes_no_work_along() {
    loom::model(|| {
        let (dying, heir) = (port(&Arc::new(AtomicUsize::new(0))), port(&Arc::new(AtomicUsize::new(0))));
        let mut pending = dying.submit(job()).unwrap();
        let closer = loom::thread::spawn({
            let heir = heir.clone();
            move || heir.close(|_| None)
        });
        dying.close(|_| Some(heir.clone()));
        closer.join().unwrap();
        assert!(matches!(poll(&mut pending), Some(Outcome::Gone(Gone::Overloaded))));
        assert_eq!((dying.load(), heir.load()), (0, 0));
    });
}

#[test]
fn s13_a_job_given_up_while_it_is_drained_is_never_heard_of_or_aborted() {
    loom::model(|| {
        let port = port(&Arc::new(AtomicUsize::new(0)));
        let pending = port.submit(job()).unwrap();
        let client = loom::thread::spawn(move || drop(pending));
        let mut batch = Batch::default();
        port.drain(&mut batch, 8);
        let mut kinds: Vec<i32> = batch.ints().chunks_exact(ITEM_INTS).map(|item| item[0] & 0xff).collect();
        client.join().unwrap();
        port.drain(&mut batch, 8);
        kinds.extend(batch.ints().chunks_exact(ITEM_INTS).map(|item| item[0] & 0xff));
        assert!(kinds.is_empty() || kinds == [Kind::Job as i32, Kind::Abort as i32], "{kinds:?}");
        assert_eq!(port.load(), 0);
    });
}

/// A delivered job whose input comes in pieces, with its feed and its id.
fn fed(port: &Port) -> (Pending, Feed, i32) {
    let (feed, intake) = feed();
    let pending = port.submit(Job { intake: Some(intake), ..job() }).unwrap();
    let mut batch = Batch::default();
    port.drain(&mut batch, 1);
    (pending, feed, batch.ints()[1])
}

#[test]
fn s10_whoever_waits_for_a_credit_is_woken_by_it() {
    loom::model(|| {
        let port = port(&Arc::new(AtomicUsize::new(0)));
        let (_pending, mut feed, id) = fed(&port);
        let isolate = loom::thread::spawn({
            let port = port.clone();
            move || port.settle(&[PULL, id, 1], 1, &Bytes::new()).unwrap()
        });
        let woken = std::sync::Arc::new(Counts(AtomicUsize::new(0)));
        let waker = Waker::from(woken.clone());
        let first = feed.poll_credit(&Context::from_waker(&waker));
        isolate.join().unwrap();
        port.distribute();
        if first.is_pending() {
            assert!(woken.0.load(Ordering::SeqCst) > 0, "nobody would look again");
            assert_eq!(feed.poll_credit(&Context::from_waker(&waker)), Poll::Ready(Ok(())));
        }
    });
}

#[test]
fn a_piece_that_is_sent_while_the_job_is_answered_leaves_nothing_behind() {
    loom::model(|| {
        let port = port(&Arc::new(AtomicUsize::new(0)));
        let (pending, mut feed, id) = fed(&port);
        port.settle(&[PULL, id, 1], 1, &Bytes::new()).unwrap();
        let isolate = loom::thread::spawn({
            let port = port.clone();
            move || port.settle(&[REPLY, id, 200], 1, &Bytes::from_static(b"{}\n")).unwrap()
        });
        let _ = feed.push_text(Text::from("x"));
        drop(feed);
        isolate.join().unwrap();
        drop(pending);
        let mut batch = Batch::default();
        port.drain(&mut batch, 8);
        assert!(batch.is_empty(), "no piece of a job that is over");
        assert_eq!(port.load(), 0);
    });
}

#[test]
fn s14_an_input_that_ends_while_its_isolate_does_ends_once_for_whoever_gets_the_job() {
    loom::model(|| {
        let (dying, heir) = (port(&Arc::new(AtomicUsize::new(0))), port(&Arc::new(AtomicUsize::new(0))));
        let (feed, intake) = feed();
        let _pending = dying.submit(Job { intake: Some(intake), ..job() }).unwrap();
        let closer = loom::thread::spawn({
            let (dying, heir) = (dying.clone(), heir.clone());
            move || dying.close(|_| Some(heir.clone()))
        });
        feed.end();
        closer.join().unwrap();
        let mut batch = Batch::default();
        heir.drain(&mut batch, 8);
        let kinds: Vec<i32> = batch.ints().chunks_exact(ITEM_INTS).map(|item| item[0] & 0xff).collect();
        assert_eq!(kinds, [Kind::Job as i32, Kind::Piece as i32]);
    });
}
