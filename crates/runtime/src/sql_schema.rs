//! The tables and functions that a component keeps in the app's database, created at the first use.

use std::time::Duration;

use crate::failure::Failure;
use crate::sql::{SqlError, SqlPool, SqlValue};

/// Tables and functions of the schema `twinloop` that are created together.
pub struct SchemaPart {
    /// The part's name in `twinloop.schema_version`.
    pub name: &'static str,
    /// The component whose tables they are, as failures name it.
    pub component: &'static str,
    /// The version of the scripts; each change of them raises it.
    pub version: i64,
    /// The statements that create the part, or change an older version of it; each may be repeated.
    pub scripts: &'static [&'static str],
}

const VERSIONS: &str = "create schema if not exists twinloop;
    create table if not exists twinloop.schema_version (part text primary key, version int4 not null)";
/// Takes the lock under which all parts of an app change the schema `twinloop`, until the transaction ends.
const LOCK: &str = "select pg_advisory_xact_lock(1953984624, 0)";
const FIND_VERSION: &str = "select version from twinloop.schema_version where part = $1::text";
const NOTE_VERSION: &str =
    "insert into twinloop.schema_version (part, version) values ($1::text, $2::int8::int4)
    on conflict (part) do update set version = excluded.version";

impl SchemaPart {
    /// Creates the tables and functions where they are missing or of an older version.
    ///
    /// Errors: `failed_precondition` where the user may not create them, or a newer version has created them; those of the database.
    pub async fn ensure(&self, pool: &dyn SqlPool) -> Result<(), Failure> {
        // Another process or part of the app may be creating the schema at this moment; the next try finds it.
        for _ in 0..4 {
            match self.found(pool).await? {
                version if version == self.version => return Ok(()),
                newer if newer > self.version => return Err(self.too_new(newer)),
                _ => match self.create(pool).await {
                    Err(error) if is_race(&error) => tokio::time::sleep(Duration::from_millis(20)).await,
                    other => return other.map_err(|error| self.told(error)),
                },
            }
        }
        self.create(pool).await.map_err(|error| self.told(error))
    }

    /// The version in the database; 0 where the part has no tables.
    async fn found(&self, pool: &dyn SqlPool) -> Result<i64, Failure> {
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

    fn too_new(&self, newer: i64) -> Failure {
        let Self { component, version, .. } = self;
        Failure::failed_precondition(format!(
            "the tables of {component} in the schema twinloop have version {newer}, this release knows {version}: update the app"
        ))
    }

    fn told(&self, error: SqlError) -> Failure {
        if error.sqlstate.as_deref() != Some("42501") {
            return Failure::from(error);
        }
        let (component, what) = (self.component, &error.failure.message);
        Failure::failed_precondition(format!(
            "the tables of {component} cannot be created: {what}; grant create on the database, or let its owner start the app once"
        ))
    }
}

/// Whether two connections have created the same object at once, which `if not exists` does not prevent.
fn is_race(error: &SqlError) -> bool {
    matches!(error.sqlstate.as_deref(), Some("23505" | "42P06" | "42P07" | "42710" | "40P01" | "XX000"))
}
