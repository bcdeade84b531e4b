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

#[test]
fn readiness_knows_what_cannot_be_reached() {
    let edge = Edge::with_config(&with_health(30_000));
    edge.call(4, &json!({ "ready": true })).unwrap();
    let core = edge.core();
    core.lost("database links", "connection refused");
    let (status, body) = ask(&edge, "/readyz");
    assert_eq!(status, 503);
    let lost = json!([{ "name": "database links", "reason": "connection refused", "seconds": 0 }]);
    assert_eq!(body, json!({ "status": "unavailable", "lost": lost }));
    assert_eq!(ask(&edge, "/healthz").0, 200, "a new process would not reach it either");
    core.reached("database links");
    assert_eq!(ask(&edge, "/readyz"), (200, json!({ "status": "ready" })));
    core.forget_dependency("database links");
}

#[test]
fn readiness_asks_the_isolate_for_the_apps_checks_at_most_once_a_second() {
    let mut config = with_health(30_000);
    config["health"]["checks"] = json!({ "target": 11, "timeoutMs": 1_000 });
    let edge = Edge::with_config(&config);
    assert_eq!(ask(&edge, "/readyz").0, 503, "nothing is asked while it starts");
    edge.call(4, &json!({ "ready": true })).unwrap();
    for _ in 0..5 {
        let (status, body) = ask(&edge, "/readyz");
        assert_eq!(status, 503);
        assert_eq!(body["failed"], json!([{ "name": "mail", "reason": "timed out" }]));
    }
    assert_eq!(edge.requests(), 1);
    std::thread::sleep(Duration::from_millis(1_100));
    ask(&edge, "/readyz");
    assert_eq!(edge.requests(), 2);
}

#[test]
fn checks_that_hang_are_a_failure() {
    let mut config = with_health(30_000);
    config["health"]["checks"] = json!({ "target": 1, "timeoutMs": 100 });
    let edge = Edge::with_config(&config);
    edge.call(4, &json!({ "ready": true })).unwrap();
    let (status, body) = ask(&edge, "/readyz");
    assert_eq!(status, 503);
    assert_eq!(body["failed"], json!([{ "name": "health.checks", "reason": "no answer in time" }]));
}
