//! The tables and functions, created at the first use of a database.

use std::time::Duration;

use twinloop_runtime::{Failure, SqlError, SqlPool, SqlValue};

use crate::provider::postgres::dedupe;

/// Tables and functions that are created together.
pub(crate) struct SchemaPart {
    name: &'static str,
    /// The version of the scripts, raised with every change.
    version: i64,
    scripts: &'static [&'static str],
}

/// The tables and functions of the queue.
pub(crate) const QUEUE: SchemaPart = SchemaPart {
    name: "pubsub",
    version: 2,
    scripts: &[
        dedupe::TABLE,
        include_str!("tables.sql"),
        include_str!("subscriptions.sql"),
        include_str!("functions.sql"),
    ],
};

/// The tables of the outbox.
pub(crate) const OUTBOX: SchemaPart = SchemaPart {
    name: "outbox",
    version: 1,
    scripts: &[dedupe::TABLE, include_str!("../../transactional/outbox/tables.sql")],
};

/// The table of the inbox.
pub(crate) const INBOX: SchemaPart =
    SchemaPart { name: "inbox", version: 1, scripts: &[include_str!("../../transactional/inbox.sql")] };

const VERSIONS: &str = "create schema if not exists twinloop;
    create table if not exists twinloop.schema_version (part text primary key, version int4 not null)";
/// Takes the lock that is held until the end of a transaction which creates or changes tables of this schema.
const LOCK: &str = "select pg_advisory_xact_lock(1953984624, 0)";
const NOTE_VERSION: &str =
    "insert into twinloop.schema_version (part, version) values ($1::text, $2::int8::int4)
    on conflict (part) do update set version = excluded.version";

/// Creates the tables and functions where they are missing or of an older version.
///
/// Errors: `failed_precondition` when the user may not create them, or when a newer version has created them.
pub(crate) async fn ensure(pool: &dyn SqlPool, part: &SchemaPart) -> Result<(), Failure> {
    // Another process may be creating the schema at this moment; the next try then finds it.
    for _ in 0..4 {
        match version(pool, part).await? {
            version if version == part.version => return Ok(()),
            newer if newer > part.version => {
                return Err(Failure::failed_precondition(format!(
                    "the tables of pubsub in the schema twinloop have version {newer}, this release knows {}: update the app",
                    part.version
                )));
            }
            _ => match create(pool, part).await {
                Err(error) if is_race(&error) => tokio::time::sleep(Duration::from_millis(20)).await,
                other => return other.map_err(told),
            },
        }
    }
    create(pool, part).await.map_err(told)
}

/// Returns the version of a part; 0 where it has no tables.
async fn version(pool: &dyn SqlPool, part: &SchemaPart) -> Result<i64, Failure> {
    let found = "select version from twinloop.schema_version where part = $1::text";
    let found = pool.query(found, vec![SqlValue::Text(part.name.to_owned())]).await;
    match found {
        Ok(rows) => Ok(match rows.first().and_then(|row| row.first()) {
            Some(SqlValue::Int(version)) => *version,
            _ => 0,
        }),
        Err(error) if matches!(error.sqlstate.as_deref(), Some("42P01" | "3F000")) => Ok(0),
        Err(error) => Err(told(error)),
    }
}

async fn create(pool: &dyn SqlPool, part: &SchemaPart) -> Result<(), SqlError> {
    let transaction = pool.begin().await?;
    transaction.query(LOCK, Vec::new()).await?;
    transaction.script(VERSIONS).await?;
    for script in part.scripts {
        transaction.script(script).await?;
    }
    let noted = vec![SqlValue::Text(part.name.to_owned()), SqlValue::Int(part.version)];
    transaction.execute(NOTE_VERSION, noted).await?;
    transaction.commit().await
}

/// Returns whether two processes have created the same object at once, which `if not exists` does not exclude.
fn is_race(error: &SqlError) -> bool {
    matches!(error.sqlstate.as_deref(), Some("23505" | "42P06" | "42P07" | "42710" | "40P01" | "XX000"))
}

fn told(error: SqlError) -> Failure {
    if error.sqlstate.as_deref() == Some("42501") {
        let what = &error.failure.message;
        return Failure::failed_precondition(format!(
            "the tables of pubsub cannot be created: {what}; grant create on the database, or let its owner start the app once"
        ));
    }
    Failure::from(error)
}
