//! Events as they come, and pages that read slowly.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::process::{Process, RECORD_LINE, record_operation, settings};

const GRACE: Duration = Duration::from_secs(5);
/// Lines of a flood.
const LINES: u64 = 1_000;

/// Opens the stream of events behind its head.
async fn watch(address: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(format!("GET /api/live HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes()).await.unwrap();
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line).await.unwrap() > 2 {
        line.clear();
    }
    reader
}

/// The name and the data of the next event. Sizes of chunks are passed over.
async fn next(reader: &mut BufReader<TcpStream>) -> (String, String) {
    let mut name = String::new();
    loop {
        let mut line = String::new();
        let read = tokio::time::timeout(Duration::from_secs(20), reader.read_line(&mut line)).await;
        assert_ne!(read.unwrap().unwrap(), 0, "the stream has ended");
        if let Some(event) = line.strip_prefix("event: ") {
            event.trim_end().clone_into(&mut name);
        } else if let Some(data) = line.strip_prefix("data: ") {
            return (name, data.trim_end().to_owned());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_as_they_happen() {
    let process = Process::configure(&settings()).await.unwrap();
    let mut reader = watch(process.address()).await;
    let (name, app) = next(&mut reader).await;
    assert!(name == "app" && app.contains(r#""name":"shop""#));
    let context = record_operation(2);
    let (name, trace) = next(&mut reader).await;
    assert!(name == "trace" && trace.contains(&context.trace.to_string()));
    process.call(RECORD_LINE, json!({ "level": 30, "time": 1, "msg": "hello" }).to_string()).await.unwrap();
    let (name, line) = next(&mut reader).await;
    assert!(name == "log" && line.contains("hello"));
    process.stop(GRACE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_reads_slowly_is_told_what_it_missed() {
    let process = Process::configure(&settings()).await.unwrap();
    let mut reader = watch(process.address()).await;
    let message = "x".repeat(60_000);
    let line = json!({ "level": 30, "time": 1, "msg": message }).to_string();
    for _ in 0..LINES {
        process.call(RECORD_LINE, line.clone()).await.unwrap();
    }
    // There may be several gaps: the server sends on while the socket takes it.
    let (mut read, mut missed) = (0, 0);
    while read + missed < LINES {
        match next(&mut reader).await {
            (name, data) if name == "missed" => {
                let told: serde_json::Value = serde_json::from_str(&data).unwrap();
                missed += told["count"].as_u64().unwrap();
            }
            (name, _) => read += u64::from(name == "log"),
        }
    }
    assert!(read + missed == LINES && missed > 0, "{read} read, {missed} missed");
    process.call(RECORD_LINE, json!({ "level": 30, "time": 1, "msg": "on" }).to_string()).await.unwrap();
    let (name, line) = next(&mut reader).await;
    assert!(name == "log" && line.contains(r#""message":"on""#));
    process.stop(GRACE).await;
}
