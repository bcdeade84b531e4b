//! Requests with input.

use std::time::Duration;

use crate::server::Edge;

fn post(headers: &str, body: &str) -> String {
    format!(
        "POST /echo/7?page=2 HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

const JSON: &str = "Content-Type: application/json\r\n";

#[test]
fn parameters_and_body_reach_the_isolate_as_one_text() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.send(post(&format!("{JSON}X-Tag: t\r\n"), r#"{"text":"grün","dropped":[1]}"#));
    let response = client.response();
    assert_eq!(response.status, 200, "{}", String::from_utf8_lossy(&response.body));
    let text: serde_json::Value = serde_json::from_str(&edge.last_text()).unwrap();
    assert_eq!(text, serde_json::json!({ "id": "7", "tag": "t", "page": 2, "text": "grün" }));
    client.assert_open();
}

#[test]
fn a_body_in_pieces_and_in_chunks_is_put_together() {
    let edge = Edge::start();
    let mut client = edge.connect();
    let request = post(JSON, r#"{"text":"abc"}"#);
    client.drip(&request, Duration::from_micros(300));
    assert_eq!(client.response().status, 200);
    client.send(format!("POST /echo/7 HTTP/1.1\r\nHost: a\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n"));
    client.send("5;x=y\r\n{\"tex\r\n").send("9\r\nt\":\"abc\"}\r\n0\r\nx-trailer: y\r\n\r\n");
    assert_eq!(client.response().status, 200);
    client.assert_open();
}

#[test]
fn invalid_input_is_refused_without_the_isolate() {
    let edge = Edge::start();
    let mut client = edge.connect();
    for body in ["", "{}", r#"{"text":1}"#, r#"{"text":"a"} x"#, "{", r#"{"text":"a","text":"b"}"#, "null"] {
        client.send(post(JSON, body));
        let response = client.response();
        assert_eq!((response.status, response.code().as_str()), (400, "invalid_argument"), "{body}");
        let error: serde_json::Value = serde_json::from_slice(&response.body).unwrap();
        assert!(!error["details"]["issues"].as_array().unwrap().is_empty(), "{error}");
    }
    assert_eq!(edge.requests(), 0);
    client.assert_open();
}

#[test]
fn other_content_types_and_encodings_are_refused() {
    let edge = Edge::start();
    for headers in [
        "",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/json\r\nContent-Type: application/json\r\n",
        "Content-Type: application/json garbage\r\n",
        "Content-Type: application/json\tx\r\n",
        "Content-Type: application/json; charset=latin1\r\n",
        "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
        "Content-Type: application/json\r\nContent-Encoding: identity, gzip\r\n",
    ] {
        let mut client = edge.connect();
        client.send(post(headers, r#"{"text":"a"}"#));
        let response = client.response();
        assert_eq!((response.status, response.code().as_str()), (415, "invalid_argument"), "{headers:?}");
        client.assert_closed();
    }
    assert_eq!(edge.requests(), 0);
    let mut client = edge.connect();
    client.send(post(
        "content-type:  Application/Problem+JSON ;charset=\"UTF-8\"\r\nContent-Encoding: identity\r\n",
        r#"{"text":"a"}"#,
    ));
    assert_eq!(client.response().status, 200);
}

#[test]
fn s29_bodies_over_the_limit_are_refused_unread() {
    let edge = Edge::start();
    let announced = format!("POST /echo/1 HTTP/1.1\r\nHost: a\r\n{JSON}Content-Length: 100001\r\n\r\n");
    let awaited = format!(
        "POST /echo/1 HTTP/1.1\r\nHost: a\r\n{JSON}Expect: 100-continue\r\nContent-Length: 100001\r\n\r\n"
    );
    let sent = format!("{announced}{}", "x".repeat(100_001));
    let chunked = format!(
        "POST /echo/1 HTTP/1.1\r\nHost: a\r\n{JSON}Transfer-Encoding: chunked\r\n\r\n{}",
        format!("2710\r\n{}\r\n", "x".repeat(10_000)).repeat(11),
    );
    for request in [announced, awaited, sent, chunked] {
        let mut client = edge.connect();
        client.send(request);
        let response = client.response();
        assert_eq!((response.status, response.code().as_str()), (413, "out_of_range"));
        client.assert_closed();
    }
    assert_eq!(edge.requests(), 0);
}

#[test]
fn a_client_that_asks_before_sending_is_told_to_go_on() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.send(format!(
        "POST /echo/1 HTTP/1.1\r\nHost: a\r\n{JSON}Expect: 100-continue\r\nContent-Length: 12\r\n\r\n"
    ));
    assert_eq!(client.response().status, 100);
    client.send(r#"{"text":"a"}"#);
    assert_eq!(client.response().status, 200);
    client.assert_open();
}

#[test]
fn other_expectations_are_refused() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.send(post(&format!("{JSON}Expect: a-miracle\r\n"), r#"{"text":"a"}"#));
    assert_eq!(client.response().status, 417);
    client.assert_closed();
    assert_eq!(edge.requests(), 0);
}

#[test]
fn an_endpoint_without_input_ignores_a_small_body_and_closes_after_a_large_one() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    assert_eq!(client.response().status, 200);
    client.send("GET /missing HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
    assert_eq!(client.response().status, 404);
    client.assert_open();
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc");
    let response = client.response();
    assert_eq!((response.status, response.header("connection")), (200, Some("close")));
    client.assert_closed();
}

#[test]
fn a_body_that_ends_early_is_refused() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client
        .send(format!("POST /echo/1 HTTP/1.1\r\nHost: a\r\n{JSON}Content-Length: 50\r\n\r\n{{\"text\""))
        .finish();
    assert_eq!(client.response().status, 400);
    client.assert_closed();
    assert_eq!(edge.requests(), 0);
}
