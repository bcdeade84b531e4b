//! Calls of a session are answered in the order of their numbers, whatever becomes of each.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use caller::Caller;

#[path = "support/caller.rs"]
mod caller;

const QUERY: i32 = 2;
const RELEASE: i32 = 5;
const EVENTS: i32 = 6;
const HEAR: i32 = 24;

#[test]
fn a_call_that_cannot_be_read_passes_its_turn_on() {
    let caller = Caller::new();
    let pool = caller.open("unreadable");
    let session = caller.acquire(&format!(r#"[{pool},5000,0,"begin"]"#));
    for arguments in ["NaN,0,0,0,\"select 1\",[]]", "5000,0,0,0,\"select 1\"]", "oops"] {
        let refused = caller.call(QUERY, &format!("[[{pool},{session},1],{arguments}")).unwrap_err();
        assert!(refused.contains("the arguments of sqldb.Query could not be read"), "{refused}");
    }
    let answered = caller.query(pool, &format!("{session},2"), "select 7 as seven").unwrap();
    assert!(answered.contains("],7,"), "{answered}");
    caller.call(RELEASE, &format!("[[{pool},{session},3],false]")).unwrap();
}

#[test]
fn a_session_that_is_heard_keeps_the_notices_of_its_next_statement() {
    let caller = Caller::new();
    let pool = caller.open("heard");
    let session = caller.acquire(&format!(r#"[{pool},5000,0,""]"#));
    assert_eq!(caller.call(HEAR, &format!("[[{pool},{session},1]]")).unwrap(), "");
    caller.query(pool, &format!("{session},2"), "do $$ begin raise notice 'told'; end $$").unwrap();
    let events = caller.call(EVENTS, &session.to_string()).unwrap();
    assert!(events.contains("told"), "{events}");
    caller.call(RELEASE, &format!("[[{pool},{session},3],true]")).unwrap();
}
