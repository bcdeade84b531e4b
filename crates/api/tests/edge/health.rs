//! Health, told without the isolate.

use std::time::Duration;

use serde_json::{Value, json};

use crate::server::{Edge, config, eventually};

fn with_health(stall_timeout_ms: u64) -> Value {
    let mut config = config(&json!({}));
    config["health"] = json!({ "live": "/healthz", "ready": "/readyz", "stallTimeoutMs": stall_timeout_ms });
    config
}

fn ask(edge: &Edge, path: &str) -> (u16, Value) {
    let mut client = edge.connect();
    client.send(format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n"));
    let response = client.response();
    assert_eq!(response.header("cache-control"), Some("no-store"));
    (response.status, serde_json::from_slice(&response.body).unwrap())
}

#[test]
fn readiness_follows_what_is_announced() {
    let edge = Edge::with_config(&with_health(30_000));
    assert_eq!(ask(&edge, "/readyz"), (503, json!({ "status": "starting" })));
    edge.call(4, &json!({ "ready": true })).unwrap();
    assert_eq!(ask(&edge, "/readyz"), (200, json!({ "status": "ready" })));
    edge.call(4, &json!({ "ready": false })).unwrap();
    assert_eq!(ask(&edge, "/readyz"), (503, json!({ "status": "stopping" })));
    assert_eq!(edge.requests(), 0);
}

#[test]
fn a_stalled_isolate_is_told_after_its_time_and_forgiven_when_it_comes_back() {
    let edge = Edge::with_config(&with_health(200));
    assert_eq!(ask(&edge, "/healthz"), (200, json!({ "status": "ok" })));
    let mut blocked = edge.connect();
    blocked.send("GET /block HTTP/1.1\r\nHost: a\r\n\r\n");
    eventually(|| edge.requests() == 1);
    ask(&edge, "/healthz");
    std::thread::sleep(Duration::from_millis(300));
    let (status, body) = ask(&edge, "/healthz");
    assert_eq!((status, &body["status"]), (503, &json!("stalled")));
    assert!(body["isolates"][0]["silentMs"].as_u64().unwrap() >= 200);
    assert_eq!(blocked.response().status, 200);
    eventually(|| ask(&edge, "/healthz").0 == 200);
}

#[test]
fn a_path_that_the_app_declares_is_the_apps() {
    let mut config = with_health(30_000);
    config["health"]["live"] = json!("/hello");
    config["health"]["ready"] = json!(null);
    let edge = Edge::with_config(&config);
    let mut client = edge.connect();
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().body, b"{\"hello\":\"world\"}");
    client.send("GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().status, 404);
}
