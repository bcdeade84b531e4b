//! What other components of the process use of PostgreSQL, on a real server.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::future::Future;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::Duration;

use caller::{COUNTS, Caller, core, url};
use twinloop_runtime::{SqlPool, SqlValue};

#[path = "support/caller.rs"]
mod caller;

/// Runs a future on the shared runtime and waits for it.
fn run<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    let (sender, receiver) = channel();
    core().spawn("test", async move {
        let _ = sender.send(future.await);
    });
    receiver.recv_timeout(Duration::from_secs(60)).unwrap()
}

fn open(name: &str) -> Arc<dyn SqlPool> {
    let url = url(name);
    run(async move { core().sql().unwrap().open(&url, 4).unwrap() })
}

fn text(value: &str) -> SqlValue {
    SqlValue::Text(value.to_owned())
}

#[test]
fn parameters_and_columns_have_their_types() {
    let pool = open("typed");
    let row = run(async move {
        let values = vec![
            SqlValue::Bool(true),
            SqlValue::Int(-5),
            SqlValue::Float(0.5),
            text("é"),
            SqlValue::Bytes(vec![0, 255]),
            SqlValue::Texts(vec![Some("a,\"b".to_owned()), None]),
            SqlValue::Ints(vec![Some(1), None]),
        ];
        let statement = "select $1::bool, $2::int8, $3::float8, $4::text, $5::bytea, $6::text[], $7::int8[]";
        let rows = pool.query(statement, values.clone()).await.unwrap();
        assert_eq!(rows, [values]);
        let nulls = vec![SqlValue::Null; 7];
        assert_eq!(pool.query(statement, nulls.clone()).await.unwrap(), [nulls]);
        let other = "select 1::int2, 2::int4, 1.5::float4, 12.50::numeric, '{\"a\":1}'::jsonb, \
                     '2024-01-02 03:04:05+00'::timestamptz, $1::uuid, array[1,2]::int4[]";
        pool.query(other, vec![text("00000000-0000-7000-8000-000000000001")]).await.unwrap().remove(0)
    });
    let expected = vec![
        SqlValue::Int(1),
        SqlValue::Int(2),
        SqlValue::Float(1.5),
        text("12.50"),
        text(r#"{"a": 1}"#),
        text("2024-01-02 03:04:05+00"),
        text("00000000-0000-7000-8000-000000000001"),
        SqlValue::Ints(vec![Some(1), Some(2)]),
    ];
    assert_eq!(row, expected);
}

#[test]
fn a_dropped_transaction_leaves_nothing_and_a_committed_one_stays() {
    let pool = open("transactions");
    run(async move {
        pool.script("drop table if exists of_component; create table of_component (n int8)").await.unwrap();
        let insert = "insert into of_component select unnest($1::int8[])";
        let dropped = pool.begin().await.unwrap();
        assert_eq!(dropped.execute(insert, vec![SqlValue::Ints(vec![Some(1), Some(2)])]).await.unwrap(), 2);
        drop(dropped);
        let kept = pool.begin().await.unwrap();
        kept.execute(insert, vec![SqlValue::Ints(vec![Some(3)])]).await.unwrap();
        kept.commit().await.unwrap();
        let rows = pool.query("select n from of_component", Vec::new()).await.unwrap();
        assert_eq!(rows, [[SqlValue::Int(3)]]);

        let failed = pool.begin().await.unwrap();
        let error = failed.execute("select 1 / $1::int8", vec![SqlValue::Int(0)]).await.unwrap_err();
        assert_eq!(error.sqlstate.as_deref(), Some("22012"));
        let error = failed.commit().await.unwrap_err();
        assert_eq!(error.failure.code.as_str(), "aborted");
        pool.script("drop table of_component").await.unwrap();
    });
}

#[test]
fn a_transaction_that_is_dropped_while_a_statement_waits_ends_it() {
    let pool = open("cut-off");
    run(async move {
        let began = std::time::Instant::now();
        let transaction = pool.begin().await.unwrap();
        {
            let asleep = transaction.execute("select pg_sleep(60)", Vec::new());
            assert!(tokio::time::timeout(Duration::from_millis(200), asleep).await.is_err());
        }
        drop(transaction);
        let asleep = "select count(*) from pg_stat_activity where query like 'select pg_sleep(60)%' and state = 'active' \
                      and application_name = current_setting('application_name')";
        while pool.query(asleep, Vec::new()).await.unwrap() != [[SqlValue::Int(0)]] {
            assert!(began.elapsed() < Duration::from_secs(20), "the statement went on");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
}

#[test]
fn a_component_joins_the_open_transaction_of_an_isolate_in_its_turn() {
    let caller = Caller::new();
    let pool = caller.open("joined");
    caller.query(pool, "0,0", "drop table if exists joined_by").unwrap();
    caller.query(pool, "0,0", "create table joined_by (n int8)").unwrap();
    let session = caller.acquire(&format!(r#"[{pool},5000,0,"begin"]"#));
    caller.query(pool, &format!("{session},1"), "insert into joined_by values (1)").unwrap();
    let id = caller.0.id;
    let stranger = run(async move { core().sql().unwrap().join(id + 100, session, 2).await.is_err() });
    assert!(stranger, "another isolate's transaction was joined");
    run(async move {
        let joined = core().sql().unwrap().join(id, session, 2).await.unwrap();
        joined.execute("insert into joined_by values ($1::int8)", vec![SqlValue::Int(2)]).await.unwrap();
        let rows = joined.query("select n from joined_by order by n", Vec::new()).await.unwrap();
        assert_eq!(rows.len(), 2, "it sees what the transaction did");
        let error = joined.execute("commit", Vec::new()).await.unwrap_err();
        assert_eq!(error.failure.code.as_str(), "internal");
    });
    caller.query(pool, &format!("{session},3"), "rollback").unwrap();
    let rows = caller.query(pool, "0,0", "select n from joined_by").unwrap();
    assert!(rows.starts_with("[                   0,"), "{rows}");
    caller.query(pool, "0,0", "drop table joined_by").unwrap();
}

#[test]
fn a_failed_statement_of_a_component_fails_the_transaction_it_joined() {
    let caller = Caller::new();
    let pool = caller.open("join-failed");
    let session = caller.acquire(&format!(r#"[{pool},5000,0,"begin"]"#));
    let id = caller.0.id;
    run(async move {
        let joined = core().sql().unwrap().join(id, session, 1).await.unwrap();
        let error = joined.query("select nothing_like_it", Vec::new()).await.unwrap_err();
        assert_eq!(error.sqlstate.as_deref(), Some("42703"));
        assert!(!error.disconnected);
    });
    let refused = caller.query(pool, &format!("{session},2"), "commit").unwrap_err();
    assert!(refused.contains("transaction_aborted"), "{refused}");
}

#[test]
fn a_pool_stays_open_as_long_as_a_component_has_it() {
    let caller = Caller::new();
    let number = caller.open("kept");
    let pool = open("kept");
    core().detach(caller.0.id);
    let other = Caller::new();
    assert_eq!(other.open("kept"), number, "the pool was closed with its isolate");
    core().detach(other.0.id);
    run(async move {
        pool.query("select 1", Vec::new()).await.unwrap();
    });
    let last = Caller::new();
    let again = last.open("kept");
    assert_ne!(again, number);
    assert!(last.call(COUNTS, &number.to_string()).is_err());
}

#[test]
fn notifications_arrive_until_the_receiver_is_dropped() {
    let pool = open("heard");
    run(async move {
        let mut heard = pool.listen("of_a_component").await.unwrap();
        pool.query("select pg_notify('of_a_component', $1::text)", vec![text("now")]).await.unwrap();
        let payload = tokio::time::timeout(Duration::from_secs(10), heard.recv()).await.unwrap();
        assert_eq!(payload.as_deref(), Some("now"));
    });
}

#[test]
fn a_server_that_cannot_be_reached_is_told_without_the_password() {
    run(async {
        let sql = core().sql().unwrap();
        let pool = sql.open("postgres://someone:hunter2@127.0.0.1:1/none", 1).unwrap();
        let error = pool.query("select 1", Vec::new()).await.unwrap_err();
        assert!(error.disconnected);
        assert_eq!(error.failure.code.as_str(), "unavailable");
        assert!(!error.to_string().contains("hunter2"), "{error}");
        assert!(
            sql.open("postgres://u:hunter2@h:port/db", 1)
                .is_err_and(|error| !error.to_string().contains("hunter2"))
        );
    });
}
