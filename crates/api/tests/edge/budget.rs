//! The memory of bodies that have come in part.

use serde_json::{Value, json};

use crate::client::Client;
use crate::server::{Edge, config, eventually};

const MIB: usize = 1 << 20;

/// A budget of 1 MiB, of which bodies above 64 KiB may fill seven eighths, for bodies of at most 2 MiB.
fn with_budget(limits: &Value) -> Edge {
    let mut config = config(limits);
    config["limits"]["bufferedBodyBytes"] = json!(MIB);
    config["endpoints"][3]["bodyLimit"] = json!(2 * MIB);
    Edge::with_config(&config)
}

fn head(length: usize) -> String {
    format!(
        "POST /echo/1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
}

/// A JSON body of exactly so many bytes.
fn body(length: usize) -> String {
    format!(r#"{{"text":"{}"}}"#, "x".repeat(length - 11))
}

/// Sends a body but for its last byte, and waits until all of that has been taken or refused.
fn half_sent(edge: &Edge, length: usize) -> Client {
    let mut client = edge.connect();
    client.send(head(length)).send(&body(length)[..length - 1]);
    client
}

fn status_of(edge: &Edge, length: usize) -> u16 {
    let mut client = edge.connect();
    client.send(head(length)).send(body(length));
    client.response().status
}

#[test]
fn s11_bodies_beyond_the_budget_are_refused_and_small_ones_go_on() {
    let edge = with_budget(&json!({}));
    let held: Vec<Client> = (0..2).map(|_| half_sent(&edge, 400_000)).collect();
    // Both are held whole as soon as a third is not told to go on.
    let asks = head(400_000).replace("\r\n\r\n", "\r\nExpect: 100-continue\r\n\r\n");
    eventually(|| edge.connect().send(&asks).response().status == 503);
    let mut client = edge.connect();
    client.send(head(400_000));
    let response = client.response();
    assert_eq!((response.status, response.code().as_str()), (503, "unavailable"), "before it is read");
    assert_eq!(response.header("retry-after"), Some("1"));
    client.assert_closed();
    assert_eq!(edge.requests(), 0);

    let mut small = edge.connect();
    small.send(head(20_000)).send(&body(20_000)[..10_000]);
    std::thread::sleep(std::time::Duration::from_millis(50));
    small.send(&body(20_000)[10_000..]);
    assert_eq!(small.response().status, 200, "a small body in two pieces");
    small.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(small.response().status, 200);

    for mut client in held {
        client.send("}");
        assert_eq!(client.response().status, 200, "what was taken is finished");
    }
    eventually(|| status_of(&edge, 800_000) == 200);
}

#[test]
fn an_announcement_takes_nothing_from_others() {
    let edge = with_budget(&json!({}));
    let announced: Vec<Client> = (0..10)
        .map(|_| {
            let mut client = edge.connect();
            client.send(head(800_000)).send("{");
            client
        })
        .collect();
    std::thread::sleep(std::time::Duration::from_millis(100));
    // Each of them holds 64 KiB of what it announces.
    assert_eq!(status_of(&edge, 100_000), 200);
    drop(announced);
}

#[test]
fn a_body_that_the_budget_can_never_hold_is_too_large() {
    let edge = with_budget(&json!({}));
    assert_eq!(status_of(&edge, 2 * MIB), 413);
    assert_eq!(status_of(&edge, 900_000), 200);
}

#[test]
fn the_share_of_a_body_is_given_back_on_every_way_out() {
    let edge = with_budget(&json!({ "bodyTimeoutMs": 300 }));
    let large = 800_000;
    let is_free = || eventually(|| status_of(&edge, large) == 200);
    for _ in 0..3 {
        is_free();
        // The client leaves.
        drop(half_sent(&edge, large));
        is_free();
        // The body is late.
        assert_eq!(half_sent(&edge, large).response().status, 408);
        is_free();
        // The body does not fit.
        let mut client = edge.connect();
        client.send(head(large)).send("[".repeat(large));
        assert_eq!(client.response().status, 400);
        is_free();
        // The client ends its half too early.
        let mut client = half_sent(&edge, large);
        client.finish();
        assert_eq!(client.response().status, 400);
        is_free();
        // A body in chunks that outgrows the budget.
        let mut client = edge.connect();
        client.send(
            "POST /echo/1 HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
        );
        client.send(format!("{:x}\r\n{}\r\n", MIB, " ".repeat(MIB)));
        assert!(matches!(client.response().status, 413 | 503));
        is_free();
    }
}
