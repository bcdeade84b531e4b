//! The tables and functions that components make in an app's database, at their first use of it.

use std::time::Duration;

use crate::failure::Failure;
use crate::sql::{SqlError, SqlPool, SqlValue};

const VERSIONS: &str = "create schema if not exists twinloop;
    create table if not exists twinloop.schema_version (part text primary key, version int4 not null)";
/// Takes the lock under which all parts of an app change the schema `twinloop`, until the transaction ends.
const LOCK: &str = "select pg_advisory_xact_lock(1953984624, 0)";
const FIND_VERSION: &str = "select version from twinloop.schema_version where part = $1::text";
const NOTE_VERSION: &str =
    "insert into twinloop.schema_version (part, version) values ($1::text, $2::int8::int4)
    on conflict (part) do update set version = excluded.version";

/// Times that a race with another part of the app is waited out, and the pause before each further try.
const TRIES: u32 = 4;
const PAUSE: Duration = Duration::from_millis(20);

/// A part of the schema `twinloop`: tables and functions that are made together and have one version.
pub struct SchemaPart {
    /// The part's name in the table `twinloop.schema_version`.
    pub name: &'static str,
    /// The version of the scripts, from 1; each change of them raises it.
    pub version: i64,
    /// The scripts, which leave alone what is there.
    pub scripts: &'static [&'static str],
    /// Whose tables they are, for messages, such as `cron`.
    pub owner: &'static str,
    /// Whether tables that a newer release has made are used as they are.
    pub takes_newer: bool,
}

impl SchemaPart {
    /// Makes the tables and functions where they are missing or older than this version.
    ///
    /// Errors: `failed_precondition` when the user may not make them, or a newer release made them and the part does not take them.
    pub async fn ensure(&self, pool: &dyn SqlPool) -> Result<(), Failure> {
        // Another part of the app may be making the schema at this moment; the next try finds it.
        for _ in 0..TRIES {
            match self.version_in(pool).await? {
                found if found == self.version => return Ok(()),
                newer if newer > self.version => return self.newer(newer),
                _ => match self.create(pool).await {
                    Err(error) if is_race(&error) => tokio::time::sleep(PAUSE).await,
                    other => return other.map_err(|error| self.told(error)),
                },
            }
        }
        self.create(pool).await.map_err(|error| self.told(error))
    }

    /// The version of the tables in the database; 0 where there are none.
    async fn version_in(&self, pool: &dyn SqlPool) -> Result<i64, Failure> {
        match pool.query(FIND_VERSION, vec![SqlValue::Text(self.name.to_owned())]).await {
            Ok(rows) => Ok(match rows.first().and_then(|row| row.first()) {
                Some(SqlValue::Int(version)) => *version,
                _ => 0,
            }),
            Err(error) if matches!(error.sqlstate.as_deref(), Some("42P01" | "3F000")) => Ok(0),
            Err(error) => Err(self.told(error)),
        }
    }

    async fn create(&self, pool: &dyn SqlPool) -> Result<(), SqlError> {
        let transaction = pool.begin().await?;
        transaction.query(LOCK, Vec::new()).await?;
        transaction.script(VERSIONS).await?;
        for script in self.scripts {
            transaction.script(script).await?;
        }
        let noted = vec![SqlValue::Text(self.name.to_owned()), SqlValue::Int(self.version)];
        transaction.execute(NOTE_VERSION, noted).await?;
        transaction.commit().await
    }

    fn newer(&self, newer: i64) -> Result<(), Failure> {
        if self.takes_newer {
            return Ok(());
        }
        let Self { owner, version, .. } = self;
        Err(Failure::failed_precondition(format!(
            "the tables of {owner} in the schema twinloop have version {newer}, this release knows {version}: update the app"
        )))
    }

    fn told(&self, error: SqlError) -> Failure {
        if error.sqlstate.as_deref() != Some("42501") {
            return Failure::from(error);
        }
        let (owner, what) = (self.owner, &error.failure.message);
        Failure::failed_precondition(format!(
            "the tables of {owner} cannot be made: {what}; grant create on the database, or let its owner start the app once"
        ))
    }
}

/// Whether two connections have made the same object at once, which `if not exists` does not prevent.
fn is_race(error: &SqlError) -> bool {
    matches!(error.sqlstate.as_deref(), Some("23505" | "42P06" | "42P07" | "42710" | "40P01" | "XX000"))
}
