//! The PROXY protocol.

use std::time::Duration;

use serde_json::json;

use crate::frames::{END_STREAM, Http2Client, Outcome};
use crate::server::{Edge, config};

const LINE: &str = "PROXY TCP4 198.51.100.7 10.0.0.1 4711 80\r\n";
const HELLO: &str = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";

fn edge(mode: &str, trusted: &str) -> Edge {
    let mut arguments = config(&json!({ "headerTimeoutMs": 300 }));
    arguments["proxyProtocol"] = json!(mode);
    arguments["trustProxy"] = json!({ "from": [trusted] });
    Edge::with_config(&arguments)
}

#[test]
fn a_required_header_opens_the_connection() {
    let edge = edge("required", "loopback");
    let mut client = edge.connect();
    client.send(format!("{LINE}{HELLO}"));
    assert_eq!(client.response().status, 200);
    client.assert_open();
    let mut client = edge.connect();
    client.drip(format!("{LINE}{HELLO}"), Duration::from_millis(1));
    assert_eq!(client.response().status, 200);
    let mut client = edge.connect();
    client.send(format!("{LINE}{HELLO}GET / HTTP/1.1\r\n\r\n"));
    assert_eq!((client.response().status, client.response().status), (200, 400));
    client.assert_closed();
    let mut client = edge.connect();
    client.send(b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc6\x33\x64\x07\x0a\0\0\x01\x12\x67\0\x50").send(HELLO);
    assert_eq!(client.response().status, 200);
}

#[test]
fn without_a_required_header_the_connection_closes() {
    let edge = edge("required", "loopback");
    for probe in
        [HELLO, "PROXY TCP4 198.51.100.7\r\n", "\r\n\r\n\0\r\nQUIT\n\x11\x11\0\0", "PROXY TCP4 198.51", ""]
    {
        edge.connect().send(probe).assert_closed();
    }
    assert_eq!(edge.requests(), 0);
}

#[test]
fn a_header_from_somebody_else_is_not_believed() {
    {
        let edge = edge("required", "10.0.0.0/8");
        edge.connect().send(format!("{LINE}{HELLO}")).assert_closed();
        assert_eq!(edge.requests(), 0);
    }
    let edge = edge("optional", "10.0.0.0/8");
    edge.connect().assert_open();
    let mut client = edge.connect();
    client.send(format!("{LINE}{HELLO}"));
    assert_eq!(client.response().status, 400);
    client.assert_closed();
}

#[test]
fn an_optional_header_may_be_left_out() {
    let edge = edge("optional", "loopback");
    edge.connect().assert_open();
    let mut client = edge.connect();
    client.send(format!("{LINE}{HELLO}"));
    assert_eq!(client.response().status, 200);
    let mut client = edge.connect();
    client.send(format!("{LINE}{LINE}{HELLO}"));
    assert_eq!(client.response().status, 400);
}

#[test]
fn http2_may_follow() {
    let edge = edge("optional", "loopback");
    let mut client = Http2Client::connect_after(edge.port, LINE);
    let fields = [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/hello")];
    client.head(1, END_STREAM, &fields);
    assert!(matches!(client.outcome(1), Outcome::Answer(200, _)));
}

#[test]
fn the_protocol_needs_somebody_to_believe() {
    let edge = Edge::start();
    edge.call(2, &json!({ "graceMs": 0 })).unwrap();
    let mut arguments = config(&json!({}));
    arguments["proxyProtocol"] = json!("required");
    assert!(edge.call(1, &arguments).unwrap_err().message.contains("proxyProtocol has no proxy to believe"));
}
