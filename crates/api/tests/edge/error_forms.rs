//! The form of error answers: RFC 9457, and the answer of a function of the app.

use serde_json::{Value, json};

use crate::server::{Edge, MUTE, SHAPES, config};

const POST: &str = "POST /echo/a HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";

fn edge(errors: &Value, echo: &Value) -> Edge {
    let mut config = config(&json!({}));
    config["errors"] = errors.clone();
    let given = echo.as_object().cloned().unwrap_or_default();
    config["endpoints"][3].as_object_mut().unwrap().extend(given);
    Edge::with_config(&config)
}

fn problem_of(edge: &Edge, request: &str) -> Value {
    let mut client = edge.connect();
    client.send(request);
    let response = client.response();
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{request}");
    let problem: Value = serde_json::from_slice(&response.body).unwrap();
    assert_eq!(problem["status"], response.status, "{request}");
    assert_eq!(problem["instance"].as_str(), response.header("x-request-id"), "{request}");
    problem
}

#[test]
fn every_refusal_is_a_problem_where_the_app_asks_for_it() {
    let edge = edge(&json!({ "form": "problem" }), &Value::Null);
    let before = edge.requests();
    let cases = [
        ("GET /none HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 404, "not_found"),
        ("GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 404, "not_found"),
        ("PUT /hello HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 405, "unimplemented"),
        (format!("{POST}Content-Length: 200000\r\n\r\n"), 413, "out_of_range"),
        (
            format!("{}\r\nContent-Length: 2\r\n\r\n{{}}", POST.replace("json", "xml").trim_end()),
            415,
            "invalid_argument",
        ),
        (format!("{POST}Content-Length: 2\r\n\r\n{{}}"), 400, "invalid_argument"),
        ("GET  /hello HTTP/1.1\r\n\r\n".to_owned(), 400, "invalid_argument"),
        (
            format!("GET /hello HTTP/1.1\r\nHost: a\r\nX-A: {}\r\n\r\n", "a".repeat(20_000)),
            431,
            "out_of_range",
        ),
    ];
    for (request, status, code) in cases {
        let problem = problem_of(&edge, &request);
        assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!(code)), "{request}");
        assert_eq!(problem["type"], "about:blank");
    }
    assert_eq!(edge.requests(), before);
    let problem = problem_of(&edge, &format!("{POST}Content-Length: 2\r\n\r\n{{}}"));
    assert_eq!(problem["issues"][0]["at"], "body.text");
    assert!(problem.get("details").is_none());
}

#[test]
fn headers_of_a_refusal_outlive_its_form() {
    let edge = edge(&json!({ "form": "function", "target": SHAPES }), &Value::Null);
    let mut client = edge.connect();
    client.send("PUT /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = client.response();
    assert_eq!((response.status, response.header("allow")), (418, Some("GET, HEAD, OPTIONS")));
    assert_eq!(response.header("x-form"), Some("own"));
    let told: Value = serde_json::from_str(&edge.last_text()).unwrap();
    assert_eq!((&told["status"], &told["code"]), (&json!(405), &json!("unimplemented")));
    assert_eq!(told["requestId"].as_str(), response.header("x-request-id"));
}

#[test]
fn a_function_sees_the_request_whose_error_it_shapes() {
    let edge = edge(&json!({ "form": "function", "target": SHAPES }), &Value::Null);
    let post = format!("{POST}Content-Length: 2\r\n\r\n{{}}");
    let cases = [
        ("GET /none?a=1 HTTP/1.1\r\nHost: a\r\n\r\n", Some("GET /none?a=1 ")),
        (post.as_str(), Some("POST /echo/a /echo/:id")),
        ("GET /split HTTP/1.1\r\nHost: a\r\n\r\n", Some("GET /split /split")),
        ("GET /stream/a HTTP/1.1\r\nHost: a\r\n\r\n", Some("GET /stream/a /stream/:id")),
        ("GET  /hello HTTP/1.1\r\n\r\n", None),
    ];
    for (request, expected) in cases {
        let mut client = edge.connect();
        client.send(request);
        assert_eq!(client.response().status, 418, "{request}");
        assert_eq!(edge.last_shaped().as_deref(), expected, "{request}");
    }
}

#[test]
fn a_function_shapes_what_is_no_request_as_well() {
    let edge = edge(&json!({ "form": "function", "target": SHAPES }), &Value::Null);
    let mut client = edge.connect();
    client.send("GET  /hello HTTP/1.1\r\n\r\n");
    let response = client.response();
    assert_eq!((response.status, &response.body[..]), (418, &b"{\"own\":true}"[..]));
    client.assert_closed();
}

#[test]
fn the_default_form_is_sent_where_the_function_fails() {
    let edge = edge(&json!({ "form": "function", "target": MUTE }), &Value::Null);
    let mut client = edge.connect();
    client.send("GET /none HTTP/1.1\r\nHost: a\r\n\r\n");
    let response = client.response();
    assert_eq!((response.status, response.code()), (404, "not_found".to_owned()));
    client.assert_open();
}

#[test]
fn an_endpoint_has_a_form_of_its_own() {
    let edge = edge(&json!({ "form": "problem" }), &json!({ "errors": { "form": "twinloop" } }));
    let mut client = edge.connect();
    client.send(format!("{POST}Content-Length: 2\r\n\r\n{{}}"));
    let response = client.response();
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(response.code(), "invalid_argument");
    assert_eq!(problem_of(&edge, "GET /none HTTP/1.1\r\nHost: a\r\n\r\n")["code"], "not_found");
}

#[test]
fn an_input_of_another_shape_is_422_where_wanted_and_a_body_that_is_no_json_is_400() {
    let edge = edge(&json!({ "form": "twinloop" }), &json!({ "invalidInput": 422 }));
    for (body, status) in [("{}", 422), ("{]", 400), ("{\"text\":1}", 422)] {
        let mut client = edge.connect();
        client.send(format!("{POST}Content-Length: {}\r\n\r\n{body}", body.len()));
        let response = client.response();
        assert_eq!((response.status, response.code()), (status, "invalid_argument".to_owned()), "{body}");
    }
}
