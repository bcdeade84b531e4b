//! More than can be served.

use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::json;
use twinloop_mailbox::Limits;

use crate::server::{Edge, config, eventually};

const HANG: &str = "GET /hang HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn s11_what_cannot_even_wait_is_told_to_come_again() {
    let limits = Limits { max_in_flight: 1, max_held: 1, ..Limits::default() };
    let edge = Edge::with_isolate(&config(&json!({})), limits);
    let (mut first, mut second, mut third) = (edge.connect(), edge.connect(), edge.connect());
    first.send(HANG);
    edge.wait_for_hanging(1);
    second.send(HANG);
    eventually(|| edge.isolate.port.load() == 2);
    third.send(HANG);
    let response = third.response();
    assert_eq!((response.status, response.code().as_str()), (503, "unavailable"));
    assert_eq!(response.header("retry-after"), Some("1"));
    edge.release();
    assert_eq!(first.response().status, 200);
    edge.wait_for_hanging(1);
    edge.release();
    assert_eq!(second.response().status, 200);
    third.assert_open();
}

#[test]
fn a_request_held_too_long_is_told_to_come_again() {
    let limits = Limits { max_in_flight: 1, max_hold: Duration::from_millis(100), ..Limits::default() };
    let edge = Edge::with_isolate(&config(&json!({})), limits);
    let (mut first, mut second) = (edge.connect(), edge.connect());
    first.send(HANG);
    edge.wait_for_hanging(1);
    second.send(HANG);
    assert_eq!(second.response().status, 503);
    assert_eq!(edge.requests(), 1);
}

#[test]
fn s12_refusals_are_answered_while_the_isolate_is_blocked() {
    let edge = Edge::start();
    let mut blocked = edge.connect();
    blocked.send("GET /block HTTP/1.1\r\nHost: a\r\n\r\n");
    eventually(|| edge.requests() == 1);
    for (request, status) in [
        ("GET /missing HTTP/1.1\r\nHost: a\r\n\r\n", 404),
        ("POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", 405),
        (
            "POST /echo/1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
            400,
        ),
        ("GET / HTTP/3\r\n\r\n", 400),
    ] {
        let mut client = edge.connect();
        client.send(request);
        assert_eq!(client.response().status, status, "{request:?}");
    }
    // The isolate is blocked still: the refusals did not wait for it.
    blocked.assert_silent(Duration::from_millis(1));
    assert_eq!(blocked.response().status, 200);
}

/// Runs `prlimit` twice: no descriptor can be opened for half a second.
#[test]
fn accepting_pauses_while_there_are_no_descriptors() {
    let edge = Edge::with_limits(&json!({ "maxConnections": 1 }));
    let mut first = edge.connect();
    first.assert_open();
    let mut second = edge.connect();
    second.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    let script = "set -e; limit=$(prlimit --pid $0 --nofile --noheadings --output SOFT | tr -d ' '); \
                  prlimit --pid $0 --nofile=3:; sleep 0.5; prlimit --pid $0 --nofile=$limit:";
    let mut shell = Command::new("sh");
    let mut limits =
        shell.args(["-c", script, &std::process::id().to_string()]).stdin(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(200));
    drop(first);
    second.assert_silent(Duration::from_millis(150));
    assert!(limits.wait().unwrap().success());
    assert_eq!(second.response().status, 200);
    assert_eq!(edge.logs(), 1);
}
