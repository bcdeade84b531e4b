//! The table and function of rate limits, made at the first use of a database.

use std::time::Duration;

use twinloop_runtime::{SqlError, SqlPool, SqlValue};

const PART: &str = "rate_limit";
/// The version of the script; each change of it raises it.
const VERSION: i64 = 1;

const VERSIONS: &str = "create schema if not exists twinloop;
    create table if not exists twinloop.schema_version (part text primary key, version int4 not null)";
/// Takes the lock under which all parts of an app change the schema `twinloop`, until the transaction ends.
const LOCK: &str = "select pg_advisory_xact_lock(1953984624, 0)";
const FIND_VERSION: &str = "select version from twinloop.schema_version where part = $1::text";
const NOTE_VERSION: &str =
    "insert into twinloop.schema_version (part, version) values ($1::text, $2::int8::int4)
    on conflict (part) do update set version = excluded.version";

/// Makes the table and function where they are missing or older than this version; a newer version is taken as it is.
pub(super) async fn ensure(pool: &dyn SqlPool) -> Result<(), SqlError> {
    // Another part of the app may be making the schema at this moment; the next try finds it.
    for _ in 0..4 {
        if version(pool).await? >= VERSION {
            return Ok(());
        }
        match create(pool).await {
            Err(error) if is_race(&error) => tokio::time::sleep(Duration::from_millis(20)).await,
            other => return other,
        }
    }
    create(pool).await
}

async fn version(pool: &dyn SqlPool) -> Result<i64, SqlError> {
    match pool.query(FIND_VERSION, vec![SqlValue::Text(PART.to_owned())]).await {
        Ok(rows) => Ok(match rows.first().and_then(|row| row.first()) {
            Some(SqlValue::Int(version)) => *version,
            _ => 0,
        }),
        Err(error) if matches!(error.sqlstate.as_deref(), Some("42P01" | "3F000")) => Ok(0),
        Err(error) => Err(error),
    }
}

async fn create(pool: &dyn SqlPool) -> Result<(), SqlError> {
    let transaction = pool.begin().await?;
    transaction.query(LOCK, Vec::new()).await?;
    transaction.script(VERSIONS).await?;
    transaction.script(include_str!("rate_limit.sql")).await?;
    let noted = vec![SqlValue::Text(PART.to_owned()), SqlValue::Int(VERSION)];
    transaction.execute(NOTE_VERSION, noted).await?;
    transaction.commit().await
}

/// Whether two connections have made the same object at once, which `if not exists` does not prevent.
fn is_race(error: &SqlError) -> bool {
    matches!(error.sqlstate.as_deref(), Some("23505" | "42P06" | "42P07" | "42710" | "40P01" | "XX000"))
}
