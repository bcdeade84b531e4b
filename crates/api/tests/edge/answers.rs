//! Ordinary requests.

use serde_json::json;

use crate::server::{BIG_BYTES, Edge, config};

#[test]
fn a_request_is_answered_by_the_isolate() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = client.response();
    assert_eq!((response.status, &response.body[..]), (200, &b"{\"hello\":\"world\"}"[..]));
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.header("x-request-id").map(str::len), Some(32));
    assert!(response.header("date").is_some() && response.header("server").is_none());
    client.assert_open();
    assert_eq!(edge.requests(), 2);
}

#[test]
fn the_header_of_the_request_id_is_the_one_that_the_app_names() {
    let mut config = config(&json!({}));
    config["requestId"] = json!({ "from": "random", "header": "x-trace" });
    let edge = Edge::with_config(&config);
    for request in ["GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", "GET  /hello HTTP/1.1\r\n\r\n"] {
        let mut client = edge.connect();
        client.send(request);
        let response = client.response();
        assert_eq!(response.header("x-trace").map(str::len), Some(32), "{}", response.head);
        assert_eq!(response.header("x-request-id"), None, "{}", response.head);
    }
}

#[test]
fn head_has_the_entity_tag_of_get() {
    let mut config = config(&json!({}));
    let policies = json!({ "compression": { "encodings": ["gzip"], "minBytes": 0 }, "etag": true });
    config["endpoints"][0]["policies"] = policies;
    let edge = Edge::with_config(&config);
    for (accepted, is_weak) in [("gzip", true), ("identity", false)] {
        let tags = ["GET", "HEAD"].map(|method| {
            let mut client = edge.connect();
            client
                .send(format!("{method} /hello HTTP/1.1\r\nHost: a\r\nAccept-Encoding: {accepted}\r\n\r\n"));
            let response = client.response_to(method);
            assert_eq!(response.header("vary"), Some("accept-encoding"));
            response.header("etag").unwrap().to_owned()
        });
        assert_eq!(tags[0], tags[1], "{accepted}");
        assert_eq!(tags[0].starts_with("W/"), is_weak, "{accepted}");
    }
}

#[test]
fn the_callers_trace_id_is_the_request_id() {
    let edge = Edge::start();
    let mut client = edge.connect();
    let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    client.send(format!(
        "GET /hello HTTP/1.1\r\nHost: a\r\ntraceparent: 00-{trace}-00f067aa0ba902b7-01\r\n\r\n"
    ));
    assert_eq!(client.response().header("x-request-id"), Some(trace));
}

#[test]
fn head_is_answered_like_get_without_a_body() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = client.response_to("HEAD");
    assert_eq!((response.status, response.header("content-length")), (200, Some("17")));
    client.assert_open();
}

#[test]
fn what_is_not_served_never_reaches_the_isolate() {
    let edge = Edge::start();
    let cases = [
        ("GET", "/nothing", 404, "not_found"),
        ("GET", "/hidden", 404, "not_found"),
        ("GET", "//hello", 404, "not_found"),
        ("GET", "/x/../hello", 404, "not_found"),
        ("GET", "/%68idden", 404, "not_found"),
        ("HEAD", "/hidden", 404, ""),
        ("POST", "/hidden", 404, "not_found"),
        ("OPTIONS", "/hidden", 404, "not_found"),
        ("BREW", "/hidden", 404, "not_found"),
        ("GET", "/hello%2F", 404, "not_found"),
        ("POST", "/hello", 405, "unimplemented"),
        ("get", "/hello", 405, "unimplemented"),
        ("BREW", "/hello", 405, "unimplemented"),
    ];
    let mut client = edge.connect();
    for (method, path, status, code) in cases {
        client.send(format!("{method} {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        let response = client.response_to(method);
        let found = if code.is_empty() { String::new() } else { response.code() };
        assert_eq!((response.status, found.as_str()), (status, code), "{method} {path}");
    }
    assert_eq!(edge.requests(), 0);
    client.assert_open();
}

#[test]
fn no_answer_lets_a_browser_guess_its_type() {
    let edge = Edge::start();
    for request in ["GET /hello HTTP/1.1", "GET /nothing HTTP/1.1", "GET /hang! HTTP/9"] {
        let mut client = edge.connect();
        client.send(format!("{request}\r\nHost: a\r\n\r\n"));
        assert_eq!(client.response().header("x-content-type-options"), Some("nosniff"), "{request}");
    }
}

#[test]
fn the_methods_there_are_can_be_asked_for() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.send("POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(client.response().header("allow"), Some("GET, HEAD, OPTIONS"));
    client.send("OPTIONS /echo/1 HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = client.response();
    assert_eq!((response.status, response.header("allow")), (204, Some("OPTIONS, POST, PUT")));
    client.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().status, 204);
    assert_eq!(edge.requests(), 0);
}

#[test]
fn a_large_answer_arrives_whole() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().body.len(), BIG_BYTES);
    client.assert_open();
}

#[test]
fn an_answer_that_would_split_headers_is_not_sent() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.send("GET /split HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = client.response();
    assert_eq!((response.status, response.code().as_str()), (500, "internal"));
    assert!(response.header("x-c").is_none());
    client.assert_open();
}

#[test]
fn an_endpoint_that_does_not_answer_times_out() {
    let mut config = config(&json!({}));
    config["endpoints"][1]["timeoutMs"] = json!(100);
    let edge = Edge::with_config(&config);
    let mut client = edge.connect();
    client.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = client.response();
    assert_eq!((response.status, response.code().as_str()), (504, "deadline_exceeded"));
    client.assert_open();
}

#[test]
fn without_an_isolate_it_says_so() {
    let edge = Edge::start();
    edge.call(3, &json!(null)).unwrap();
    let mut client = edge.connect();
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = client.response();
    assert_eq!((response.status, response.code().as_str()), (503, "unavailable"));
    assert_eq!(response.header("retry-after"), Some("1"));
}

#[test]
fn http_1_0_closes_unless_asked_to_stay() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    assert_eq!(client.response().status, 200);
    client.send("GET /hello HTTP/1.0\r\n\r\n");
    assert_eq!(client.response().status, 200);
    client.assert_closed();
}

#[test]
fn listening_again_joins_or_is_refused() {
    let edge = Edge::start();
    let mut same = config(&json!({}));
    assert_eq!(edge.call(1, &same).unwrap()["port"], json!(edge.port));
    same["host"] = json!("0.0.0.0");
    assert_eq!(edge.call(1, &same).unwrap_err().code.as_str(), "failed_precondition");
}

#[test]
fn every_problem_of_the_declarations_is_told() {
    let mut config = config(&json!({ "maxHeadBytes": 1 }));
    config["endpoints"][0]["path"] = json!("hello");
    config["endpoints"][1]["methods"] = json!([]);
    config["endpoints"][5]["path"] = json!("/big");
    let edge = Edge::start();
    edge.call(2, &json!({ "graceMs": 0 })).unwrap();
    let failure = edge.call(1, &config).unwrap_err();
    assert_eq!(failure.code.as_str(), "invalid_argument");
    assert!(failure.details["problems"].as_array().unwrap().len() >= 3, "{failure:?}");
}
