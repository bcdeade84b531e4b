//! The admin server: who may ask, and what is answered.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{get, request};
use crate::process::{ANNOUNCE, Process, RECORD_LINE, RECORD_METRICS, record_operation, settings};

const GRACE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_token_and_a_name_of_others_are_refused() {
    let mut settings = settings();
    settings["admin"]["token"] = "a long and random token".into();
    let process = Process::configure(&settings).await.unwrap();
    let address = process.address();
    let forged =
        request(address, "GET /api/app", &[("authorization", "Bearer a long and random tokem")], "").await;
    assert_eq!((forged.status, forged.json()["code"].as_str()), (401, Some("unauthenticated")));
    assert!(forged.headers["www-authenticate"].starts_with("Bearer"));
    let right = [("authorization", "Bearer a long and random token")];
    assert_eq!(request(address, "GET /api/app", &right, "").await.json()["name"], "shop");
    assert_eq!(get(address, "/readyz").await.json()["status"], "starting");
    process.call(ANNOUNCE, r#"{"ready":true}"#).await.unwrap();
    for open in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(get(address, open).await.status, 200, "{open}");
    }
    for inner in ["/api/traces", "/api/live", "/debug/cpu", "/debug/heap"] {
        assert_eq!(get(address, inner).await.status, 401, "{inner}");
    }
    let rebound = request(address, "GET /metrics", &[("host", "evil.example:4040"), right[0]], "").await;
    assert_eq!((rebound.status, rebound.json()["code"].as_str()), (403, Some("permission_denied")));
    for name in ["cache-control", "x-content-type-options", "content-security-policy"] {
        assert!(rebound.headers.contains_key(name), "{name}");
    }
    process.stop(GRACE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn traces_and_lines_are_kept_and_found() {
    let process = Process::configure(&settings()).await.unwrap();
    let address = process.address();
    let context = record_operation(3);
    let line = json!({ "level": 50, "time": 1_700_000_000_000_u64, "msg": "it broke", "trace_id": context.trace.to_string(), "n": 1 });
    process.call(RECORD_LINE, line.to_string()).await.unwrap();
    let traces = get(address, "/api/traces?limit=10&q=LINKS").await.json();
    let summary = &traces["traces"][0];
    assert_eq!(
        (summary["name"].as_str(), summary["kind"].as_str()),
        (Some("GET /links/:id"), Some("request"))
    );
    assert_eq!((&summary["statusCode"], &summary["spans"]), (&200.into(), &3.into()));
    let trace = get(address, &format!("/api/traces/{}", context.trace)).await.json();
    assert_eq!(trace["spans"].as_array().unwrap().len(), 3);
    assert_eq!(get(address, "/api/traces/4bf92f3577b34da6a3ce929d0e0e4736").await.status, 404);
    assert_eq!(get(address, "/api/traces/no").await.status, 400);
    assert_eq!(get(address, "/api/traces?limit=no").await.status, 400);
    let logs = get(address, &format!("/api/logs?traceId={}&level=50", context.trace)).await.json();
    assert_eq!(
        (&logs["lines"][0]["message"], &logs["lines"][0]["fields"]["n"]),
        (&"it broke".into(), &1.into())
    );
    assert_eq!(get(address, "/api/logs?level=60").await.json()["lines"], json!([]));
    process.stop(GRACE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explosion_of_labels_is_bounded_in_the_scrape() {
    let process = Process::configure(&settings()).await.unwrap();
    let points: Vec<_> =
        (0..10_000).map(|number| json!({ "labels": [format!("user \"{number}\"")], "add": 1 })).collect();
    let told = json!({ "metrics": [{ "name": "wire.explosion", "kind": "counter", "labels": ["user.id"], "points": points }] });
    process.call(RECORD_METRICS, told.to_string()).await.unwrap();
    let classic = get(process.address(), "/metrics").await;
    assert!(classic.headers["content-type"].starts_with("text/plain; version=0.0.4"));
    let series = classic.body.lines().filter(|line| line.starts_with("wire_explosion_total{")).count();
    assert_eq!(series, 2001);
    assert!(classic.body.contains("wire_explosion_total{otel_metric_overflow=\"true\"} 8000\n"));
    assert!(classic.body.contains("wire_explosion_total{user_id=\"user \\\"7\\\"\"} 1\n"));
    assert!(
        classic.body.contains("target_info{service_name=\"shop\"")
            && classic.body.contains("process_uptime_seconds{}")
    );
    let open = request(
        process.address(),
        "GET /metrics",
        &[("accept", "application/openmetrics-text; version=1.0.0")],
        "",
    )
    .await;
    assert!(
        open.headers["content-type"].starts_with("application/openmetrics-text")
            && open.body.ends_with("# EOF\n")
    );
    let json = get(process.address(), "/api/metrics").await.json();
    assert!(json["metrics"].as_array().unwrap().iter().any(|metric| metric["name"] == "wire.explosion"));
    process.stop(GRACE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_are_answered_by_javascript() {
    let process = Process::configure(&settings()).await.unwrap();
    let address = process.address().to_owned();
    let post =
        async |headers: &[(&str, &str)], body: &str| request(&address, "POST /api/ask", headers, body).await;
    let json_type = [("content-type", "application/json")];
    let question = r#"{"tool":"cron.list","input":{}}"#;
    let nobody = post(&json_type, question).await;
    assert_eq!((nobody.status, nobody.json()["code"].as_str()), (501, Some("unimplemented")));
    assert!(nobody.json()["hint"].as_str().unwrap().contains("@twinloop/dashboard"));
    assert_eq!(get(&address, "/api/app").await.json()["asks"], false);
    process
        .serve(|target, asked| match (target, asked["tool"].as_str()) {
            (0, Some("cron.list")) => Ok(r#"{"value":[1,2]}"#.to_owned()),
            (0, _) => Err(r#"{"code":"not_found","message":"no such tool","hint":"ask another"}"#.to_owned()),
            _ => Ok(format!("{{\"profile\":{asked}}}")),
        })
        .await;
    assert_eq!(post(&json_type, question).await.json(), json!({ "value": [1, 2] }));
    let unknown = post(&json_type, r#"{"tool":"no","input":null}"#).await;
    assert_eq!(
        (unknown.status, unknown.json()),
        (404, json!({ "code": "not_found", "message": "no such tool", "hint": "ask another" }))
    );
    assert_eq!(post(&json_type, "{}").await.status, 400);
    assert_eq!(post(&json_type, &"x".repeat(2 << 20)).await.status, 400);
    assert_eq!(post(&[json_type[0], ("origin", "http://evil.example")], question).await.status, 403);
    assert_eq!(post(&[("content-type", "text/plain")], question).await.status, 400);
    let profile = get(&address, "/debug/cpu").await;
    assert_eq!((profile.status, profile.json()["code"].as_str()), (403, Some("permission_denied")));
    process.stop(GRACE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_are_taken_behind_the_token() {
    let mut settings = settings();
    settings["admin"]["token"] = "token".into();
    let process = Process::configure(&settings).await.unwrap();
    process.serve(|target, asked| Ok(json!({ "target": target, "asked": asked }).to_string())).await;
    let token = [("authorization", "Bearer token")];
    let ask = async |path: &str| request(process.address(), &format!("GET {path}"), &token, "").await;
    let cpu = ask("/debug/cpu?seconds=2").await;
    assert_eq!(cpu.json(), json!({ "target": 1, "asked": { "what": "cpu", "seconds": 2.0 } }));
    assert!(cpu.headers["content-disposition"].contains("isolate-0.cpuprofile"));
    assert_eq!(ask("/debug/heap").await.json()["asked"]["what"], "heap");
    assert_eq!(ask("/debug/heap?isolate=7").await.status, 404);
    assert_eq!(ask("/debug/cpu?seconds=0").await.status, 400);
    assert_eq!(ask("/debug/cpu?seconds=NaN").await.status, 400);
    process.stop(GRACE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboards_files_are_served_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("index.html"), "<!doctype html>").unwrap();
    std::fs::write(folder.path().join("main.js"), "1").unwrap();
    let mut settings = settings();
    settings["admin"]["ui"] = folder.path().to_str().unwrap().into();
    settings["admin"]["token"] = "token".into();
    let process = Process::configure(&settings).await.unwrap();
    let page = get(process.address(), "/").await;
    assert_eq!((page.status, page.headers["content-type"].as_str()), (200, "text/html"));
    assert!(page.headers["content-security-policy"].contains("default-src 'none'"));
    assert_eq!(get(process.address(), "/main.js").await.body, "1");
    for outside in ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd.txt", "/..%2fmain.js", "/other.js"] {
        assert_ne!(get(process.address(), outside).await.body, "1", "{outside}");
        assert!(!get(process.address(), outside).await.body.contains("root:"), "{outside}");
    }
    assert_eq!(request(process.address(), "DELETE /", &[], "").await.status, 501);
    process.stop(GRACE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_heads_are_refused_and_connections_are_bounded() {
    let process = Process::configure(&settings()).await.unwrap();
    let large = request(process.address(), "GET /healthz", &[("x-large", &"x".repeat(64 << 10))], "").await;
    assert_eq!(large.status, 431);
    let mut idle = Vec::new();
    for _ in 0..64 {
        idle.push(TcpStream::connect(process.address()).await.unwrap());
    }
    let mut further = TcpStream::connect(process.address()).await.unwrap();
    further
        .write_all(format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", process.address()).as_bytes())
        .await
        .unwrap();
    let mut byte = [0];
    let early = tokio::time::timeout(Duration::from_millis(300), further.read(&mut byte)).await;
    assert!(early.is_err(), "the 65th connection waits");
    drop(idle);
    further.read_exact(&mut byte).await.unwrap();
    assert_eq!(byte, *b"H");
    process.stop(GRACE).await;
}
