//! HTTP/2: the same answers and refusals as HTTP/1, and floods that are bounded.

use std::time::Duration;

use serde_json::{Value, json};

use crate::frames::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, Http2Client, Outcome, PING, PRIORITY,
    RST_STREAM, SETTINGS, block, frame,
};
use crate::server::{BIG_BYTES, Edge, config, eventually};

const CANCEL: [u8; 4] = [0, 0, 0, 8];

fn answer(edge: &Edge, fields: &[(&str, &str)], body: Option<&str>) -> Outcome {
    let mut client = Http2Client::connect(edge.port, &[]);
    client.head(1, if body.is_none() { END_STREAM } else { 0 }, fields);
    if let Some(body) = body {
        client.frame(DATA, END_STREAM, 1, body.as_bytes());
    }
    client.outcome(1)
}

#[test]
fn requests_are_answered_on_one_connection_at_the_same_time() {
    let edge = Edge::start();
    let mut client = Http2Client::connect(edge.port, &[]);
    for stream in 0..100 {
        client.get(stream * 2 + 1, "/hang");
    }
    edge.wait_for_hanging(100);
    client.get(201, "/hello");
    assert_eq!(client.outcome(201), Outcome::Answer(200, "{\"hello\":\"world\"}".to_owned()));
    edge.release();
    let mut ended = 0;
    while ended < 100 {
        let (kind, flags, _, _) = client.next_frame().unwrap();
        ended += u32::from(kind <= HEADERS && flags & END_STREAM != 0);
    }
    assert_eq!(edge.requests(), 101);
}

#[test]
fn a_body_is_validated_and_its_trailers_are_read_past() {
    let edge = Edge::start();
    let head = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "a"),
        (":path", "/echo/1"),
        ("content-type", "application/json"),
    ];
    let Outcome::Answer(200, text) = answer(&edge, &head, Some("{\"text\":\"x\"}")) else {
        panic!("no answer")
    };
    assert!(text.contains("\"x\""), "{text}");
    let Outcome::Answer(400, text) = answer(&edge, &head, Some("{}")) else { panic!("no refusal") };
    assert!(text.contains("invalid_argument"), "{text}");
    let mut client = Http2Client::connect(edge.port, &[]);
    client.head(1, 0, &head).frame(DATA, 0, 1, b"{\"text\":\"x\"}").head(
        1,
        END_STREAM,
        &[("x-trailer", "1")],
    );
    assert!(matches!(client.outcome(1), Outcome::Answer(200, _)));
}

/// One head, as `contract/cases/api/heads.json` has it.
#[derive(Debug, serde::Deserialize)]
struct Head {
    method: String,
    path: String,
    host: String,
    headers: Vec<(String, String)>,
    status: u16,
}

/// The status of the answer by HTTP/1.
fn by_http1(edge: &Edge, head: &Head) -> u16 {
    let Head { method, path, host, headers, .. } = head;
    let mut client = edge.connect();
    let lines: String =
        headers.iter().flat_map(|(name, value)| [name.as_str(), ": ", value, "\r\n"]).collect();
    client.send(format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\n{lines}\r\n"));
    client.response().status
}

/// The outcome by HTTP/2.
fn by_http2(edge: &Edge, Head { method, path, host, headers, .. }: &Head) -> Outcome {
    let mut fields =
        vec![(":method", method.as_str()), (":scheme", "http"), (":authority", host), (":path", path)];
    fields.extend(headers.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    answer(edge, &fields, None)
}

#[test]
fn heads_are_judged_as_in_http1() {
    let contract: Value =
        serde_json::from_str(include_str!("../../../../contract/cases/api/heads.json")).unwrap();
    let heads: Vec<Head> = serde_json::from_value(contract["cases"].clone()).unwrap();
    let edge = Edge::start();
    for head in &heads {
        let before = edge.requests();
        assert_eq!(by_http1(&edge, head), head.status, "{head:?}");
        match by_http2(&edge, head) {
            Outcome::Answer(status, body) => assert_eq!(status, head.status, "{head:?}: {body}"),
            // h2 refuses by itself what is malformed by the protocol.
            Outcome::Reset(_) | Outcome::GoneAway(_) => assert!(head.status >= 400, "{head:?}"),
            Outcome::Closed => panic!("{head:?}: no answer"),
        }
        if head.status >= 400 {
            assert_eq!(edge.requests(), before, "{head:?}");
        }
    }
}

#[test]
fn what_only_http2_can_say_wrong_never_reaches_the_isolate() {
    let edge = Edge::start();
    let good = [(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/hello")];
    let with = |more: &[(&'static str, &'static str)]| [&good[..], more].concat();
    let long = "x".repeat(17_000);
    let bad: Vec<Vec<(&str, &str)>> = vec![
        with(&[("connection", "close")]),
        with(&[("transfer-encoding", "chunked")]),
        with(&[("upgrade", "websocket")]),
        with(&[("te", "gzip")]),
        with(&[("X-Upper", "a")]),
        with(&[("x y", "a")]),
        with(&[("x", "a\r\nb: c")]),
        with(&[("x", "a\0")]),
        with(&[(":path", "/other")]),
        with(&[(":unknown", "a")]),
        with(&[("content-length", "5")]),
        vec![("x", "a"), good[0], good[1], good[2], good[3]],
        vec![good[1], good[2], good[3]],
        vec![good[0], good[1], good[2]],
        vec![good[0], good[1], good[3]],
        vec![good[0], good[1], ("host", "a"), ("host", "a"), good[3]],
        [&good[..], &[("x", long.as_str())]].concat(),
        [&good[..], &[("x", "1")].repeat(101)].concat(),
    ];
    for fields in bad {
        let outcome = answer(&edge, &fields, None);
        let is_refused = match &outcome {
            Outcome::Answer(status, _) => (400..500).contains(status),
            Outcome::Reset(_) | Outcome::GoneAway(_) => true,
            Outcome::Closed => false,
        };
        assert!(is_refused, "{:?}: {outcome:?}", &fields[fields.len() - 1]);
    }
    assert_eq!(edge.requests(), 0);
}

#[test]
fn http2_is_not_spoken_where_it_is_off() {
    let mut arguments = config(&json!({}));
    arguments["http2"] = json!(false);
    let edge = Edge::with_config(&arguments);
    let mut client = edge.connect();
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert_eq!(client.response().status, 400);
    client.assert_closed();
}

#[test]
fn the_preface_is_only_understood_at_the_beginning() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.assert_open();
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    assert_eq!(client.response().status, 400);
    client.assert_closed();
    let mut client = edge.connect();
    client.drip("PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n", Duration::from_millis(1));
    client.assert_closes();
}

#[test]
fn a_reset_gives_the_request_up() {
    let edge = Edge::start();
    let mut client = Http2Client::connect(edge.port, &[]);
    client.get(1, "/hang").get(3, "/hang");
    edge.wait_for_hanging(2);
    client.frame(RST_STREAM, 0, 1, &CANCEL);
    eventually(|| edge.aborts() == 1);
    drop(client);
    eventually(|| edge.aborts() == 2);
}

#[test]
fn a_client_that_does_not_read_is_cut_and_the_others_are_not() {
    let edge = Edge::with_limits(&json!({ "writeTimeoutMs": 300 }));
    let mut slow = Http2Client::connect(edge.port, &[(4, 1000)]);
    slow.get(1, "/big").get(3, "/hang");
    edge.wait_for_hanging(1);
    assert_eq!(slow.outcome(1), Outcome::Reset(8), "the stream is cancelled and its connection stays");
    edge.release();
    assert_eq!(slow.outcome(3), Outcome::Answer(200, "{\"late\":true}".to_owned()));
    let mut good = Http2Client::connect(edge.port, &[(4, 0x7fff_ffff)]);
    good.frame(8, 0, 0, &0x7000_0000_u32.to_be_bytes()).get(1, "/big");
    let Outcome::Answer(200, body) = good.outcome(1) else { panic!("no answer") };
    assert_eq!(body.len(), BIG_BYTES);
}

#[test]
fn a_slow_body_is_refused_and_the_connection_stays() {
    let edge = Edge::with_limits(&json!({ "bodyTimeoutMs": 200, "bodyGraceMs": 200 }));
    let mut client = Http2Client::connect(edge.port, &[]);
    let head = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "a"),
        (":path", "/echo/1"),
        ("content-type", "application/json"),
    ];
    client.head(1, 0, &head).frame(DATA, 0, 1, b"{");
    let Outcome::Answer(408, _) = client.outcome(1) else { panic!("no 408") };
    client.get(3, "/hello");
    assert!(matches!(client.outcome(3), Outcome::Answer(..)));
}

#[test]
fn an_idle_connection_is_closed_with_a_goodbye() {
    let edge = Edge::with_limits(&json!({ "idleTimeoutMs": 200 }));
    let mut client = Http2Client::connect(edge.port, &[]);
    client.get(1, "/hello");
    assert!(matches!(client.outcome(1), Outcome::Answer(200, _)));
    // Pings are no requests.
    client.frame(PING, 0, 0, &[0; 8]);
    assert!(client.rest().iter().any(|(kind, ..)| *kind == GOAWAY));
}

#[test]
fn a_connection_without_a_request_is_closed_in_time() {
    let edge = Edge::with_limits(&json!({ "headerTimeoutMs": 200 }));
    let mut client = Http2Client::connect(edge.port, &[]);
    client.frame(HEADERS, 0, 1, &block(&[(":method", "GET")]));
    client.rest();
}

#[test]
fn draining_finishes_what_is_open_and_says_goodbye() {
    let edge = Edge::start();
    let mut client = Http2Client::connect(edge.port, &[]);
    client.get(1, "/hang");
    edge.wait_for_hanging(1);
    let drained = edge.call_later(2, &json!({ "graceMs": 5_000 }));
    let goodbye = std::iter::from_fn(|| client.next_frame()).find(|(kind, ..)| *kind == GOAWAY);
    assert!(goodbye.is_some());
    edge.release();
    assert_eq!(client.outcome(1), Outcome::Answer(200, "{\"late\":true}".to_owned()));
    assert_eq!(drained.recv_timeout(Duration::from_secs(5)).unwrap().unwrap()["open"], 0);
}

#[test]
fn streams_that_are_cut_count_as_their_connection() {
    let edge = Edge::start();
    let mut client = Http2Client::connect(edge.port, &[]);
    client.get(1, "/hang").get(3, "/hang");
    edge.wait_for_hanging(2);
    assert_eq!(edge.call(2, &json!({ "graceMs": 200 })).unwrap(), json!({ "open": 1 }));
}

/// Sends `frames` until the server has closed, at most `most` of them; returns whether it closed.
fn is_closed_by(edge: &Edge, most: usize, frames: impl Fn(u32) -> Vec<u8>) -> bool {
    let mut client = Http2Client::connect(edge.port, &[]);
    for at in 0..most {
        client.send(&frames(u32::try_from(at).unwrap()));
    }
    client.frame(PING, 0, 0, b"are you?");
    loop {
        match client.next_frame() {
            None => return true,
            Some((GOAWAY, _, _, payload)) if payload[4..8] != [0; 4] => return true,
            Some((PING, ACK, _, payload)) if payload == b"are you?" => return false,
            Some(_) => {}
        }
    }
}

#[test]
fn floods_end_the_connection_and_nobody_else() {
    let edge = Edge::start();
    let head = block(&[(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/hang")]);
    let opened = |stream: u32| frame(HEADERS, END_HEADERS | END_STREAM, stream, &head);
    // Rapid Reset.
    assert!(is_closed_by(&edge, 3_000, |at| {
        let stream = at * 2 + 1;
        [opened(stream), frame(RST_STREAM, 0, stream, &CANCEL)].concat()
    }));
    // Streams that the server has to reset for the client.
    assert!(is_closed_by(&edge, 3_000, |at| {
        let stream = at * 2 + 1;
        [opened(stream), frame(8, 0, stream, &[0; 4])].concat()
    }));
    assert!(is_closed_by(&edge, 3_000, |_| frame(PING, 0, 0, &[0; 8])));
    assert!(is_closed_by(&edge, 3_000, |_| frame(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 9])));
    assert!(is_closed_by(&edge, 3_000, |_| frame(PRIORITY, 0, 1, &[0, 0, 0, 3, 1])));
    assert!(is_closed_by(&edge, 3_000, |_| frame(0x7f, 0, 0, &[0; 4])));
    // A head without end.
    assert!(is_closed_by(&edge, 3_000, |at| {
        if at == 0 { frame(HEADERS, 0, 1, &head) } else { frame(CONTINUATION, 0, 1, &block(&[("x", "1")])) }
    }));
    assert!(is_closed_by(&edge, 3_000, |at| {
        if at == 0 { frame(HEADERS, 0, 1, &head) } else { frame(CONTINUATION, 0, 1, &[]) }
    }));
    // Empty and tiny pieces of a body that nobody has asked for.
    assert!(is_closed_by(&edge, 20_000, |at| {
        if at == 0 { frame(HEADERS, END_HEADERS, 1, &head) } else { frame(DATA, 0, 1, &[]) }
    }));
    assert!(matches!(
        Http2Client::connect(edge.port, &[]).get(1, "/hello").outcome(1),
        Outcome::Answer(200, _)
    ));
    edge.connect().assert_open();
    edge.release();
}

#[test]
fn more_streams_than_allowed_are_refused_one_by_one() {
    let edge = Edge::start();
    let mut client = Http2Client::connect(edge.port, &[]);
    for stream in 0..130 {
        client.get(stream * 2 + 1, "/hang");
    }
    assert!(matches!(client.outcome(257), Outcome::Reset(7)));
    edge.wait_for_hanging(128);
    assert_eq!(edge.requests(), 128);
    edge.release();
}

#[test]
fn events_are_streamed_and_end_when_the_server_drains() {
    let edge = Edge::start();
    let mut client = Http2Client::connect(edge.port, &[]);
    client.get(1, "/events");
    eventually(|| edge.requests() == 1);
    edge.stream_piece("{\"data\":1}");
    let piece = std::iter::from_fn(|| client.next_frame()).find(|(kind, ..)| *kind == DATA).unwrap();
    assert_eq!(piece.3, b"data: 1\n\n");
    edge.end_streams(true);
    let end = std::iter::from_fn(|| client.next_frame())
        .find(|(_, flags, of, _)| *of == 1 && flags & END_STREAM != 0);
    assert!(end.is_some());
}
