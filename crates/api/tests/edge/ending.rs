//! How connections end, from either side.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::{Edge, eventually};

const HANG: &str = "GET /hang HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn a_client_that_only_half_closes_gets_its_answer() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").finish();
    assert_eq!(client.response().status, 200);
    client.assert_closed();

    let mut client = edge.connect();
    client.send(HANG).finish();
    edge.wait_for_hanging(1);
    std::thread::sleep(Duration::from_millis(300));
    edge.release();
    assert_eq!(client.response().status, 200);
    client.assert_closed();
    assert_eq!(edge.aborts(), 0);
}

#[test]
fn s13_a_client_that_leaves_aborts_its_request() {
    let edge = Edge::with_limits(&json!({ "halfCloseGraceMs": 200 }));
    let mut client = edge.connect();
    client.send(HANG);
    edge.wait_for_hanging(1);
    drop(client);
    eventually(|| edge.aborts() == 1);
}

#[test]
fn s13_a_reset_aborts_at_once() {
    let edge = Edge::with_limits(&json!({ "halfCloseGraceMs": 60_000 }));
    let mut client = edge.connect();
    client.send(HANG);
    edge.wait_for_hanging(1);
    client.reset();
    eventually(|| edge.aborts() == 1);
}

#[test]
fn resets_at_every_byte_harm_nobody() {
    let edge = Edge::start();
    let request = "POST /echo/1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"text\":\"a\"}";
    for length in 0..=request.len() {
        let mut client = edge.connect();
        client.send(&request[..length]);
        client.reset();
    }
    edge.connect().assert_open();
}

#[test]
fn draining_answers_what_is_in_flight_and_tells_it_to_close() {
    let edge = Edge::start();
    let (mut busy, mut idle, mut fresh) = (edge.connect(), edge.connect(), edge.connect());
    idle.assert_open();
    busy.send(HANG);
    edge.wait_for_hanging(1);
    let drained = edge.call_later(2, &json!({ "graceMs": 10_000 }));
    idle.assert_closed();
    fresh.assert_closed();
    eventually(|| std::net::TcpStream::connect(("127.0.0.1", edge.port)).is_err());
    edge.release();
    let response = busy.response();
    assert_eq!((response.status, response.header("connection")), (200, Some("close")));
    busy.assert_closed();
    assert_eq!(drained.recv_timeout(Duration::from_secs(5)).unwrap().unwrap(), json!({ "open": 0 }));
}

#[test]
fn draining_cuts_what_does_not_end() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.send(HANG);
    edge.wait_for_hanging(1);
    let begin = Instant::now();
    assert_eq!(edge.call(2, &json!({ "graceMs": 200 })).unwrap(), json!({ "open": 1 }));
    assert!(begin.elapsed() < Duration::from_secs(3));
    client.assert_closed();
    eventually(|| edge.aborts() == 1);
}

#[test]
fn draining_may_be_repeated_and_listening_resumed() {
    let edge = Edge::start();
    for _ in 0..2 {
        assert_eq!(edge.call(2, &json!({ "graceMs": 100 })).unwrap(), json!({ "open": 0 }));
    }
    let answer = edge.call(1, &crate::server::config(&json!({}))).unwrap();
    let port = u16::try_from(answer["port"].as_u64().unwrap()).unwrap();
    crate::client::Client::connect(port).assert_open();
}

#[test]
fn connections_beyond_the_limit_wait_their_turn() {
    let edge = Edge::with_limits(&json!({ "maxConnections": 2 }));
    let (mut one, mut two, mut three) = (edge.connect(), edge.connect(), edge.connect());
    one.assert_open();
    two.assert_open();
    three.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    three.assert_silent(Duration::from_millis(200));
    drop(one);
    assert_eq!(three.response().status, 200);
}
