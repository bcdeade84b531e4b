//! Requests that can be read in two ways.

use crate::server::Edge;

const HELLO: &str = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

/// Sends `probe` with a good request behind it; nothing but one refusal may come, and nothing may reach the isolate.
fn assert_refused(edge: &Edge, probe: &str, status: u16) {
    let before = edge.requests();
    let mut client = edge.connect();
    client.send(format!("{probe}{HELLO}"));
    let response = client.response();
    assert_eq!(response.status, status, "{probe:?}");
    assert_eq!(response.header("connection"), Some("close"), "{probe:?}");
    assert!(response.header("x-request-id").is_some());
    response.code();
    client.assert_closed();
    assert_eq!(edge.requests(), before, "{probe:?}");
}

#[test]
fn ambiguous_requests_are_refused_and_nothing_behind_them_is_served() {
    let edge = Edge::start();
    let heads = [
        "Content-Length: 5\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 5",
        "Content-Length: 0\r\nContent-Length: 0",
        "Content-Length: 0\r\nContent-Length: 5",
        "Content-Length: 5, 5",
        "Content-Length: +5",
        "Content-Length: 5 5",
        "Content-Length: 0x5",
        "Content-Length: 99999999999999999999999",
        "Content-Length: ",
        "Content-Length : 5",
        "Transfer-Encoding: chunked, chunked",
        "Transfer-Encoding: gzip, chunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\x0bchunked",
        "X: a\r\n Content-Length: 5",
        "X: a\nContent-Length: 5",
        "X: a\rContent-Length: 5",
        "X: \0",
        "X\0: a",
        "Host: b",
        "X",
    ];
    for head in heads {
        assert_refused(&edge, &format!("POST /echo/1 HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n"), 400);
        assert_refused(&edge, &format!("GET /hello HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n"), 400);
    }
}

#[test]
fn odd_request_lines_are_refused() {
    let edge = Edge::start();
    for probe in [
        "GET /hello HTTP/1.1\r\n\r\n",
        "GET /hello\r\n\r\n",
        "GET /hello HTTP/0.9\r\nHost: a\r\n\r\n",
        "GET /hello HTTP/2.0\r\nHost: a\r\n\r\n",
        "PRI * HTTP/2.1\r\n\r\nSM\r\n\r\n",
        "GET  /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        " GET /hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /hello HTTP/1.1\nHost: a\n\n",
        "GET hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://b/hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://u@a/hello HTTP/1.1\r\nHost: a\r\n\r\n",
        "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n",
        "\x16\x03\x01\x02\x00",
    ] {
        assert_refused(&edge, probe, 400);
    }
}

#[test]
fn badly_framed_chunks_are_refused() {
    let edge = Edge::start();
    let head = "HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    let long_extension = format!("1;{}\r\nx\r\n0\r\n\r\n", "e".repeat(2000));
    let long_trailer = format!("0\r\nx: {}\r\n\r\n", "t".repeat(9000));
    for body in [
        "+1\r\nx\r\n0\r\n\r\n",
        " 1\r\nx\r\n0\r\n\r\n",
        "1 \r\nx\r\n0\r\n\r\n",
        "0x1\r\nx\r\n0\r\n\r\n",
        "ffffffffffffffffff\r\nx\r\n0\r\n\r\n",
        "1\nx\r\n0\r\n\r\n",
        "1\r\nxx\r\n0\r\n\r\n",
        "1\r\nx\n0\r\n\r\n",
        "0\r\n\nGET",
        "0\r\nbad trailer: x\r\n\r\n",
        "\r\n",
        &long_extension,
        &long_trailer,
    ] {
        assert_refused(&edge, &format!("POST /echo/1 {head}{body}"), 400);
        assert_refused(&edge, &format!("GET /hello {head}{body}"), 400);
    }
}

#[test]
fn s29_heads_that_are_too_large_are_refused() {
    let edge = Edge::start();
    assert_refused(
        &edge,
        &format!("GET /hello HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(20_000)),
        431,
    );
    assert_refused(&edge, &format!("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", "x".repeat(20_000)), 431);
    assert_refused(
        &edge,
        &format!("GET /hello HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: a\r\n".repeat(5_000)),
        431,
    );
    assert_refused(&edge, &format!("GET /hello HTTP/1.1\r\nHost: a\r\n{}\r\n", "X:\r\n".repeat(101)), 431);
}

#[test]
fn a_large_head_within_the_limit_is_served() {
    let edge = Edge::start();
    let mut client = edge.connect();
    let head = format!("GET /hello HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(16_000));
    client.send(&head);
    assert_eq!(client.response().status, 200);
    client.drip(&head[..40], std::time::Duration::from_millis(1)).send(&head[40..]);
    assert_eq!(client.response().status, 200);
    client.assert_open();
}

#[test]
fn pipelined_requests_are_answered_in_order_before_a_refusal() {
    let edge = Edge::start();
    let mut client = edge.connect();
    let missing = "GET /missing HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send(format!("{HELLO}{missing}{HELLO}GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n{HELLO}"));
    for status in [200, 404, 200, 400] {
        assert_eq!(client.response().status, status);
    }
    client.assert_closed();
    assert_eq!(edge.requests(), 2);
}

#[test]
fn many_pipelined_requests_are_all_answered() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.send(HELLO.repeat(500));
    for _ in 0..500 {
        assert_eq!(client.response().status, 200);
    }
    assert_eq!(edge.requests(), 500);
}

#[test]
fn a_request_may_come_byte_by_byte() {
    let edge = Edge::start();
    let mut client = edge.connect();
    for _ in 0..2 {
        client.drip(HELLO, std::time::Duration::from_micros(500));
        assert_eq!(client.response().status, 200);
    }
    client.send("\r\n").assert_open();
}

#[test]
fn an_absolute_target_of_the_same_host_is_served() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.send("GET http://A.example:80/hello HTTP/1.1\r\nHost: a.example:80\r\n\r\n");
    assert_eq!(client.response().status, 200);
}
