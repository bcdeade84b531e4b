//! Connections go from one borrower to the next, alone or shared.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::time::{Duration, Instant};

use caller::{COUNTS, Caller};

#[path = "support/caller.rs"]
mod caller;

const CLOSE: i32 = 19;
const PING: i32 = 20;
const RELEASE: i32 = 5;

fn counts(caller: &Caller, pool: u32) -> String {
    caller.call(COUNTS, &pool.to_string()).unwrap()
}

fn process_of(rows: &str) -> &str {
    rows.rsplit(',').nth(1).unwrap()
}

#[test]
fn one_borrower_after_another_uses_one_connection_in_either_way() {
    let caller = Caller::new();
    let pool = caller.open("one-after-another");
    let process = "select pg_backend_pid() as process";
    caller.call(PING, &pool.to_string()).unwrap();
    let first = caller.query(pool, "0,0", process).unwrap();
    for _ in 0..3 {
        caller.call(PING, &pool.to_string()).unwrap();
        let session = caller.acquire(&format!(r#"[{pool},5000,0,"begin"]"#));
        let alone = caller.query(pool, &format!("{session},1"), process).unwrap();
        caller.call(RELEASE, &format!("[[{pool},{session},2],false]")).unwrap();
        let shared = caller.query(pool, "0,0", process).unwrap();
        assert_eq!((process_of(&alone), process_of(&shared)), (process_of(&first), process_of(&first)));
    }
    assert_eq!(counts(&caller, pool), r#"{"open":1,"used":0,"waiting":0}"#);
}

#[test]
fn the_connection_of_an_ended_transaction_serves_who_waits_for_it() {
    let caller = Caller::new();
    let pool = caller.open("handed-on");
    let sessions: Vec<u32> = (0..4).map(|_| caller.acquire(&format!(r#"[{pool},5000,0,"begin"]"#))).collect();
    assert_eq!(counts(&caller, pool), r#"{"open":4,"used":4,"waiting":0}"#);
    let told = caller.acquire_error(&format!(r#"[{pool},10000,0,"begin"]"#));
    assert!(told.contains("acquire_timeout") && told.contains("4 of 4 connections were in use"), "{told}");

    let waiting = Caller::new();
    let waits = std::thread::spawn(move || waiting.query(pool, "0,0", "select 1"));
    let deadline = Instant::now() + Duration::from_secs(5);
    while !counts(&caller, pool).contains(r#""waiting":1"#) {
        assert!(Instant::now() < deadline, "nobody waits");
    }
    caller.call(RELEASE, &format!("[[{pool},{},1],false]", sessions[0])).unwrap();
    assert!(waits.join().unwrap().is_ok());
    assert_eq!(counts(&caller, pool), r#"{"open":4,"used":3,"waiting":0}"#);

    caller.call(CLOSE, &pool.to_string()).unwrap();
    for session in &sessions[1..] {
        caller.call(RELEASE, &format!("[[{pool},{session},1],false]")).unwrap();
    }
}
