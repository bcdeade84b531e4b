//! Requests of attacks that other servers have fallen for.

use std::time::{Duration, Instant};

use crate::server::Edge;

const HELLO: &str = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
const JSON: &str = "Content-Type: application/json\r\n";

/// Sends the probe with a good request behind it, and gives the statuses of all answers until the connection closes or the good
/// request has been answered.
fn statuses(edge: &Edge, probe: &[u8]) -> Vec<u16> {
    let mut client = edge.connect();
    client.send(probe).send(HELLO).finish();
    let mut statuses = Vec::new();
    while let Some(response) = client.try_response("GET") {
        statuses.push(response.status);
    }
    statuses
}

fn post(headers: &str, body: &str) -> Vec<u8> {
    format!("POST /echo/1 HTTP/1.1\r\nHost: a\r\n{headers}\r\n{body}").into_bytes()
}

#[test]
fn lengths_that_are_no_plain_numbers_are_refused() {
    let edge = Edge::start();
    for length in
        ["-1", "1e1", "1.0", "0b1", "1_0", "\u{0665}", "5;", "\"5\"", "18446744073709551616", "5\t5", "5,"]
    {
        let probe = post(&format!("{JSON}Content-Length: {length}\r\n"), "12345");
        assert_eq!(statuses(&edge, &probe), [400], "{length:?}");
    }
    for size in ["-1", "1_0", "\u{0665}", "1e1;", "g", "ffffffffffffffff", "10000000000000000", ""] {
        let probe =
            post(&format!("{JSON}Transfer-Encoding: chunked\r\n"), &format!("{size}\r\nx\r\n0\r\n\r\n"));
        let answers = statuses(&edge, &probe);
        assert!(answers == [400] || answers == [413], "{size:?}: {answers:?}");
    }
    assert_eq!(edge.requests(), 0);
}

#[test]
fn transfer_codings_that_another_server_would_read_differently_are_refused() {
    let edge = Edge::start();
    for coding in [
        "Transfer-Encoding:\r\n chunked",
        "Transfer-Encoding: \tchunked\x0c",
        "Transfer-Encoding: chunked;q=1",
        "Transfer-Encoding: \"chunked\"",
        "Transfer-Encoding: chunked,",
        "Transfer-Encoding: ,chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: \u{212a}chunked",
        "Transfer-Encoding: ",
        "Transfer_Encoding: chunked\r\nTransfer-Encoding: gzip",
        "X: y\r\n\tTransfer-Encoding: chunked",
    ] {
        let probe = post(&format!("{JSON}{coding}\r\n"), "0\r\n\r\n");
        assert_eq!(statuses(&edge, &probe), [400], "{coding:?}");
    }
    let old = b"POST /echo/1 HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    assert_eq!(statuses(&edge, old), [400], "HTTP/1.0 has no chunks");
    assert_eq!(edge.requests(), 0);
}

#[test]
fn targets_and_hosts_with_odd_bytes_are_refused_or_unknown() {
    let edge = Edge::start();
    for target in [
        "/he\0llo",
        "/he\tllo",
        "/hello\x7f",
        "/hello#x",
        "/\u{e9}",
        "/hel lo",
        "\\hello",
        "/%zz",
        "/%",
        "/a%00",
    ] {
        let answers = statuses(&edge, format!("GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes());
        assert!(answers.first().is_some_and(|status| [400, 404].contains(status)), "{target:?}: {answers:?}");
    }
    for host in ["a b", "a,b", "a/b", "a@b", "a\0", "a\r\nHost: a"] {
        let answers = statuses(&edge, format!("GET /hello HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
        assert_eq!(answers, [400], "{host:?}");
    }
    edge.connect().assert_open();
}

#[test]
fn floods_of_headers_with_an_upgrade_and_of_small_chunks_are_refused_in_time() {
    let edge = Edge::start();
    let begin = Instant::now();
    for count in [5_000, 100_000] {
        let flood = format!(
            "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{}\r\n",
            "A: b\r\n".repeat(count)
        );
        assert_eq!(statuses(&edge, flood.as_bytes()), [431], "{count} headers");
    }
    let head = format!("{JSON}Transfer-Encoding: chunked\r\n");
    let extensions = "1;a=b\r\nx\r\n".repeat(50_000);
    let answers = statuses(&edge, &post(&head, &format!("{extensions}0\r\n\r\n")));
    assert!(answers == [400] || answers == [413], "{answers:?}");
    let one_byte_chunks = "1\r\nx\r\n".repeat(100_001);
    assert_eq!(statuses(&edge, &post(&head, &format!("{one_byte_chunks}0\r\n\r\n"))), [413]);
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert_eq!(edge.requests(), 0);
}

#[test]
fn long_runs_of_white_space_cost_time_in_proportion() {
    let edge = Edge::start();
    let took = |length: usize| {
        let run = " \t".repeat(length / 2);
        let request = format!(
            "POST /echo/1 HTTP/1.1\r\nHost: a\r\nContent-Type:{run}application/json{run};{run}charset=utf-8\r\n\
             Content-Encoding: identity{run}\r\nExpect:{run}\r\nContent-Length: 12\r\n\r\n{{\"text\":\"a\"}}"
        );
        let begin = Instant::now();
        for _ in 0..50 {
            // It may be refused, which closes the connection.
            edge.connect().send(&request).response();
        }
        begin.elapsed()
    };
    took(100);
    let (short, long) = (took(300), took(2_400));
    assert!(long < short * 64 + Duration::from_millis(500), "{short:?} and {long:?}");
}

#[test]
fn long_paths_are_routed_in_proportion_to_their_length() {
    let edge = Edge::start();
    let mut client = edge.connect();
    let begin = Instant::now();
    for segment in ["a/", "/", "%2F", "..%2f", "echo/", ":id/", "*"] {
        let path = segment.repeat(15_000 / segment.len());
        for _ in 0..20 {
            client.send(format!("GET /{path} HTTP/1.1\r\nHost: a\r\n\r\n"));
            assert_eq!(client.response().status, 404, "{segment}");
        }
    }
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    assert_eq!(edge.requests(), 0);
}

#[test]
fn an_upgrade_to_http_2_starts_nothing() {
    let edge = Edge::start();
    let upgrade = "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
                   HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
    assert_eq!(statuses(&edge, upgrade.as_bytes()), [200, 200], "it is answered in HTTP/1.1");
}
