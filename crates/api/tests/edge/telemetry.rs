//! What is told of exchanges: one entry, one measurement and one trace each, however an exchange ends.

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use twinloop_mailbox::Limits;
use twinloop_runtime::telemetry::{
    AccessEntry, AccessPolicy, FinishedOperation, Measured, MetricSnapshot, Reader, Span, SpanStatus,
    TraceContext, Value as Attribute, telemetry,
};

use crate::client::Client;
use crate::frames::{END_STREAM, Http2Client, Outcome};
use crate::server::{Edge, config, eventually};

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// An entry of the access log, kept.
#[derive(Clone, Debug, Default)]
struct Entry {
    method: String,
    path: String,
    route: Option<String>,
    endpoint: Option<String>,
    status: u16,
    took: Duration,
    bytes_in: u64,
    bytes_out: u64,
    remote: Option<IpAddr>,
    request_id: String,
    context: Option<TraceContext>,
    version: String,
    principal: Option<String>,
    refusal: Option<String>,
    is_cut: bool,
    user_agent: Option<String>,
}

#[derive(Default)]
struct Told {
    entries: Mutex<Vec<Entry>>,
    operations: Mutex<Vec<FinishedOperation>>,
}

impl Reader for Told {
    fn wants_traces(&self) -> bool {
        true
    }

    fn finished(&self, operation: FinishedOperation) {
        self.operations.lock().unwrap().push(operation);
    }

    fn access(&self, entry: &AccessEntry<'_>) {
        self.entries.lock().unwrap().push(Entry {
            method: entry.method.to_owned(),
            path: entry.path.to_owned(),
            route: entry.route.map(str::to_owned),
            endpoint: entry.endpoint.map(str::to_owned),
            status: entry.status,
            took: entry.took,
            bytes_in: entry.bytes_in,
            bytes_out: entry.bytes_out,
            remote: entry.remote,
            request_id: entry.request_id.to_owned(),
            context: entry.context,
            version: entry.version.to_owned(),
            principal: entry.principal.map(str::to_owned),
            refusal: entry.refusal.map(str::to_owned),
            is_cut: entry.is_cut,
            user_agent: entry.user_agent.map(str::to_owned),
        });
    }
}

/// A reader for as long as it lives. The edge's lock keeps other tests away meanwhile.
struct Reading(Arc<Told>);

impl Reading {
    fn begin(_alone: &Edge) -> Self {
        let told = Arc::new(Told::default());
        telemetry().read_by(Some(Arc::<Told>::clone(&told)));
        let settings = &telemetry().settings;
        settings.collect(true, false);
        settings.set_reads_metrics(true);
        settings.set_access(AccessPolicy::All);
        Self(told)
    }

    fn count(&self) -> usize {
        self.0.entries.lock().unwrap().len()
    }

    /// The last entry, once there are so many.
    fn entry(&self, count: usize) -> Entry {
        eventually(|| self.count() >= count);
        assert_eq!(self.count(), count, "{:?}", self.0.entries.lock().unwrap());
        self.0.entries.lock().unwrap()[count - 1].clone()
    }

    /// The spans of the only operation, once it has ended.
    fn operation(&self) -> FinishedOperation {
        eventually(|| !self.0.operations.lock().unwrap().is_empty());
        let mut operations = self.0.operations.lock().unwrap();
        assert_eq!(operations.len(), 1);
        operations.pop().unwrap()
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        let settings = &telemetry().settings;
        settings.collect(false, false);
        settings.set_reads_metrics(false);
        settings.set_access(AccessPolicy::Off);
        telemetry().read_by(None);
    }
}

fn text(span: &Span, name: &str) -> String {
    match span.attribute(name) {
        Some(Attribute::Text(text)) => text.to_string(),
        Some(Attribute::Int(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

/// The counts of a metric's series, by their labels.
fn counts(name: &str) -> Vec<(Vec<String>, f64)> {
    let metrics = telemetry().metrics.collect();
    let found = metrics.into_iter().filter(|metric: &MetricSnapshot| metric.spec.name == name);
    let points = found.flat_map(|metric| metric.points);
    points
        .map(|point| match point.measured {
            Measured::Number(number) => (point.labels, number),
            #[allow(clippy::cast_precision_loss, reason = "a few")]
            Measured::Histogram { count, .. } => (point.labels, count as f64),
        })
        .collect()
}

fn count(name: &str, labels: &[&str]) -> f64 {
    counts(name).iter().find(|(of, _)| of == labels).map_or(0.0, |(_, count)| *count)
}

#[test]
fn an_answer_is_told_with_all_that_is_known_of_it() {
    let edge = Edge::start();
    let told = Reading::begin(&edge);
    let duration = ["GET", "/hello", "200", ""];
    let before = count("http.server.request.duration", &duration);
    let mut client = edge.connect();
    client.send("GET /hello?secret=1 HTTP/1.1\r\nHost: a\r\nUser-Agent: x/1 (\"é\")\r\n\r\n");
    let response = client.response();
    let entry = told.entry(1);
    assert_eq!((entry.method.as_str(), entry.path.as_str(), entry.status), ("GET", "/hello", 200));
    assert_eq!((entry.route.as_deref(), entry.endpoint.as_deref()), (Some("/hello"), Some("test.hello")));
    assert_eq!((entry.bytes_in, entry.bytes_out), (0, response.body.len() as u64));
    assert_eq!(entry.remote, Some([127, 0, 0, 1].into()));
    assert_eq!(Some(entry.request_id.as_str()), response.header("x-request-id"));
    assert_eq!(entry.context.unwrap().trace.to_string(), entry.request_id);
    assert_eq!((entry.version.as_str(), entry.refusal, entry.is_cut), ("1.1", None, false));
    assert_eq!(entry.user_agent.as_deref(), Some("x/1 (\"é\")"));
    assert!(entry.took > Duration::ZERO && entry.took < Duration::from_secs(5));
    assert!((count("http.server.request.duration", &duration) - before - 1.0).abs() < 0.1);
    assert!(count("http.server.response.body.size", &duration) > 0.0);
    client.send("POST /echo/7 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{\"text\":\"x\"}");
    client.response();
    assert_eq!(told.entry(2).bytes_in, 12);
    assert!(count("http.server.request.body.size", &["POST", "/echo/:id", "200", ""]) > 0.0);
    eventually(|| counts("http.server.active_requests").is_empty());
}

#[test]
fn each_refusal_has_its_reason() {
    let mut config = config(&json!({ "headerTimeoutMs": 200, "bodyTimeoutMs": 200 }));
    config["endpoints"][1]["timeoutMs"] = json!(100);
    let edge = Edge::with_config(&config);
    let told = Reading::begin(&edge);
    let echo = "POST /echo/7 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
    let long = "x".repeat(70_000);
    let cases = [
        ("GET /nowhere HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 404, "not_found", "/nowhere", None),
        ("POST /hello HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 405, "method", "/hello", None),
        (format!("{echo}Content-Length: 2\r\n\r\n{{}}"), 400, "validation", "/echo/7", Some("/echo/:id")),
        (
            "POST /echo/7 HTTP/1.1\r\nHost: a\r\nContent-Type: text/csv\r\nContent-Length: 1\r\n\r\nx"
                .to_owned(),
            415,
            "media_type",
            "/echo/7",
            Some("/echo/:id"),
        ),
        (format!("{echo}Content-Length: 200000\r\n\r\n"), 413, "body_limit", "/echo/7", Some("/echo/:id")),
        (format!("{echo}Content-Length: 9\r\n\r\n{{"), 408, "body_timeout", "/echo/7", Some("/echo/:id")),
        (format!("{echo}Transfer-Encoding: chunked\r\n\r\nx\r\n"), 400, "body", "/echo/7", Some("/echo/:id")),
        (
            format!("{echo}Expect: tea\r\nContent-Length: 2\r\n\r\n"),
            417,
            "expectation",
            "/echo/7",
            Some("/echo/:id"),
        ),
        (
            "GET /stream/1 HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
            426,
            "handshake",
            "/stream/1",
            Some("/stream/:id"),
        ),
        ("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 504, "timeout", "/hang", Some("/hang")),
        ("GET /split HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 500, "bad_answer", "/split", Some("/split")),
        ("GET /hello HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n".to_owned(), 400, "head", "/hello", None),
        ("GET /hello HTTP/1.1\r\n\r\n".to_owned(), 400, "head", "/hello", None),
        ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), 400, "head", "", None),
        (
            format!("GET /hello HTTP/1.1\r\nHost: a\r\nX-Long: {long}\r\n\r\n"),
            431,
            "head_limit",
            "/hello",
            None,
        ),
        ("GET /hello HTTP/1.1\r\nHost: a\r\nX-Late".to_owned(), 408, "head_timeout", "/hello", None),
    ];
    for (at, (request, status, reason, path, route)) in cases.into_iter().enumerate() {
        let refusals = [reason, route.unwrap_or("")];
        let before = count("twinloop.http.refusals", &refusals);
        let mut client = edge.connect();
        client.send(&request);
        let response = client.response();
        let entry = told.entry(at + 1);
        let about = request.get(..60).unwrap_or(&request);
        assert_eq!((response.status, entry.status), (status, status), "{about}");
        assert_eq!(entry.refusal.as_deref(), Some(reason), "{about}");
        assert_eq!((entry.path.as_str(), entry.route.as_deref()), (path, route), "{about}");
        assert_eq!(Some(entry.request_id.as_str()), response.header("x-request-id"), "{about}");
        assert_eq!(entry.bytes_out, response.body.len() as u64, "{about}");
        assert!((count("twinloop.http.refusals", &refusals) - before - 1.0).abs() < 0.1, "{about}");
    }
}

#[test]
fn a_request_that_no_isolate_has_room_for_is_told_as_overload() {
    let edge = Edge::with_isolate(
        &config(&json!({})),
        Limits { max_in_flight: 1, max_held: 0, ..Limits::default() },
    );
    let told = Reading::begin(&edge);
    let (mut first, mut second) = (edge.connect(), edge.connect());
    first.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
    edge.wait_for_hanging(1);
    assert_eq!(counts("http.server.active_requests"), [(vec!["GET".to_owned(), "http".to_owned()], 1.0)]);
    second.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(second.response().status, 503);
    assert_eq!(told.entry(1).refusal.as_deref(), Some("overloaded"));
    edge.release();
    first.response();
    assert_eq!(told.entry(2).refusal, None);
}

#[test]
fn a_caller_whom_rust_knows_is_told_by_his_id_and_never_by_his_credentials() {
    let mut arguments = config(&json!({}));
    let key = json!({ "name": "token", "in": "header", "wire": "x-key", "type": 0, "optional": true });
    // The hash of the key "k".
    let keys = json!([{ "userID": "ann", "sha256": "8254c329a92850f6d539dd376f4816ee2764517da5e0235514af433164480d7a" }]);
    let params = json!({ "fields": [key], "body": null, "bodyOptional": false });
    arguments["gateway"] = json!({ "target": 90, "handlers": [{ "name": "keys", "params": params, "verify": { "apiKeys": keys } }] });
    arguments["endpoints"][0]["auth"] = json!({ "required": true, "handlers": [0] });
    arguments["endpoints"][0]["policies"] = json!({
        "rateLimit": { "name": "hello", "limit": 2, "windowMs": 60_000, "burst": 2, "key": "address" },
    });
    let edge = Edge::with_config(&arguments);
    let told = Reading::begin(&edge);
    let mut client = edge.connect();
    let cases = [
        ("", 401, Some("auth"), None),
        ("X-Key: k\r\n", 200, None, Some("ann")),
        ("X-Key: k\r\n", 429, Some("rate_limit"), None),
    ];
    for (at, (header, status, refusal, principal)) in cases.into_iter().enumerate() {
        client.send(format!("GET /hello HTTP/1.1\r\nHost: a\r\n{header}\r\n"));
        assert_eq!(client.response().status, status, "{header}");
        let entry = told.entry(at + 1);
        assert_eq!((entry.status, entry.route.as_deref()), (status, Some("/hello")));
        assert_eq!((entry.refusal.as_deref(), entry.principal.as_deref()), (refusal, principal), "{status}");
    }
}

#[test]
fn a_file_is_told_by_its_folder() {
    let folder = std::env::temp_dir().join(format!("twinloop-edge-told-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("a.txt"), "abc").unwrap();
    let mut arguments = config(&json!({}));
    arguments["statics"] = json!([{ "path": "/files/*file", "dir": folder, "expose": true }]);
    let edge = Edge::with_config(&arguments);
    let told = Reading::begin(&edge);
    let mut client = edge.connect();
    for (at, (path, status, bytes)) in [("a.txt", 200, Some(3)), ("b.txt", 404, None)].into_iter().enumerate()
    {
        client.send(format!("GET /files/{path} HTTP/1.1\r\nHost: a\r\n\r\n"));
        client.response();
        let entry = told.entry(at + 1);
        assert_eq!(
            (entry.status, entry.route.as_deref(), entry.endpoint),
            (status, Some("/files/*file"), None)
        );
        assert!(bytes.is_none_or(|bytes| entry.bytes_out == bytes), "{}", entry.bytes_out);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn answers_of_one_connection_are_told_one_by_one() {
    let edge = Edge::start();
    let told = Reading::begin(&edge);
    let mut client = edge.connect();
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\nHEAD /hello HTTP/1.1\r\nHost: a\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    for method in ["GET", "HEAD", "GET"] {
        client.response_to(method);
    }
    told.entry(3);
    let entries = told.0.entries.lock().unwrap().clone();
    let told: Vec<_> = entries
        .iter()
        .map(|entry| (entry.method.as_str(), entry.status, entry.bytes_out > 0, entry.is_cut))
        .collect();
    assert_eq!(told, [("GET", 200, true, false), ("HEAD", 200, false, false), ("GET", 404, true, false)]);
}

#[test]
fn a_stream_is_told_at_its_end() {
    let edge = Edge::with_limits(&json!({ "halfCloseGraceMs": 100 }));
    let told = Reading::begin(&edge);
    let listen = || {
        let mut client = edge.connect();
        client.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
        client.until("\r\n\r\n");
        client
    };
    let mut client = listen();
    edge.stream_piece(r#"{"data":1}"#);
    client.until("data: 1\n\n");
    assert_eq!(told.count(), 0);
    edge.end_streams(true);
    client.until("0\r\n\r\n");
    let entry = told.entry(1);
    assert_eq!((entry.status, entry.bytes_out, entry.is_cut), (200, 9, false));
    drop(listen());
    let entry = told.entry(2);
    assert_eq!((entry.status, entry.is_cut), (200, true));
    assert!(count("http.server.request.duration", &["GET", "/events", "200", "cut"]) > 0.0);
}

#[test]
fn a_client_that_leaves_before_the_answer_is_told() {
    let edge = Edge::start();
    let told = Reading::begin(&edge);
    let mut client = edge.connect();
    client.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
    edge.wait_for_hanging(1);
    client.reset();
    let entry = told.entry(1);
    assert_eq!((entry.status, entry.is_cut, entry.route.as_deref()), (499, true, Some("/hang")));
    eventually(|| counts("http.server.active_requests").is_empty());
}

#[test]
fn a_websocket_is_told_at_its_close() {
    let edge = Edge::start();
    let told = Reading::begin(&edge);
    let mut client = edge.connect();
    client.send("GET /stream/1 HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    client.until("\r\n\r\n");
    edge.stream_piece(r#"{"text":"hello"}"#);
    client.bytes(2 + 16);
    assert_eq!(told.count(), 0);
    // A close frame with the code 1000, masked by zeros.
    client.send([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8]);
    let entry = told.entry(1);
    assert_eq!((entry.status, entry.is_cut, entry.route.as_deref()), (101, false, Some("/stream/:id")));
    assert_eq!((entry.bytes_in, entry.bytes_out), (8, 2 + 16 + 4));
    let root = &told.operation().spans[0];
    assert_eq!(
        (root.name.as_ref(), text(root, "http.response.status_code").as_str()),
        ("GET /stream/:id", "101")
    );
}

#[test]
fn requests_of_http2_are_told_each() {
    let edge = Edge::with_config(&{
        let mut arguments = config(&json!({}));
        arguments["http2"] = json!(true);
        arguments
    });
    let told = Reading::begin(&edge);
    let mut client = Http2Client::connect(edge.port, &[]);
    client.get(1, "/hang");
    edge.wait_for_hanging(1);
    client.get(3, "/hello");
    assert!(matches!(client.outcome(3), Outcome::Answer(200, _)));
    let entry = told.entry(1);
    assert_eq!((entry.path.as_str(), entry.version.as_str(), entry.status), ("/hello", "2", 200));
    edge.release();
    client.outcome(1);
    assert_eq!(told.entry(2).path, "/hang");
    // A head that HTTP/1 would refuse.
    client.head(
        5,
        END_STREAM,
        &[(":method", "GET"), (":scheme", "http"), (":authority", "a"), (":path", "/a"), ("host", "b")],
    );
    client.outcome(5);
    let entry = told.entry(3);
    assert_eq!((entry.path.as_str(), entry.status, entry.refusal.as_deref()), ("/a", 400, Some("head")));
    // A stream that its client resets.
    client.get(7, "/hang");
    edge.wait_for_hanging(1);
    client.frame(3, 0, 7, &[0, 0, 0, 8]);
    let entry = told.entry(4);
    assert_eq!((entry.status, entry.is_cut), (499, true));
}

#[test]
fn the_client_of_a_trusted_proxy_is_told() {
    let mut arguments = config(&json!({}));
    arguments["trustProxy"] = json!({ "from": ["loopback"] });
    let edge = Edge::with_config(&arguments);
    let told = Reading::begin(&edge);
    let mut client = edge.connect();
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n");
    client.response();
    assert_eq!(told.entry(1).remote, Some([198, 51, 100, 7].into()));
}

#[test]
fn probes_are_counted_and_not_logged() {
    let mut arguments = config(&json!({}));
    arguments["health"] = json!({ "live": "/healthz", "ready": "/readyz", "stallTimeoutMs": 30_000 });
    let edge = Edge::with_config(&arguments);
    let told = Reading::begin(&edge);
    let mut client = edge.connect();
    client.send("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().status, 200);
    client.assert_open();
    assert_eq!(told.entry(1).path, "/hello");
    assert!(count("http.server.request.duration", &["GET", "/healthz", "200", ""]) > 0.0);
}

#[test]
fn clients_cannot_make_series() {
    let edge = Edge::start();
    let _told = Reading::begin(&edge);
    let series = || counts("http.server.request.duration").len();
    let ask = |number: usize| {
        let mut client = edge.connect();
        client.send(format!("M{number} /path/{number} HTTP/1.1\r\nHost: a\r\n\r\n"));
        assert_eq!(client.response().status, 404);
    };
    ask(0);
    eventually(|| count("http.server.request.duration", &["_OTHER", "", "404", "not_found"]) > 0.0);
    let before = series();
    (1..20).for_each(ask);
    assert_eq!(series(), before);
}

#[test]
fn requests_in_memory_are_not_logged() {
    let mut arguments = config(&json!({}));
    (arguments["host"], arguments["inMemory"]) = (Value::Null, json!(true));
    let edge = Edge::with_config(&arguments);
    let told = Reading::begin(&edge);
    let get = json!({ "number": 1, "method": "GET", "target": "/hello", "headers": [["host", "a"]], "body": 0, "isHttps": false });
    assert_eq!(edge.call(9, &get).unwrap()["status"], 200);
    assert_eq!(told.operation().spans[0].name, "GET /hello");
    assert_eq!(told.count(), 0);
}

#[test]
fn errors_alone_are_logged_where_that_is_asked_for() {
    let edge = Edge::start();
    let told = Reading::begin(&edge);
    telemetry().settings.set_access(AccessPolicy::Errors);
    let mut client = edge.connect();
    client.assert_open();
    client.send("GET /x HTTP/1.1\r\nHost: a\r\n\r\n");
    client.response();
    assert_eq!(told.entry(1).path, "/x");
}

fn ask(client: &mut Client, headers: &str) {
    client.send(format!("GET /hello HTTP/1.1\r\nHost: a\r\n{headers}\r\n"));
    assert_eq!(client.response().status, 200);
}

#[test]
fn a_request_is_a_span_below_its_caller() {
    let edge = Edge::start();
    let told = Reading::begin(&edge);
    let mut client = edge.connect();
    ask(&mut client, &format!("traceparent: {PARENT}\r\ntracestate: vendor=1\r\nUser-Agent: x\r\n"));
    let operation = told.operation();
    assert_eq!((operation.state.as_deref(), operation.is_exported), (Some("vendor=1"), true));
    let parent = TraceContext::read(PARENT).unwrap();
    let root = &operation.spans[0];
    assert_eq!((root.context.trace, root.parent), (parent.trace, Some(parent.span)));
    assert_eq!((root.name.as_ref(), &root.status), ("GET /hello", &SpanStatus::Unset));
    for (name, value) in [
        ("http.request.method", "GET"),
        ("http.route", "/hello"),
        ("http.response.status_code", "200"),
        ("url.path", "/hello"),
        ("url.scheme", "http"),
        ("client.address", "127.0.0.1"),
        ("network.protocol.version", "1.1"),
        ("twinloop.service", "test"),
        ("twinloop.endpoint", "test.hello"),
        ("user_agent.original", "x"),
    ] {
        assert_eq!(text(root, name), value, "{name}");
    }
    let steps: Vec<&str> = operation.spans[1..].iter().map(|span| span.name.as_ref()).collect();
    assert_eq!(steps, ["queue", "handler"]);
    for step in &operation.spans[1..] {
        assert_eq!(step.parent, Some(root.context.span));
        assert!(root.start_ns <= step.start_ns && step.start_ns <= step.end_ns && step.end_ns <= root.end_ns);
    }
    assert_eq!(told.entry(1).context, Some(root.context));
}

#[test]
fn a_caller_that_does_not_sample_is_obeyed_and_an_error_is_kept_all_the_same() {
    let edge = Edge::start();
    let told = Reading::begin(&edge);
    let mut client = edge.connect();
    let unsampled = PARENT.replace("-01", "-00");
    ask(&mut client, &format!("traceparent: {unsampled}\r\n"));
    assert!(!told.entry(1).context.unwrap().is_sampled());
    client.send(format!("GET /split HTTP/1.1\r\nHost: a\r\ntraceparent: {unsampled}\r\n\r\n"));
    assert_eq!(client.response().status, 500);
    let operation = told.operation();
    let root = &operation.spans[0];
    assert_eq!(
        (text(root, "twinloop.refusal"), text(root, "error.type")),
        ("bad_answer".into(), "bad_answer".into())
    );
    assert!(root.is_error() && operation.is_exported);
}

#[test]
fn what_is_no_place_in_a_trace_begins_one() {
    let edge = Edge::start();
    let told = Reading::begin(&edge);
    let mut client = edge.connect();
    let long = format!("a={}", "x".repeat(600));
    for headers in [
        "traceparent: 00-00000000000000000000000000000000-00f067aa0ba902b7-01\r\n".to_owned(),
        format!("traceparent: {PARENT}-more\r\n"),
        format!("traceparent: {PARENT}\r\ntraceparent: {PARENT}\r\n"),
        "traceparent: \"><script>\r\ntracestate: a=1\r\n".to_owned(),
    ] {
        ask(&mut client, &headers);
        let operation = told.operation();
        assert_eq!((operation.spans[0].parent, operation.state), (None, None), "{headers}");
        assert_ne!(operation.spans[0].context.trace.to_string(), &PARENT[3..35]);
    }
    for state in [long.as_str(), "no state", "a=1\u{e9}"] {
        ask(&mut client, &format!("traceparent: {PARENT}\r\ntracestate: {state}\r\n"));
        let operation = told.operation();
        assert!(operation.spans[0].parent.is_some() && operation.state.is_none(), "{state}");
    }
}
