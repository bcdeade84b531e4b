//! The component as isolates see it, on a real server.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::time::{Duration, Instant};

use caller::{COUNTS, Caller, core};

#[path = "support/caller.rs"]
mod caller;

#[test]
fn rows_are_one_flat_array_behind_their_columns() {
    let caller = Caller::new();
    let pool = caller.open("rows");
    let rows = caller.query(pool, "0,0", "select 1 as a, 'é' as b union all select 2, null").unwrap();
    let rows: serde_json::Value = serde_json::from_str(&rows).unwrap();
    let columns = rows[2].as_array().unwrap();
    assert_eq!(columns[1..], [serde_json::json!(["a", 23, 0]), serde_json::json!(["b", 25, 0])]);
    assert_eq!(
        rows.as_array().unwrap()[3..],
        [1.into(), "é".into(), 2.into(), serde_json::Value::Null, "SELECT 2".into()]
    );
    assert_eq!(rows[0], 2);
}

#[test]
fn isolates_share_a_pool_and_the_end_of_one_rolls_back_only_its_own() {
    let (one, other) = (Caller::new(), Caller::new());
    let pool = one.open("shared");
    assert_eq!(other.open("shared"), pool);
    one.query(pool, "0,0", "drop table if exists ended_isolate").unwrap();
    one.query(pool, "0,0", "create table ended_isolate (n int)").unwrap();

    let session = one.acquire(&format!(r#"[{pool},5000,0,"begin"]"#));
    one.query(pool, &format!("{session},1"), "insert into ended_isolate values (1)").unwrap();
    let kept = other.acquire(&format!(r#"[{pool},5000,0,"begin"]"#));
    other.query(pool, &format!("{kept},1"), "insert into ended_isolate values (2)").unwrap();

    core().detach(one.0.id);
    let deadline = Instant::now() + Duration::from_secs(5);
    while !other.call(COUNTS, &pool.to_string()).unwrap().contains(r#""used":1"#) {
        assert!(Instant::now() < deadline, "the connection of the ended isolate did not return");
    }
    other.query(pool, &format!("{kept},2"), "commit").unwrap();
    let rows = other.query(pool, "0,0", "select n from ended_isolate").unwrap();
    assert!(rows.ends_with(r#",2,"SELECT 1"]"#), "{rows}");
    other.query(pool, "0,0", "drop table ended_isolate").unwrap();
}

#[test]
fn what_cannot_be_understood_is_a_typed_error() {
    let caller = Caller::new();
    for operation in 0..=25 {
        for argument in ["", "{}", "[]", "[1]", "null", r#"[1,0,0,0,0,0,0,"",[]]"#, "4294967295", "[99,99]"] {
            let answer = caller.call(operation, argument);
            if let Err(error) = answer {
                let error: serde_json::Value = serde_json::from_str(&error).unwrap();
                assert!(error["code"].is_string(), "{error}");
                assert!(
                    !error["message"].as_str().unwrap().contains("a native operation"),
                    "{operation} {argument}"
                );
            }
        }
    }
}
