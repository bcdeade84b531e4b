//! Clients that take their time, with limits made short.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::Edge;

const STEP: Duration = Duration::from_millis(20);

fn edge() -> Edge {
    Edge::with_limits(&json!({
        "headerTimeoutMs": 300, "idleTimeoutMs": 600, "bodyTimeoutMs": 400, "bodyGraceMs": 200, "writeTimeoutMs": 300,
    }))
}

#[test]
fn s29_a_head_that_does_not_come_in_time_is_told() {
    let edge = edge();
    let mut client = edge.connect();
    let begin = Instant::now();
    client.drip("GET /hello HTTP/1.1\r\nHost: abcdefghijkl", STEP);
    let response = client.response();
    assert_eq!((response.status, response.code().as_str()), (408, "deadline_exceeded"));
    client.assert_closed();
    assert!(begin.elapsed() < Duration::from_secs(3));
    assert_eq!(edge.requests(), 0);
}

#[test]
fn a_connection_without_a_byte_is_closed_silently() {
    let edge = edge();
    let mut client = edge.connect();
    let begin = Instant::now();
    client.assert_closed();
    assert!((Duration::from_millis(290)..Duration::from_secs(2)).contains(&begin.elapsed()));
}

#[test]
fn an_idle_connection_is_closed_silently_and_later() {
    let edge = edge();
    let mut client = edge.connect();
    client.assert_open();
    let begin = Instant::now();
    client.assert_closed();
    assert!((Duration::from_millis(500)..Duration::from_secs(2)).contains(&begin.elapsed()));
}

#[test]
fn a_busy_connection_outlives_the_idle_time() {
    let edge = edge();
    let mut client = edge.connect();
    client.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
    client.assert_silent(Duration::from_millis(1_200));
    edge.release();
    assert_eq!(client.response().status, 200);
    client.assert_open();
}

#[test]
fn s29_a_body_that_drips_is_told() {
    let edge = edge();
    for framing in ["Content-Length: 5000", "Transfer-Encoding: chunked"] {
        for path in ["POST /echo/1", "GET /hello"] {
            let mut client = edge.connect();
            client.send(format!(
                "{path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n{framing}\r\n\r\n"
            ));
            if framing.starts_with('T') {
                client.send("800\r\n");
            }
            client.drip("          ", 2 * STEP);
            let response = client.response();
            assert_eq!(
                (response.status, response.code().as_str()),
                (408, "deadline_exceeded"),
                "{path} {framing}"
            );
            client.assert_closed();
        }
    }
    assert_eq!(edge.requests(), 0);
}

#[test]
fn a_client_that_reads_nothing_is_cut() {
    let edge = edge();
    let mut client = edge.connect();
    client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n".repeat(4));
    crate::server::eventually(|| edge.requests() > 0);
    std::thread::sleep(Duration::from_secs(1));
    assert!(edge.call(2, &json!({ "graceMs": 100 })).unwrap()["open"] == 0, "it is still open");
}

#[test]
fn slow_connections_do_not_hold_up_others() {
    let edge = Edge::start();
    let mut slow: Vec<_> = (0..200).map(|_| edge.connect()).collect();
    for client in &mut slow {
        client.send("GET /hello HTTP/1.1\r\nHo");
    }
    let begin = Instant::now();
    let mut client = edge.connect();
    for _ in 0..50 {
        client.assert_open();
    }
    assert!(begin.elapsed() < Duration::from_secs(2));
}
