//! The port's promises, one by one, without threads: a test plays both sides.

#![allow(
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and knows its own numbers"
)]

use std::any::Any;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use bytes::Bytes;
use twinloop_mailbox::{
    AbortReason, Batch, Bells, Drained, Gone, ITEM_INTS, Job, Kind, Limits, NO_JOB, Observer, Outcome,
    Pending, Port, Refused, ReplyForm, Text,
};

const REPLY: i32 = 1 | (1 << 8);
const BEGIN: i32 = 6 | (1 << 8);

#[derive(Default)]
struct Rings {
    notify: AtomicUsize,
    distribute: AtomicUsize,
    sweep: AtomicUsize,
}

fn port(limits: Limits) -> (Arc<Port>, Arc<Rings>) {
    let rings = Arc::new(Rings::default());
    let bell = |count: fn(&Rings) -> &AtomicUsize| -> Box<dyn Fn() + Send + Sync> {
        let rings = Arc::clone(&rings);
        Box::new(move || {
            count(&rings).fetch_add(1, Ordering::Relaxed);
        })
    };
    let bells = Bells {
        notify: bell(|rings| &rings.notify),
        distribute: bell(|rings| &rings.distribute),
        sweep: bell(|rings| &rings.sweep),
    };
    (Port::new(limits, bells), rings)
}

fn small(max_in_flight: usize, max_held: usize) -> Limits {
    Limits { max_in_flight, max_held, ..Limits::default() }
}

fn job(text: &str) -> Job {
    Job {
        component: 0,
        is_counted: true,
        target: 3,
        text: Text::from(text),
        context: None,
        timeout: None,
        intake: None,
    }
}

fn drain(port: &Port) -> Vec<[i32; ITEM_INTS]> {
    let mut batch = Batch::default();
    port.drain(&mut batch, 256);
    batch.ints().chunks_exact(ITEM_INTS).map(|item| item.try_into().unwrap()).collect()
}

fn reply(port: &Port, id: i32, body: &str) {
    port.settle(&[REPLY, id, 200], 1, &Bytes::from(format!("{body}\n"))).unwrap();
}

fn poll(pending: &mut Pending) -> Option<Outcome> {
    match pin!(pending).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Some(outcome),
        Poll::Pending => None,
    }
}

fn body(outcome: Option<Outcome>) -> String {
    match outcome {
        Some(Outcome::Reply(reply)) if reply.form == ReplyForm::Json => {
            String::from_utf8(reply.body.to_vec()).unwrap()
        }
        other => panic!("expected a reply, found {other:?}"),
    }
}

fn gone(outcome: Option<Outcome>) -> Gone {
    match outcome {
        Some(Outcome::Gone(gone)) => gone,
        other => panic!("expected none, found {other:?}"),
    }
}

#[test]
fn a_job_comes_back_answered() {
    let (port, rings) = port(Limits::default());
    let mut pending = port.submit(job("{}")).unwrap();
    let items = drain(&port);
    assert_eq!(items[0][0], Kind::Job as i32 | (3 << 16));
    reply(&port, items[0][1], r#"{"ok":true}"#);
    assert_eq!(body(poll(&mut pending)), r#"{"ok":true}"#);
    assert_eq!(rings.distribute.load(Ordering::Relaxed), 0, "nobody waited yet, so nobody has to be woken");
}

#[test]
fn many_jobs_ring_once_until_the_queue_was_empty() {
    let (port, rings) = port(Limits::default());
    let pending: Vec<_> = (0..10).map(|_| port.submit(job("{}")).unwrap()).collect();
    assert_eq!(rings.notify.load(Ordering::Relaxed), 1);
    assert_eq!(drain(&port).len(), 10);
    let late = port.submit(job("{}")).unwrap();
    assert_eq!(rings.notify.load(Ordering::Relaxed), 2);
    drop((pending, late));
}

#[test]
fn a_bounded_drain_says_that_more_is_waiting_and_needs_no_second_ring() {
    let (port, rings) = port(Limits::default());
    let pending: Vec<_> = (0..5).map(|_| port.submit(job("{}")).unwrap()).collect();
    let mut batch = Batch::default();
    assert!(port.drain(&mut batch, 3));
    assert_eq!(batch.len(), 3);
    let more = port.submit(job("{}")).unwrap();
    assert!(!port.drain(&mut batch, 3));
    assert_eq!(batch.len(), 3);
    assert_eq!(rings.notify.load(Ordering::Relaxed), 1);
    drop((pending, more));
}

#[test]
fn a_second_answer_and_a_forged_answer_reach_nobody() {
    let (port, _) = port(Limits::default());
    let mut first = port.submit(job("1")).unwrap();
    let id = drain(&port)[0][1];
    reply(&port, id, "1");
    let mut second = port.submit(job("2")).unwrap();
    reply(&port, id, "late");
    reply(&port, 12_345, "forged");
    assert_eq!(body(poll(&mut first)), "1");
    assert!(poll(&mut second).is_none());
}

#[test]
fn jobs_past_the_bound_are_held_in_order_and_then_refused() {
    let (port, _) = port(small(1, 2));
    let mut first = port.submit(job("1")).unwrap();
    let mut second = port.submit(job("2")).unwrap();
    let third = port.submit(job("3")).unwrap();
    assert_eq!(port.submit(job("4")).err(), Some(Refused::Overloaded));
    let items = drain(&port);
    assert_eq!(items.len(), 1);
    reply(&port, items[0][1], "one");
    assert_eq!(body(poll(&mut first)), "one");
    let items = drain(&port);
    assert_eq!(items.len(), 1);
    reply(&port, items[0][1], "two");
    assert_eq!(body(poll(&mut second)), "two");
    drop(third);
    assert_eq!(drain(&port).len(), 0, "given up before it was drained");
}

#[test]
fn a_job_given_up_before_it_is_seen_never_reaches_the_isolate() {
    let (port, _) = port(Limits::default());
    drop(port.submit(job("{}")).unwrap());
    assert_eq!(drain(&port), Vec::<[i32; ITEM_INTS]>::new());
    assert_eq!(port.load(), 0);
}

#[test]
fn a_job_given_up_while_it_runs_is_aborted() {
    let (port, _) = port(Limits::default());
    let pending = port.submit(job("{}")).unwrap();
    let id = drain(&port)[0][1];
    drop(pending);
    assert_eq!(drain(&port), [[Kind::Abort as i32, id, AbortReason::Disconnected as i32, 0]]);
}

#[test]
fn a_held_job_given_up_frees_its_place() {
    let (port, _) = port(small(1, 8));
    let first = port.submit(job("1")).unwrap();
    drop(port.submit(job("2")).unwrap());
    let mut third = port.submit(job("3")).unwrap();
    let id = drain(&port)[0][1];
    reply(&port, id, "1");
    drop(first);
    let items = drain(&port);
    assert_eq!(items.len(), 1);
    reply(&port, items[0][1], "3");
    assert_eq!(body(poll(&mut third)), "3");
}

#[test]
fn time_limits_end_jobs_and_tell_the_isolate() {
    let (port, rings) = port(Limits::default());
    let mut pending = port.submit(Job { timeout: Some(Duration::from_secs(1)), ..job("{}") }).unwrap();
    let id = drain(&port)[0][1];
    assert_eq!(rings.sweep.load(Ordering::Relaxed), 1);
    assert!(port.expire(Instant::now()));
    assert!(poll(&mut pending).is_none());
    assert!(!port.expire(Instant::now() + Duration::from_secs(2)));
    assert_eq!(gone(poll(&mut pending)), Gone::TimedOut);
    assert_eq!(drain(&port), [[Kind::Abort as i32, id, AbortReason::TimedOut as i32, 0]]);
    reply(&port, id, "late");
}

#[test]
fn a_clock_that_is_moved_ends_what_is_over_by_it_and_nothing_else() {
    let (port, _) = port(Limits::default());
    let limited = |seconds| Job { timeout: Some(Duration::from_secs(seconds)), ..job("{}") };
    let mut short = port.submit(limited(30)).unwrap();
    let mut long = port.submit(limited(60)).unwrap();
    assert_eq!(drain(&port).len(), 2);
    assert_eq!(port.delivered(), 2);
    port.advance(Duration::from_secs(29), Instant::now());
    assert!(poll(&mut short).is_none());
    port.advance(Duration::from_secs(1), Instant::now());
    assert_eq!(gone(poll(&mut short)), Gone::TimedOut);
    assert!(poll(&mut long).is_none());
    assert_eq!(port.delivered(), 1);
    port.advance(Duration::MAX, Instant::now());
    assert_eq!(gone(poll(&mut long)), Gone::TimedOut);
}

#[test]
fn s12_a_job_that_the_isolate_never_saw_in_its_time_is_safe_to_repeat() {
    let (port, _) = port(Limits::default());
    let mut pending = port.submit(Job { timeout: Some(Duration::from_secs(1)), ..job("{}") }).unwrap();
    assert!(!port.expire(Instant::now() + Duration::from_secs(2)));
    assert_eq!(gone(poll(&mut pending)), Gone::Overloaded);
    assert!(drain(&port).is_empty(), "it never hears of it");
}

#[test]
fn s13_jobs_given_up_before_they_were_seen_are_never_taken_for_a_later_one() {
    let (port, _) = port(Limits::default());
    for _ in 0..10_000 {
        drop(port.submit(job("given up")).unwrap());
    }
    let mut kept = port.submit(job("kept")).unwrap();
    let mut batch = Batch::default();
    while port.drain(&mut batch, 256) && batch.is_empty() {}
    assert_eq!(batch.narrow(), b"kept");
    assert_eq!(batch.len(), 1);
    reply(&port, batch.ints()[1], "answered");
    assert_eq!(body(poll(&mut kept)), "answered");
}

#[test]
fn a_job_held_too_long_ends_as_overloaded() {
    let (port, _) = port(small(1, 8));
    let first = port.submit(job("1")).unwrap();
    let mut held = port.submit(job("2")).unwrap();
    port.expire(Instant::now() + Duration::from_secs(3));
    assert_eq!(gone(poll(&mut held)), Gone::Overloaded);
    drop(first);
}

#[test]
fn closing_answers_what_was_seen_and_hands_on_what_was_not() {
    let (dying, _) = port(Limits::default());
    let (heir, _) = port(Limits::default());
    let mut seen = dying.submit(job("seen")).unwrap();
    drain(&dying);
    let mut unseen = dying.submit(job("unseen")).unwrap();
    dying.close(|_| Some(std::sync::Arc::clone(&heir)));
    assert_eq!(gone(poll(&mut seen)), Gone::IsolateGone);
    assert_eq!(dying.submit(job("new")).err(), Some(Refused::Closed));
    let items = drain(&heir);
    reply(&heir, items[0][1], "moved");
    assert_eq!(body(poll(&mut unseen)), "moved");
}

#[test]
fn closing_without_an_heir_answers_everything() {
    let (port, _) = port(small(1, 8));
    let mut pending: Vec<_> = (0..3).map(|_| port.submit(job("{}")).unwrap()).collect();
    drain(&port);
    port.close(|_| None);
    let ends: Vec<_> = pending.iter_mut().map(|pending| gone(poll(pending))).collect();
    assert_eq!(ends, [Gone::IsolateGone, Gone::Overloaded, Gone::Overloaded]);
    assert_eq!(port.load(), 0);
}

#[test]
fn a_refused_job_is_given_back() {
    let (dying, _) = port(Limits::default());
    dying.close(|_| None);
    let Err((refused, back)) = dying.offer(job("again")) else { panic!("a closed port took a job") };
    assert_eq!((refused, &back.text.bytes[..]), (Refused::Closed, &b"again"[..]));
}

#[test]
fn an_heir_that_ends_in_the_same_moment_is_passed_over() {
    let (dying, gone_too, heir) =
        (port(Limits::default()).0, port(Limits::default()).0, port(Limits::default()).0);
    gone_too.close(|_| None);
    let mut unseen = dying.submit(job("unseen")).unwrap();
    let heirs = std::cell::RefCell::new(vec![Arc::clone(&heir), gone_too]);
    dying.close(|_| heirs.borrow_mut().pop());
    let items = drain(&heir);
    reply(&heir, items[0][1], "moved");
    assert_eq!(body(poll(&mut unseen)), "moved");
}

#[test]
fn an_isolate_is_unanswered_from_the_ring_to_the_drain() {
    let (port, rings) = port(Limits::default());
    let later = Instant::now() + Duration::from_secs(60);
    assert_eq!(port.unanswered(Instant::now()), Duration::ZERO, "nobody has asked it yet");
    assert_eq!(rings.notify.load(Ordering::Relaxed), 1, "the question itself rings");
    assert!(port.unanswered(later) > Duration::from_secs(50));
    assert!(drain(&port).is_empty());
    assert_eq!(port.unanswered(later), Duration::ZERO);
    drain(&port);
    let pending = port.submit(job("{}")).unwrap();
    assert!(port.unanswered(later) > Duration::from_secs(50));
    drop(pending);
}

#[test]
fn only_jobs_with_a_time_limit_are_watched() {
    let (port, rings) = port(small(1, 8));
    let unlimited = port.submit(job("{}")).unwrap();
    assert!(!port.expire(Instant::now()));
    let held = port.submit(Job { timeout: Some(Duration::from_secs(1)), ..job("{}") }).unwrap();
    assert_eq!(rings.sweep.load(Ordering::Relaxed), 2);
    assert!(port.expire(Instant::now()));
    drop((unlimited, held));
}

#[test]
fn a_broken_outbox_changes_nothing() {
    let (port, _) = port(Limits::default());
    let mut pending = port.submit(job("{}")).unwrap();
    let id = drain(&port)[0][1];
    assert!(port.settle(&[REPLY, id, 200, 77, 0, 0], 2, &Bytes::from_static(b"{}\n")).is_err());
    assert!(poll(&mut pending).is_none());
}

const CALL: i32 = 5 | (1 << 8);
const CALLER: i32 = 12;
const CALLER_SPAN: i32 = 0x10d;

struct Named(&'static str);

impl twinloop_mailbox::Context for Named {
    fn get(&self, _name: &str) -> Option<String> {
        Some(self.0.to_owned())
    }
    fn all(&self) -> String {
        "{}".to_owned()
    }
    fn operation(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        Some(Arc::new(self.0))
    }
}

/// A job whose context has this name.
fn named(name: &'static str) -> Job {
    Job { context: Some(Arc::new(Named(name))), ..job("{}") }
}

/// The names of the callers of the calls that the last outbox made.
fn callers(port: &Port) -> Vec<Option<String>> {
    port.distribute().iter().map(|call| call.caller.as_ref()?.get("")).collect()
}

#[test]
fn a_call_has_its_caller_although_the_same_outbox_answers_it() {
    let (port, _) = port(small(8, 8));
    let _pending = [port.submit(named("one")).unwrap(), port.submit(named("two")).unwrap()];
    let ids: Vec<i32> = drain(&port).iter().map(|item| item[1]).collect();
    let entries = [
        [REPLY, ids[0], 200],
        [CALLER, ids[0], 0],
        [CALL, 1, 0],
        [CALLER_SPAN, ids[1], 0],
        [CALL, 2, 0],
        [CALL, 3, 0],
    ];
    port.settle(entries.as_flattened(), 6, &Bytes::from_static(b"{}\n\n00-a-b-01\n\n\n")).unwrap();
    let calls = port.distribute();
    let operation = |index: usize| calls[index].caller.as_ref().unwrap().operation().unwrap();
    assert_eq!(operation(0).downcast_ref(), Some(&"one"));
    assert_eq!(calls[0].span, None);
    for index in [1, 2] {
        assert_eq!(operation(index).downcast_ref(), Some(&"two"));
        assert_eq!(calls[index].span.as_deref(), Some(&b"00-a-b-01"[..]));
    }
}

#[test]
fn a_caller_that_has_ended_or_never_was_is_none() {
    let (port, _) = port(small(8, 8));
    let _pending = port.submit(named("ended")).unwrap();
    let id = drain(&port)[0][1];
    reply(&port, id, "{}");
    let forged = [id, id + 1, NO_JOB.cast_signed(), i32::MIN];
    for id in forged {
        port.settle(&[CALLER, id, 0, CALL, 1, 0], 2, &Bytes::from_static(b"\n")).unwrap();
        assert_eq!(callers(&port), [None], "{id}");
    }
}

#[test]
fn an_outbox_begins_without_a_caller() {
    let (port, _) = port(small(8, 8));
    let _pending = port.submit(named("one")).unwrap();
    let id = drain(&port)[0][1];
    port.settle(&[CALLER, id, 0, CALL, 1, 0], 2, &Bytes::from_static(b"\n")).unwrap();
    assert_eq!(callers(&port), [Some("one".to_owned())]);
    port.settle(&[CALL, 2, 0], 1, &Bytes::from_static(b"\n")).unwrap();
    assert_eq!(callers(&port), [None]);
}

/// An observer that notes what it is told.
#[derive(Clone, Default)]
struct Notes {
    is_on: Arc<AtomicBool>,
    drains: Arc<Mutex<Vec<(bool, usize)>>>,
}

impl Observer for Notes {
    fn measures(&self) -> bool {
        self.is_on.load(Ordering::Relaxed)
    }
    fn drained(&self, drained: Drained) {
        assert!(drained.rung.is_none_or(|rung| rung <= drained.at + Duration::from_secs(1)));
        self.drains.lock().unwrap().push((drained.rung.is_some(), drained.items));
    }
    fn probe_interval(&self) -> Option<Duration> {
        self.is_on.load(Ordering::Relaxed).then_some(Duration::from_millis(1))
    }
    fn waiting(&self, _rung: Instant, _now: Instant) {}
}

#[test]
fn an_observer_learns_of_each_drain_while_it_looks() {
    let (port, _) = port(Limits::default());
    let notes = Notes::default();
    port.observe(Box::new(notes.clone()));
    let _pending: Vec<_> = (0..3).map(|_| port.submit(job("{}")).unwrap()).collect();
    drain(&port);
    assert!(notes.drains.lock().unwrap().is_empty(), "nobody looks");
    notes.is_on.store(true, Ordering::Relaxed);
    let _more: Vec<_> = (0..2).map(|_| port.submit(job("{}")).unwrap()).collect();
    drain(&port);
    drain(&port);
    assert_eq!(*notes.drains.lock().unwrap(), [(true, 2), (false, 0)]);
}

#[test]
fn an_isolate_that_is_watched_is_swept_while_it_has_jobs() {
    let (port, _) = port(Limits::default());
    let notes = Notes::default();
    port.observe(Box::new(notes.clone()));
    let pending = port.submit(job("{}")).unwrap();
    assert!(!port.expire(Instant::now()), "a job without a time limit");
    notes.is_on.store(true, Ordering::Relaxed);
    assert!(port.expire(Instant::now()));
    drop(pending);
    drain(&port);
    assert!(!port.expire(Instant::now()), "an isolate without jobs is left alone");
}

#[test]
fn jobs_that_run_are_found_by_their_contexts() {
    let (port, _) = port(small(8, 8));
    let _pending: Vec<_> =
        ["one", "two", "three"].map(|name| port.submit(named(name)).unwrap()).into_iter().collect();
    assert!(port.contexts(8).is_empty(), "the isolate has seen none");
    let ids: Vec<i32> = drain(&port).iter().map(|item| item[1]).collect();
    port.settle(&[BEGIN, ids[0], 200], 1, &Bytes::from_static(b"\n")).unwrap();
    let names = |limit| -> Vec<_> { port.contexts(limit).iter().map(|one| one.get("").unwrap()).collect() };
    assert_eq!(names(8), ["two", "three"], "a stream that has begun rests most of the time");
    assert_eq!(names(1), ["two"]);
    assert_eq!(port.occupancy(), (3, 0));
}
