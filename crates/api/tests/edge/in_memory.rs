//! Requests of an isolate's own, without a socket.

use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Value, json};

use crate::server::{Edge, config, eventually};

const EXCHANGE: u16 = 9;
const READ_ANSWER: u16 = 10;
const CUT_EXCHANGE: u16 = 11;
const ADVANCE_CLOCK: u16 = 12;

fn edge() -> Edge {
    edge_with(config(&json!({})))
}

fn edge_with(mut arguments: Value) -> Edge {
    arguments["host"] = Value::Null;
    arguments["inMemory"] = json!(true);
    Edge::with_config(&arguments)
}

fn get(number: u32, target: &str) -> Value {
    json!({ "number": number, "method": "GET", "target": target, "headers": [["host", "a"]], "body": 0, "isHttps": false })
}

fn body(edge: &Edge, answer: &Value) -> String {
    let number = u32::try_from(answer["body"].as_u64().unwrap()).unwrap();
    String::from_utf8(edge.isolate.blobs.take(number).unwrap_or_default().to_vec()).unwrap()
}

#[test]
fn nothing_is_listened_on_and_the_whole_edge_answers() {
    let edge = edge();
    assert_eq!(edge.port, 0);
    let answer = edge.call(EXCHANGE, &get(1, "/hello")).unwrap();
    assert_eq!((&answer["status"], body(&edge, &answer)), (&json!(200), "{\"hello\":\"world\"}".to_owned()));
    let mut request = get(2, "/echo/7?page=2");
    request["method"] = json!("POST");
    request["headers"].as_array_mut().unwrap().push(json!(["content-type", "application/json"]));
    request["body"] = json!(edge.isolate.blobs.put(Bytes::from_static(b"{\"text\":1}")));
    let answer = edge.call(EXCHANGE, &request).unwrap();
    assert_eq!(answer["status"], 400);
    assert!(body(&edge, &answer).contains("body.text"));
    // The guard reads the head too.
    let mut request = get(3, "/hello");
    request["headers"] = json!([["host", "a"], ["host", "b"]]);
    assert_eq!(edge.call(EXCHANGE, &request).unwrap()["status"], 400);
    assert_eq!(edge.requests(), 1);
}

#[test]
fn a_private_endpoint_is_reached_by_a_call_alone() {
    let mut arguments = config(&json!({}));
    arguments["endpoints"][0]["expose"] = json!(false);
    let edge = edge_with(arguments);
    assert_eq!(edge.call(EXCHANGE, &get(1, "/hello")).unwrap()["status"], 404);
    let mut call = get(2, "/hello");
    call["call"] = json!({ "target": 0 });
    assert_eq!(edge.call(EXCHANGE, &call).unwrap()["status"], 200);
    // The path must be the endpoint's own.
    call["target"] = json!("/hang");
    assert_eq!(edge.call(EXCHANGE, &call).unwrap()["status"], 404);
}

#[test]
fn a_long_body_is_read_in_pieces() {
    let edge = edge();
    let answer = edge.call(EXCHANGE, &get(1, "/big")).unwrap();
    assert_eq!(answer["isOpen"], true);
    let mut bytes = 0;
    loop {
        let piece = u32::try_from(edge.call(READ_ANSWER, &json!(1)).unwrap().as_u64().unwrap()).unwrap();
        let Some(piece) = edge.isolate.blobs.take(piece) else { break };
        bytes += piece.len();
    }
    assert_eq!(bytes, crate::server::BIG_BYTES);
    assert_eq!(edge.call(READ_ANSWER, &json!(1)).unwrap(), 0);
}

#[test]
fn a_cut_is_a_client_that_has_left() {
    let edge = edge();
    let answer = edge.call_later(EXCHANGE, &get(1, "/hang"));
    edge.wait_for_hanging(1);
    edge.call(CUT_EXCHANGE, &json!(1)).unwrap();
    let failure = answer.recv_timeout(Duration::from_secs(20)).unwrap().unwrap_err();
    assert_eq!(failure.code.as_str(), "canceled");
    eventually(|| edge.aborts() == 1);
}

#[test]
fn the_clock_ends_what_is_over_by_it() {
    let edge = edge();
    let began = Instant::now();
    let answer = edge.call_later(EXCHANGE, &get(1, "/hang"));
    edge.call(ADVANCE_CLOCK, &json!({ "ms": 4_000, "sent": 1 })).unwrap();
    assert!(answer.recv_timeout(Duration::from_millis(200)).is_err());
    edge.call(ADVANCE_CLOCK, &json!({ "ms": 1_000, "sent": 1 })).unwrap();
    let answer = answer.recv_timeout(Duration::from_secs(20)).unwrap().unwrap();
    assert_eq!(answer["status"], 504);
    assert!(began.elapsed() < Duration::from_secs(4));
}

#[test]
fn a_server_that_listens_takes_no_requests_in_memory() {
    let edge = Edge::start();
    let failure = edge.call(EXCHANGE, &get(1, "/hello")).unwrap_err();
    assert_eq!(failure.code.as_str(), "failed_precondition");
}

#[test]
fn what_no_request_can_be_is_refused() {
    let edge = edge();
    let refused = |change: (&str, Value), message: &str| {
        let mut request = get(1, "/hello");
        request[change.0] = change.1;
        let failure = edge.call(EXCHANGE, &request).unwrap_err();
        assert_eq!((failure.code.as_str(), failure.message.as_str()), ("invalid_argument", message));
    };
    refused(("method", json!("GE T")), "the method \"GE T\" cannot be sent in a request");
    refused(("target", json!("/a b")), "the path \"/a b\" cannot be sent in a request");
    refused(("headers", json!([["x", "a\nb"]])), "the value of the header \"x\" cannot be sent in a request");
}
