//! Server-sent events.

use serde_json::json;
use twinloop_mailbox::{AbortReason, Limits};

use crate::client::Client;
use crate::server::{Edge, config, eventually};

const EVENTS: &str = "GET /events HTTP/1.1\r\nHost: a\r\n\r\n";

fn listen(edge: &Edge) -> Client {
    let mut client = edge.connect();
    client.send(EVENTS);
    let head = client.until("\r\n\r\n");
    for line in
        ["200 OK", "content-type: text/event-stream", "cache-control: no-store", "x-accel-buffering: no"]
    {
        assert!(head.contains(line), "{head}");
    }
    client
}

#[test]
fn events_arrive_as_they_are_sent_and_the_connection_serves_on() {
    let edge = Edge::start();
    let mut client = listen(&edge);
    edge.stream_piece(r#"{"data":1,"id":"a"}"#);
    assert!(client.until("\n\n").ends_with("id: a\ndata: 1\n\n"));
    edge.stream_piece(r#"{"data":2}"#);
    client.until("data: 2\n\n");
    edge.end_streams(true);
    client.until("0\r\n\r\n");
    client.assert_open();
    assert_eq!(edge.aborts(), 0);
}

#[test]
fn a_stream_that_is_broken_off_ends_its_connection_without_a_last_chunk() {
    let edge = Edge::start();
    let mut client = listen(&edge);
    edge.stream_piece(r#"{"data":1}"#);
    client.until("data: 1\n\n");
    edge.end_streams(false);
    client.until("\r\n");
    client.assert_closed();
}

#[test]
fn a_client_that_leaves_ends_its_stream() {
    let edge = Edge::with_limits(&json!({ "halfCloseGraceMs": 100 }));
    drop(listen(&edge));
    eventually(|| edge.aborts() == 1);
    assert_eq!(edge.abort_reasons(), [AbortReason::Disconnected as i32]);
}

#[test]
fn draining_ends_streams_and_says_why() {
    let edge = Edge::start();
    let mut client = listen(&edge);
    edge.stream_piece(r#"{"data":"last"}"#);
    let drained = edge.call_later(2, &json!({ "graceMs": 10_000 }));
    let rest = client.until("0\r\n\r\n");
    assert!(rest.contains("data: \"last\""), "{rest}");
    client.assert_closed();
    assert_eq!(drained.recv().unwrap().unwrap(), json!({ "open": 0 }));
    eventually(|| edge.abort_reasons() == [AbortReason::Stopping as i32]);
}

#[test]
fn streams_do_not_keep_requests_out() {
    let edge = Edge::with_isolate(&config(&json!({})), Limits { max_in_flight: 1, ..Limits::default() });
    let streams: Vec<_> = (0..20).map(|_| listen(&edge)).collect();
    edge.connect().assert_open();
    drop(streams);
}

#[test]
fn a_client_that_does_not_read_gives_no_credit() {
    let edge = Edge::start();
    let mut client = listen(&edge);
    let piece = json!({ "data": "x".repeat(100_000) }).to_string();
    for _ in 0..200 {
        edge.stream_piece(&piece);
    }
    std::thread::sleep(std::time::Duration::from_millis(300));
    let taken = edge.credits();
    assert!(taken < 150, "{taken} of 200 pieces left for a client that reads nothing");
    for _ in 0..200 {
        client.until("\n\n");
    }
    eventually(|| edge.credits() == 200);
}

#[test]
fn head_ends_the_stream_at_once() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.send(EVENTS.replace("GET", "HEAD"));
    assert_eq!(client.response_to("HEAD").status, 200);
    eventually(|| edge.aborts() == 1);
    client.assert_open();
}

#[test]
fn what_was_yielded_arrives_before_the_stream_breaks_off() {
    let edge = Edge::start();
    let mut client = listen(&edge);
    edge.stream_piece(r#"{"data":"1"}"#);
    edge.stream_piece(r#"{"data":"2"}"#);
    edge.end_streams(false);
    let text = client.until("data: \"2\"\n\n\r\n");
    assert!(text.contains("data: \"1\"\n\n"), "{text}");
    client.assert_closed();
}

#[test]
fn a_large_event_arrives_whole_before_the_stream_breaks_off() {
    let edge = Edge::start();
    let mut client = listen(&edge);
    let piece = json!({ "data": "x".repeat(4 << 20) }).to_string();
    edge.stream_piece(&piece);
    edge.end_streams(false);
    std::thread::sleep(std::time::Duration::from_millis(200));
    assert!(client.until("\n\n\r\n").len() > 4 << 20);
    client.assert_closed();
}

#[test]
fn an_event_that_cannot_be_sent_breaks_off_after_those_before_it() {
    let edge = Edge::start();
    let mut client = listen(&edge);
    edge.stream_piece(r#"{"data":"1"}"#);
    edge.stream_piece(r#"{"data":"2","retry":1.5}"#);
    client.until("data: \"1\"\n\n\r\n");
    client.assert_closed();
}
