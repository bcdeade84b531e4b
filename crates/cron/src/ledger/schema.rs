//! Makes the ledger's tables and functions at the first use of a database.

use std::time::Duration;

use twinloop_runtime::{Failure, SqlError, SqlPool, SqlValue};

const PART: &str = "cron";
/// The version of the scripts; each change of them raises it.
const VERSION: i64 = 2;
const SCRIPTS: [&str; 2] = [include_str!("tables.sql"), include_str!("functions.sql")];

const VERSIONS: &str = "create schema if not exists twinloop;
    create table if not exists twinloop.schema_version (part text primary key, version int4 not null)";
/// Takes the lock under which all parts of an app change the schema `twinloop`, until the transaction ends.
const LOCK: &str = "select pg_advisory_xact_lock(1953984624, 0)";
const FIND_VERSION: &str = "select version from twinloop.schema_version where part = $1::text";
const NOTE_VERSION: &str =
    "insert into twinloop.schema_version (part, version) values ($1::text, $2::int8::int4)
    on conflict (part) do update set version = excluded.version";

/// Makes the tables and functions where they are missing or older than this version.
///
/// Errors: `failed_precondition` when the user may not create them, or a newer version made them.
pub(super) async fn ensure(pool: &dyn SqlPool) -> Result<(), Failure> {
    // Another part of the app may be making the schema at this moment; the next try finds it.
    for _ in 0..4 {
        match version(pool).await? {
            VERSION => return Ok(()),
            newer if newer > VERSION => {
                return Err(Failure::failed_precondition(format!(
                    "the tables of cron in the schema twinloop have version {newer}, this release knows {VERSION}: update it"
                )));
            }
            _ => match create(pool).await {
                Err(error) if is_race(&error) => tokio::time::sleep(Duration::from_millis(20)).await,
                other => return other.map_err(told),
            },
        }
    }
    create(pool).await.map_err(told)
}

/// The version of the tables in the database; 0 if there are none.
async fn version(pool: &dyn SqlPool) -> Result<i64, Failure> {
    match pool.query(FIND_VERSION, vec![SqlValue::Text(PART.to_owned())]).await {
        Ok(rows) => Ok(match rows.first().and_then(|row| row.first()) {
            Some(SqlValue::Int(version)) => *version,
            _ => 0,
        }),
        Err(error) if matches!(error.sqlstate.as_deref(), Some("42P01" | "3F000")) => Ok(0),
        Err(error) => Err(told(error)),
    }
}

async fn create(pool: &dyn SqlPool) -> Result<(), SqlError> {
    let transaction = pool.begin().await?;
    transaction.query(LOCK, Vec::new()).await?;
    transaction.script(VERSIONS).await?;
    for script in SCRIPTS {
        transaction.script(script).await?;
    }
    let noted = vec![SqlValue::Text(PART.to_owned()), SqlValue::Int(VERSION)];
    transaction.execute(NOTE_VERSION, noted).await?;
    transaction.commit().await
}

/// Whether two connections have made the same object at once, which `if not exists` does not prevent.
fn is_race(error: &SqlError) -> bool {
    matches!(error.sqlstate.as_deref(), Some("23505" | "42P06" | "42P07" | "42710" | "40P01" | "XX000"))
}

fn told(error: SqlError) -> Failure {
    if error.sqlstate.as_deref() == Some("42501") {
        let what = &error.failure.message;
        return Failure::failed_precondition(format!(
            "the tables of cron cannot be made: {what}; grant create on the database, or let its owner start the app once"
        ));
    }
    Failure::from(error)
}
