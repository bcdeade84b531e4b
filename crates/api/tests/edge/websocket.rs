//! WebSocket streams, over raw sockets.

use std::time::Duration;

use serde_json::{Value, json};
use twinloop_mailbox::Limits;

use crate::client::Client;
use crate::server::{Edge, config, eventually};

const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// A server whose stream has these options.
fn edge_with(stream: &Value) -> Edge {
    let mut config = config(&json!({}));
    let endpoints = config["endpoints"].as_array_mut().unwrap();
    let echo = endpoints.iter_mut().find(|endpoint| endpoint["name"] == "stream").unwrap();
    for (name, value) in stream.as_object().unwrap() {
        echo["stream"][name] = value.clone();
    }
    Edge::with_isolate(&config, Limits::default())
}

fn handshake(path: &str, more: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{more}\r\n"
    )
}

fn open(edge: &Edge) -> Client {
    let mut client = edge.connect();
    client.send(handshake("/stream/a", ""));
    let head = client.until("\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    client
}

/// A client's frame with a mask of zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = match payload.len() {
        short if short < 126 => vec![0x80 | u8::try_from(short).unwrap()],
        medium if medium < 1 << 16 => [&[0xfe][..], &u16::try_from(medium).unwrap().to_be_bytes()].concat(),
        long => [&[0xff][..], &(long as u64).to_be_bytes()].concat(),
    };
    [&[first][..], &length, &[0; 4], payload].concat()
}

fn read(client: &mut Client) -> (u8, Vec<u8>) {
    let head = client.bytes(2);
    let length = match head[1] {
        126 => usize::from(u16::from_be_bytes(client.bytes(2).try_into().unwrap())),
        127 => usize::try_from(u64::from_be_bytes(client.bytes(8).try_into().unwrap())).unwrap(),
        short => usize::from(short),
    };
    (head[0], client.bytes(length))
}

fn close_code(client: &mut Client) -> u16 {
    let (first, payload) = read(client);
    assert_eq!(first, CLOSE, "{payload:?}");
    u16::from_be_bytes([payload[0], payload[1]])
}

#[test]
fn messages_are_validated_and_echoed() {
    let edge = edge_with(&json!({}));
    let mut client = open(&edge);
    client.send(frame(TEXT, br#"{"text":"hi","unknown":1}"#));
    assert_eq!(read(&mut client), (TEXT, br#"{"text":"hi"}"#.to_vec()));
    let fragments = [frame(0x01, br#"{"te"#), frame(PING, b"p"), frame(0x80, br#"xt":"a"}"#)].concat();
    client.drip(fragments, Duration::ZERO);
    assert_eq!(read(&mut client), (PONG, b"p".to_vec()));
    assert_eq!(read(&mut client), (TEXT, br#"{"text":"a"}"#.to_vec()));
    client.send(frame(0x82, br#"{"text":"binary"}"#));
    assert_eq!(read(&mut client), (TEXT, br#"{"text":"binary"}"#.to_vec()));
    client.send(frame(CLOSE, b"\x0f\xa0bye"));
    assert_eq!(read(&mut client), (CLOSE, b"\x0f\xa0bye".to_vec()));
    client.assert_closed();
    eventually(|| edge.ends() == [r#"{"code":4000,"reason":"bye"}"#]);
}

#[test]
fn a_message_that_does_not_fit_reaches_no_isolate() {
    let edge = edge_with(&json!({}));
    for (message, code) in [(&br#"{"text":1}"#[..], 1008), (b"{", 1007), (b"\"\xff\"", 1007)] {
        let mut client = open(&edge);
        client.send(frame(0x82, message));
        assert_eq!(close_code(&mut client), code, "{message:?}");
        client.send(frame(CLOSE, b"\x03\xe8"));
        client.assert_closed();
    }
    assert_eq!(edge.pieces(), 0);
}

#[test]
fn a_message_that_does_not_fit_is_answered_where_that_is_wanted() {
    let edge = edge_with(&json!({ "badMessage": "error" }));
    let mut client = open(&edge);
    client.send(frame(TEXT, b"1"));
    let (first, payload) = read(&mut client);
    let error: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!((first, &error["code"]), (TEXT, &json!("invalid_argument")));
    assert!(error["details"]["issues"][0]["at"].is_string(), "{error}");
    client.send(frame(TEXT, br#"{"text":"on"}"#));
    assert_eq!(read(&mut client).1, br#"{"text":"on"}"#);
    assert_eq!(edge.pieces(), 1);
}

#[test]
fn what_is_no_handshake_is_answered_as_http() {
    let edge = edge_with(&json!({}));
    let mut client = edge.connect();
    client.send("GET /stream/a HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = client.response();
    assert_eq!((response.status, response.header("upgrade")), (426, Some("websocket")));
    client.assert_open();
    for (request, status) in [
        (handshake("/hidden", ""), 404),
        (handshake("/stream", ""), 404),
        (handshake("/hello", ""), 200),
        (handshake("/stream/a?page=x", ""), 400),
        (handshake("/stream/a", "Content-Length: 1\r\n") + "x", 400),
        (handshake("/stream/a", "").replace("13", "8"), 426),
        (handshake("/stream/a", "").replace("GET", "POST"), 405),
    ] {
        let mut client = edge.connect();
        client.send(&request);
        assert_eq!(client.response().status, status, "{request}");
    }
    assert_eq!(edge.requests(), 2, "only the two requests for /hello");
}

#[test]
fn a_handshake_that_reads_cookies_refuses_pages_of_other_origins() {
    let edge = edge_with(&json!({}));
    for (path, origin, status) in [
        ("/cookies", "https://evil.example", 403),
        ("/cookies", "null", 403),
        ("/cookies", "https://a", 101),
        ("/stream/a", "https://evil.example", 403),
    ] {
        let mut client = edge.connect();
        client.send(handshake(path, &format!("Origin: {origin}\r\n")));
        let head = client.until("\r\n\r\n");
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{origin} {head}");
    }
}

#[test]
fn bytes_that_come_before_the_upgrade_are_no_way_around_the_guard() {
    let edge = edge_with(&json!({}));
    let mut client = edge.connect();
    client.send(handshake("/stream/a", "") + "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    // Either the connection goes on as a WebSocket, for which a request is a fault, or it ends: no second response comes.
    let head = client.until("\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert_eq!(close_code(&mut client), 1002);
    client.finish().assert_closed();
    assert_eq!(edge.requests(), 1);
}

#[test]
fn faults_of_the_protocol_close() {
    let edge = edge_with(&json!({ "maxMessage": 100 }));
    for (bytes, code) in [
        (vec![0x81, 0x01, b'a'], 1002),
        (frame(0x83, b""), 1002),
        (frame(0xc1, b"a"), 1002),
        (frame(0x80, b"a"), 1002),
        (frame(TEXT, &[b' '; 101]), 1009),
        (frame(TEXT, b"\xff"), 1007),
        (frame(CLOSE, b"\x03\xed"), 1002),
    ] {
        let mut client = open(&edge);
        client.send(&bytes);
        assert_eq!(close_code(&mut client), code, "{bytes:?}");
        client.finish().assert_closed();
    }
}

#[test]
fn a_stopping_server_closes_streams_after_what_was_sent() {
    let edge = edge_with(&json!({}));
    let mut client = open(&edge);
    client.send(frame(TEXT, br#"{"text":"last"}"#));
    assert_eq!(read(&mut client).1, br#"{"text":"last"}"#);
    let drained = edge.call_later(2, &json!({ "graceMs": 5_000 }));
    assert_eq!(close_code(&mut client), 1001);
    client.send(frame(CLOSE, b"\x03\xe9"));
    client.finish().assert_closed();
    assert_eq!(drained.recv_timeout(Duration::from_secs(5)).unwrap().unwrap()["open"], 0);
    eventually(|| edge.ends() == [r#"{"code":1001,"reason":"the app is stopping"}"#]);
}

#[test]
fn a_client_that_resets_is_told_as_lost() {
    let edge = edge_with(&json!({}));
    open(&edge).reset();
    eventually(|| edge.ends() == [r#"{"code":1006,"reason":"the connection was lost"}"#]);
    let mut half_closed = open(&edge);
    half_closed.finish();
    eventually(|| edge.ends().len() == 2);
}

#[test]
fn a_client_that_never_reads_gets_no_more_than_its_window() {
    let edge = edge_with(&json!({}));
    let client = open(&edge);
    let large = format!("{{\"text\":\"{}\"}}", "x".repeat(256 << 10));
    for _ in 0..200 {
        edge.stream_piece(&large);
    }
    std::thread::sleep(Duration::from_millis(300));
    // What the socket's buffers hold, the buffer of one connection, and no more: 50 MiB were offered.
    assert!(edge.credits() < 60, "{} pieces have left", edge.credits());
    drop(client);
}

#[test]
fn a_client_that_reads_late_gets_everything() {
    let edge = edge_with(&json!({ "pingMs": null }));
    let mut client = open(&edge);
    let large = format!("{{\"text\":\"{}\"}}", "x".repeat(256 << 10));
    for _ in 0..100 {
        edge.stream_piece(&large);
    }
    eventually(|| {
        let before = edge.credits();
        std::thread::sleep(Duration::from_millis(200));
        before > 0 && before == edge.credits()
    });
    assert!(edge.credits() < 60, "{} pieces have left", edge.credits());
    for piece in 0..100 {
        let (first, payload) = read(&mut client);
        assert_eq!((first, payload.len()), (TEXT, large.len()), "{piece}");
    }
    client.send(frame(CLOSE, b"\x03\xe8"));
    assert_eq!(close_code(&mut client), 1000);
}

#[test]
fn what_came_before_a_fault_is_answered() {
    let edge = edge_with(&json!({}));
    for (fault, code) in
        [(vec![0x81, 0x01, b'a'], 1002), (frame(TEXT, b"\xff"), 1007), (frame(TEXT, b"1"), 1008)]
    {
        let mut client = open(&edge);
        client.send([frame(TEXT, br#"{"text":"a"}"#), fault].concat());
        assert_eq!(read(&mut client), (TEXT, br#"{"text":"a"}"#.to_vec()));
        assert_eq!(close_code(&mut client), code);
        client.send(frame(CLOSE, b"\x03\xe8")).finish().assert_closed();
    }
    eventually(|| edge.ends().len() == 3);
    assert!(edge.ends().iter().all(|end| end.ends_with(r#""mayAnswer":true}"#)), "{:?}", edge.ends());
}

#[test]
fn a_handler_that_never_pulls_stops_the_client() {
    let edge = edge_with(&json!({ "maxMessage": 200_000 }));
    // While nothing is read, only a ping that cannot be sent tells that the client has left.
    let mut client = edge.connect();
    client.send(handshake("/deaf", ""));
    client.until("\r\n\r\n");
    let message = frame(TEXT, format!("{{\"text\":\"{}\"}}", "x".repeat(100_000)).as_bytes());
    let sent = client.send_until_blocked(&message.repeat(500), Duration::from_millis(500));
    assert!(sent < 20 << 20, "{sent} bytes were taken");
    assert_eq!(edge.pieces(), 0);
    drop(client);
    eventually(|| edge.ends().len() == 1);
}

#[test]
fn a_client_that_answers_no_ping_is_gone() {
    let edge = edge_with(&json!({ "pingMs": 50 }));
    let mut client = open(&edge);
    assert_eq!(read(&mut client), (PING, Vec::new()));
    client.send(frame(PONG, b""));
    assert_eq!(read(&mut client), (PING, Vec::new()));
    client.assert_closed();
    eventually(|| edge.ends() == [r#"{"code":1006,"reason":"the client answered no ping"}"#]);
}

#[test]
fn a_stream_without_messages_is_closed_where_that_is_wanted() {
    let edge = edge_with(&json!({ "idleTimeoutMs": 100 }));
    let mut client = open(&edge);
    assert_eq!(close_code(&mut client), 1001);
}

#[test]
fn a_handler_that_ends_closes_the_stream() {
    let edge = edge_with(&json!({}));
    for (whole, code) in [(true, 1000), (false, 1011)] {
        let mut client = open(&edge);
        edge.stream_piece("1");
        edge.end_streams(whole);
        assert_eq!(read(&mut client), (TEXT, b"1".to_vec()));
        assert_eq!(close_code(&mut client), code);
        client.send(frame(TEXT, br#"{"text":"late"}"#)).send(frame(CLOSE, b"\x03\xe8"));
        client.finish().assert_closed();
    }
    assert_eq!(edge.pieces(), 0);
}

#[test]
fn an_isolate_that_ends_closes_its_streams() {
    let edge = edge_with(&json!({}));
    let mut client = open(&edge);
    edge.kill(&edge.isolate);
    assert_eq!(close_code(&mut client), 1011);
}
