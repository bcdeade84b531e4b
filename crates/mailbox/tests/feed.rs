//! Input that comes in pieces, one promise after another: a test plays both sides.

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
use proptest::prelude::*;
use twinloop_mailbox::{
    Batch, Bells, Feed, Gone, ITEM_INTS, Job, JobOver, Kind, Limits, Outcome, Pending, PieceForm, Port, Text,
    feed,
};

const REPLY: i32 = 1 | (1 << 8);
const BEGIN: i32 = 6 | (1 << 8);
const END: i32 = 8;
const PULL: i32 = 10;

fn port(max_in_flight: usize) -> Arc<Port> {
    let bell = || -> Box<dyn Fn() + Send + Sync> { Box::new(|| ()) };
    let limits = Limits { max_in_flight, ..Limits::default() };
    Port::new(limits, Bells { notify: bell(), distribute: bell(), sweep: bell() })
}

fn submit(port: &Port) -> (Pending, Feed) {
    let (feed, intake) = feed();
    let job = Job {
        component: 0,
        is_counted: true,
        target: 0,
        text: Text::from("{}"),
        context: None,
        timeout: Some(Duration::from_secs(1)),
        intake: Some(intake),
    };
    (port.submit(job).unwrap(), feed)
}

/// One item: its kind, id and aux, and its text or the bytes that it names.
type Item = (i32, i32, i32, Vec<u8>);

fn drain(port: &Port) -> Vec<Item> {
    let mut batch = Batch::default();
    let mut blobs: Vec<Bytes> = Vec::new();
    port.drain_into(&mut batch, 256, |bytes| {
        blobs.push(bytes);
        u32::try_from(blobs.len()).unwrap()
    });
    let mut from = 0;
    let item = |item: &[i32]| {
        let end = usize::try_from(item[3]).unwrap();
        let mut text = batch.narrow()[from..end].to_vec();
        from = end;
        let (kind, is_blob) = (item[0] & 0xff, item[2] == PieceForm::Blob as i32);
        if kind == Kind::Piece as i32 && is_blob {
            let number: usize = String::from_utf8(text).unwrap().parse().unwrap();
            text = blobs[number - 1].to_vec();
        }
        (kind, item[1], item[2], text)
    };
    batch.ints().chunks_exact(ITEM_INTS).map(item).collect()
}

fn settle(port: &Port, entries: &[i32], text: &str) {
    port.settle(entries, entries.len() / 3, &Bytes::copy_from_slice(text.as_bytes())).unwrap();
}

fn credit(feed: &mut Feed) -> Poll<Result<(), JobOver>> {
    feed.poll_credit(&Context::from_waker(Waker::noop()))
}

fn piece(id: i32, form: PieceForm, text: &str) -> Item {
    (Kind::Piece as i32, id, form as i32, text.as_bytes().to_vec())
}

#[test]
fn nothing_moves_before_the_isolate_pulls() {
    let port = port(8);
    let (_pending, mut feed) = submit(&port);
    assert_eq!(credit(&mut feed), Poll::Pending);
    assert_eq!(feed.push_text(Text::from("early")), Err(JobOver), "a piece without credit is not queued");
    let id = drain(&port)[0].1;
    assert_eq!(credit(&mut feed), Poll::Pending);
    settle(&port, &[PULL, id, 2], "");
    for text in ["1", "2"] {
        assert_eq!(credit(&mut feed), Poll::Ready(Ok(())));
        feed.push_text(Text::from(text)).unwrap();
    }
    assert_eq!(credit(&mut feed), Poll::Pending);
    assert_eq!(drain(&port), [piece(id, PieceForm::Text, "1"), piece(id, PieceForm::Text, "2")]);
}

#[test]
fn bytes_cross_by_number_and_the_end_needs_no_credit() {
    let port = port(8);
    let (_pending, mut feed) = submit(&port);
    let id = drain(&port)[0].1;
    settle(&port, &[PULL, id, 1], "");
    feed.push_bytes(Bytes::from_static(b"\n\0")).unwrap();
    feed.end();
    assert_eq!(drain(&port), [piece(id, PieceForm::Blob, "\n\0"), piece(id, PieceForm::End, "")]);
}

#[test]
fn a_feed_that_is_dropped_breaks_off_and_one_that_says_why_is_heard() {
    let port = port(8);
    let (_pending, feed) = submit(&port);
    let (_other, also) = submit(&port);
    let ids: Vec<i32> = drain(&port).iter().map(|item| item.1).collect();
    drop(feed);
    also.break_off(Text::from("too large"));
    let expected = [piece(ids[0], PieceForm::Broken, ""), piece(ids[1], PieceForm::Broken, "too large")];
    assert_eq!(drain(&port), expected);
}

#[test]
fn a_job_takes_pieces_while_it_answers_in_pieces() {
    let port = port(1);
    let (mut pending, mut feed) = submit(&port);
    let id = drain(&port)[0].1;
    settle(&port, &[BEGIN, id, 200, PULL, id, 1], "\n");
    let outcome = pin!(&mut pending).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(outcome, Poll::Ready(Outcome::Stream(_))));
    feed.push_text(Text::from("later")).unwrap();
    assert_eq!(drain(&port), [piece(id, PieceForm::Text, "later")]);
    let (_second, _feed) = submit(&port);
    assert_eq!(drain(&port).len(), 1, "a job that has begun its answer keeps no other out");
    settle(&port, &[END, id, 0], "");
    assert_eq!(credit(&mut feed), Poll::Ready(Err(JobOver)));
}

#[test]
fn an_answer_an_abort_a_time_limit_and_the_end_of_the_isolate_end_the_feed() {
    for ending in 0..4 {
        let port = port(8);
        let (pending, mut feed) = submit(&port);
        let id = drain(&port)[0].1;
        settle(&port, &[PULL, id, 9], "");
        feed.push_text(Text::from("unseen")).unwrap();
        let mut kept = Some(pending);
        match ending {
            0 => settle(&port, &[REPLY, id, 200], "{}\n"),
            1 => drop(kept.take()),
            2 => assert!(!port.expire(Instant::now() + Duration::from_secs(2))),
            _ => port.close(|_| None),
        }
        assert_eq!(credit(&mut feed), Poll::Ready(Err(JobOver)), "{ending}");
        assert_eq!(feed.push_text(Text::from("late")), Err(JobOver), "{ending}");
        drop(feed);
        let seen = drain(&port);
        assert!(seen.iter().all(|item| item.0 == Kind::Abort as i32), "{ending}: {seen:?}");
        settle(&port, &[PULL, id, 9, PULL, 12_345, 9, PULL, id, -1], "");
        assert_eq!(port.load(), 0, "{ending}");
    }
}

#[test]
fn a_held_job_is_told_of_an_end_that_came_before_it_began() {
    let port = port(1);
    let (first, _feed) = submit(&port);
    let (_second, ended) = submit(&port);
    ended.end();
    let items = drain(&port);
    assert_eq!(items.len(), 1);
    drop(first);
    let items = drain(&port);
    let id = items[1].1;
    assert_eq!(items[1].0, Kind::Job as i32);
    assert_eq!(items[2..], [piece(id, PieceForm::End, "")]);
}

#[test]
fn a_job_that_no_isolate_has_seen_takes_its_input_along() {
    let (ending, heir) = (port(8), port(8));
    let (_pending, mut feed) = submit(&ending);
    let (_other, ended) = submit(&ending);
    ended.end();
    ending.close(|_| Some(Arc::clone(&heir)));
    let items = drain(&heir);
    let (id, other) = (items[0].1, items[1].1);
    assert_eq!(items[2..], [piece(other, PieceForm::End, "")]);
    settle(&heir, &[PULL, id, 1], "");
    feed.push_text(Text::from("moved")).unwrap();
    assert_eq!(drain(&heir), [piece(id, PieceForm::Text, "moved")]);
}

#[test]
fn a_held_job_that_waited_too_long_ends_its_feed() {
    let port = port(1);
    let (_first, _feed) = submit(&port);
    let (mut second, mut feed) = submit(&port);
    port.expire(Instant::now() + Duration::from_secs(3));
    assert_eq!(credit(&mut feed), Poll::Ready(Err(JobOver)));
    let outcome = pin!(&mut second).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(outcome, Poll::Ready(Outcome::Gone(Gone::Overloaded))));
}

proptest! {
    #[test]
    fn every_granted_piece_arrives_once_in_order_and_no_more(
        steps in prop::collection::vec((0u8..4, 1i32..5), 1..60)
    ) {
        let port = port(8);
        let (_pending, mut feed) = submit(&port);
        let id = drain(&port)[0].1;
        let (mut granted, mut sent, mut seen) = (0, 0, 0);
        for (step, number) in steps {
            match step {
                0 => {
                    settle(&port, &[PULL, id, number], "");
                    granted += number;
                }
                1 | 2 => {
                    let may = sent < granted;
                    prop_assert_eq!(credit(&mut feed).is_ready(), may);
                    let pushed = feed.push_text(Text::from(sent.to_string()));
                    prop_assert_eq!(pushed.is_ok(), may);
                    sent += i32::from(may);
                }
                _ => for item in drain(&port) {
                    prop_assert_eq!(item, piece(id, PieceForm::Text, &seen.to_string()));
                    seen += 1;
                }
            }
            prop_assert!(seen <= sent && sent <= granted);
        }
        feed.end();
        let rest = drain(&port);
        prop_assert_eq!(rest.len(), usize::try_from(sent - seen).unwrap() + 1);
        prop_assert_eq!(rest.last(), Some(&piece(id, PieceForm::End, "")));
    }
}
