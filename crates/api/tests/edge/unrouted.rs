//! What is refused before it is routed: the answers stand under the policies of requests that no endpoint takes.

use serde_json::{Value, json};

use crate::client::Response;
use crate::server::{Edge, config};

const POLICIES: [(&str, &str); 3] = [
    ("x-frame-options", "DENY"),
    ("access-control-allow-origin", "https://own.example"),
    ("access-control-allow-credentials", "true"),
];

/// A server whose endpoints, and whatever no endpoint takes, have security headers and CORS.
fn edge(more: &Value) -> Edge {
    let mut config = config(&json!({ "headerTimeoutMs": 200 }));
    let policies = json!({
        "cors": {
            "allowOriginsWithoutCredentials": [], "allowOriginsWithCredentials": ["https://own.example"],
            "allowHeaders": [], "exposeHeaders": [],
        },
        "securityHeaders": { "headers": [["x-frame-options", "DENY"]], "contentTypeOptions": false },
    });
    config["policies"] = policies.clone();
    for endpoint in config["endpoints"].as_array_mut().unwrap() {
        endpoint["policies"] = policies.clone();
    }
    for (name, value) in more.as_object().unwrap() {
        config[name] = value.clone();
    }
    Edge::with_config(&config)
}

fn assert_governed(response: &Response, of: &str) {
    for (name, value) in POLICIES {
        assert_eq!(response.header(name), Some(value), "{name} of {of}: {response:?}");
    }
    assert_eq!(response.header("vary"), Some("origin"), "{of}");
    assert_eq!(response.header("x-content-type-options"), None, "{of}");
    assert!(response.header("x-request-id").is_some(), "{of}");
}

#[test]
fn what_the_guard_refuses_stands_under_the_policies() {
    let edge = edge(&json!({}));
    let page = "Origin: https://own.example\r\n";
    let long = "x".repeat(70_000);
    for (head, status) in [
        (format!("GET /hello HTTP/1.1\r\nHost: a\r\n{page}bad header\r\n\r\n"), 400),
        (format!("GET /he llo HTTP/1.1\r\nHost: a\r\n{page}\r\n"), 400),
        (format!("GET /hello HTTP/1.1\r\n{page}\r\n"), 400),
        (format!("GET /hello HTTP/1.1\r\nHost: a\r\n{page}X-Long: {long}\r\n\r\n"), 431),
        (
            format!("GET /hello HTTP/1.1\r\nHost: a\r\n{page}Content-Length: 1\r\nContent-Length: 1\r\n\r\n"),
            400,
        ),
        (format!("GET /hello HTTP/1.1\r\nHost: a\r\n{page}X-Late"), 408),
    ] {
        let mut client = edge.connect();
        client.send(&head);
        let response = client.response();
        assert_eq!(response.status, status, "{response:?}");
        assert_governed(&response, head.get(..60).unwrap_or(&head));
        client.finish().assert_closed();
    }
    assert_eq!(edge.requests(), 0);
}

#[test]
fn a_page_that_is_not_allowed_is_told_nothing_by_a_refusal() {
    let edge = edge(&json!({}));
    for page in ["Origin: https://evil.example\r\n", "Origin: https://own.example\r\nOrigin: x\r\n", ""] {
        let mut client = edge.connect();
        client.send(format!("GET /hello HTTP/1.1\r\nHost: a\r\n{page}bad header\r\n\r\n"));
        let response = client.response();
        assert_eq!((response.status, response.header("x-frame-options")), (400, Some("DENY")));
        assert_eq!(response.header("access-control-allow-origin"), None, "{page}");
    }
}

#[test]
fn a_request_without_its_id_is_refused_without_one() {
    let edge = edge(&json!({ "requestId": { "from": "off", "header": "x-request-id" } }));
    let mut client = edge.connect();
    client.send("GET /hello HTTP/1.1\r\n\r\n");
    assert_eq!(client.response().header("x-request-id"), None);
}
