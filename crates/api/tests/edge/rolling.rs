//! Stopping under load: nothing that was sent stays without an answer.
//!
//! `FULL=1` is the long form.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::client::Client;
use crate::server::Edge;

const CLIENTS: usize = 8;

/// Sends one request after another until an answer says that it is the last; false when one is not answered.
fn hammer(mut client: Client, pause: Duration, answered: &AtomicUsize) -> bool {
    loop {
        client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        let Some(response) = client.try_response("GET") else { return false };
        assert_eq!(response.status, 200);
        answered.fetch_add(1, Ordering::Relaxed);
        if response.header("connection") == Some("close") {
            return true;
        }
        thread::sleep(pause);
    }
}

#[test]
fn no_request_on_a_kept_connection_is_lost_by_a_stop() {
    let rounds = if std::env::var_os("FULL").is_some() { 300 } else { 10 };
    let answered = Arc::new(AtomicUsize::new(0));
    for round in 0..rounds {
        let edge = Edge::start();
        let clients: Vec<_> = (0..CLIENTS)
            .map(|index| {
                let (client, answered) = (edge.connect(), Arc::clone(&answered));
                let pause = Duration::from_micros([0, 100, 1_000, 20_000][index % 4]);
                thread::spawn(move || hammer(client, pause, &answered))
            })
            .collect();
        thread::sleep(Duration::from_millis(10 + round % 17));
        assert_eq!(edge.call(2, &json!({ "graceMs": 10_000 })).unwrap(), json!({ "open": 0 }));
        let lost = clients.into_iter().map(|one| one.join().unwrap()).filter(|kept| !kept).count();
        assert_eq!(lost, 0, "requests without an answer in round {round}");
    }
    println!("{rounds} stops, {} requests, all answered", answered.load(Ordering::Relaxed));
}
