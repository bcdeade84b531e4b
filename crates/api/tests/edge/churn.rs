//! Connections that come and go in numbers, and descriptors that run out.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::server::{Edge, config, eventually};

/// Connections one after another; `FULL=1` is the long form.
fn churned() -> usize {
    if std::env::var_os("FULL").is_some() { 10_000 } else { 1_000 }
}

/// Descriptors of this process.
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

#[test]
fn thousands_of_connections_that_end_in_every_way_leave_nothing_behind() {
    let edge = Edge::with_limits(&json!({ "headerTimeoutMs": 500, "halfCloseGraceMs": 100 }));
    edge.connect().assert_open();
    let before = descriptors();
    for round in 0..churned() {
        let mut client = edge.connect();
        match round % 6 {
            0 => client.assert_open(),
            1 => drop(client),
            2 => client.reset(),
            3 => {
                client.send("GET /hello HTTP/1.1\r\nHo");
                client.reset();
            }
            4 => {
                client.send("GET /missing HTTP/1.1\r\nHost: a\r\n\r\n").finish();
                assert_eq!(client.response().status, 404);
            }
            _ => {
                client.send("GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n");
                assert_eq!(client.response().status, 400);
            }
        }
    }
    eventually(|| descriptors() <= before);
    assert_eq!(edge.isolate.port.load(), 0);
    edge.connect().assert_open();
}

#[test]
fn a_client_that_leaves_at_any_moment_of_its_answer_harms_nobody() {
    let edge = Edge::start();
    for pause in 0..30 {
        let mut client = edge.connect();
        client.send("GET /big HTTP/1.1\r\nHost: a\r\n\r\n".repeat(2));
        std::thread::sleep(Duration::from_micros(pause * 100));
        client.reset();
    }
    edge.connect().assert_open();
    eventually(|| edge.isolate.port.load() == 0);
}

#[test]
fn pipelined_requests_behind_a_client_that_has_left_are_not_all_begun() {
    let edge = Edge::start();
    let mut client = edge.connect();
    client.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n".repeat(100));
    edge.wait_for_hanging(1);
    client.reset();
    eventually(|| edge.aborts() == 1 && edge.isolate.port.load() == 0);
    assert_eq!(edge.requests(), 1, "one request of a connection is with the isolate at a time");
}

/// The limit is set for this process, which the test runner gives to each test alone.
#[test]
fn at_the_descriptor_limit_open_connections_are_served_and_new_ones_wait() {
    let edge = Edge::with_config(&config(&json!({})));
    let mut kept: Vec<_> = (0..8).map(|_| edge.connect()).collect();
    for client in &mut kept {
        client.assert_open();
    }
    // A socket of this test's own needs a descriptor too: it is opened before, and connects after.
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], edge.port));
    let waiting = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    let own = std::process::id().to_string();
    let set = |limit: &str| {
        let limit = format!("--nofile={limit}:");
        assert!(Command::new("prlimit").args(["--pid", &own, &limit]).status().unwrap().success());
    };
    let asked = Command::new("prlimit")
        .args(["--pid", &own, "--nofile", "--noheadings", "--output", "SOFT"])
        .output()
        .unwrap();
    let usual = String::from_utf8(asked.stdout).unwrap().trim().to_owned();
    // Set from outside at its end, because starting a program needs descriptors as well.
    let restoring = Command::new("sh")
        .args(["-c", "sleep 1; exec prlimit --pid $0 --nofile=$1:", &own, &usual])
        .spawn()
        .unwrap();
    let cpu = cpu_time();
    set("3");
    let begin = Instant::now();
    waiting.connect(&address.into()).unwrap();
    let mut waiting = TcpStream::from(waiting);
    waiting.write_all(b"GET /hello HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    while begin.elapsed() < Duration::from_millis(700) {
        for client in &mut kept {
            client.assert_open();
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    waiting.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut head = [0; 12];
    waiting.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    assert!(restoring.wait_with_output().unwrap().status.success());
    let logs = u64::try_from(edge.logs()).unwrap();
    assert!((1..=1 + begin.elapsed().as_secs()).contains(&logs), "a line in each second at most: {logs}");
    // It took a second, in which accepting must not have spun.
    assert!(cpu_time().saturating_sub(cpu) < Duration::from_millis(500));
}

/// Processor time of all threads of this process.
fn cpu_time() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let nanos = tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok())
        .filter_map(|text| text.split(' ').next()?.parse::<u64>().ok());
    Duration::from_nanos(nanos.sum())
}
