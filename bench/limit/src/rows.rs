//! The rows workload: twenty rows by one prepared statement, out of a pool of connections.

use std::fmt::{self, Write as _};

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use serde::{Serialize, Serializer};
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Config, NoTls, Row};

/// As many as every other server of this workload has.
const CONNECTIONS: usize = 10;

const QUERY: &str = "select id, name, email, active, created_at as \"createdAt\", score \
                     from bench_rows where id > $1 order by id limit 20";

/// The answer, its texts borrowed from the server's own messages.
#[derive(Serialize)]
struct Answer<'a> {
    rows: Vec<BenchRow<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BenchRow<'a> {
    #[serde(serialize_with = "as_text")]
    id: i64,
    name: &'a str,
    email: &'a str,
    active: bool,
    created_at: Instant,
    score: f64,
}

/// A pool for `url`; connects at its first use.
///
/// Errors: a sentence for a URL that cannot be read.
pub(crate) fn open(url: &str) -> Result<Pool, String> {
    let config: Config = url.parse().map_err(|error| format!("DATABASE_URL cannot be read: {error}"))?;
    let manager =
        Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    Pool::builder(manager)
        .max_size(CONNECTIONS)
        .build()
        .map_err(|error| format!("could not make a pool: {error}"))
}

/// The JSON text of the twenty rows after an id.
pub(crate) async fn select(pool: &Pool, after: i64) -> Result<Vec<u8>, String> {
    let client = pool.get().await.map_err(|error| error.to_string())?;
    let statement = client.prepare_cached(QUERY).await.map_err(|error| error.to_string())?;
    let found = client.query(&statement, &[&after]).await.map_err(|error| error.to_string())?;
    let rows =
        found.iter().map(BenchRow::read).collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    serde_json::to_vec(&Answer { rows }).map_err(|error| error.to_string())
}

impl<'a> BenchRow<'a> {
    fn read(row: &'a Row) -> Result<Self, tokio_postgres::Error> {
        Ok(Self {
            id: row.try_get(0)?,
            name: row.try_get(1)?,
            email: row.try_get(2)?,
            active: row.try_get(3)?,
            created_at: row.try_get(4)?,
            score: row.try_get(5)?,
        })
    }
}

/// Writes an `int8` as text, as the servers under comparison do: a number would lose digits in JavaScript.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes every field by reference")]
fn as_text<S: Serializer>(id: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// A `timestamptz`: microseconds since 2000-01-01. Written as JavaScript writes a `Date`.
struct Instant(i64);

const MICROS_PER_DAY: i64 = 86_400_000_000;
/// From 0000-03-01 to 2000-01-01, in the proleptic Gregorian calendar.
const DAYS_BEFORE_EPOCH: i64 = 730_425;
const DAYS_PER_ERA: i64 = 146_097;

impl fmt::Display for Instant {
    /// Years begin in March, so that the leap day is a year's last one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0.div_euclid(MICROS_PER_DAY) + DAYS_BEFORE_EPOCH;
        let millis = self.0.rem_euclid(MICROS_PER_DAY) / 1000;
        let (era, day) = (days.div_euclid(DAYS_PER_ERA), days.rem_euclid(DAYS_PER_ERA));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let shifted = (5 * day + 2) / 153;
        let (day, month) = (day - (153 * shifted + 2) / 5 + 1, (shifted + 2) % 12 + 1);
        let year = year + era * 400 + i64::from(month <= 2);
        let (seconds, millis) = (millis / 1000, millis % 1000);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z")
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(24);
        write!(text, "{self}").map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }
}

impl<'a> FromSql<'a> for Instant {
    fn from_sql(of: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        // The wire form of a timestamptz is that of an int8.
        i64::from_sql(of, raw).map(Self)
    }

    fn accepts(of: &Type) -> bool {
        *of == Type::TIMESTAMPTZ
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_reads_as_javascript_writes_it() {
        for (micros, text) in [
            (0, "2000-01-01T00:00:00.000Z"),
            (-1, "1999-12-31T23:59:59.999Z"),
            (59 * MICROS_PER_DAY, "2000-02-29T00:00:00.000Z"),
            (757_382_461_250_000, "2024-01-01T00:01:01.250Z"),
        ] {
            assert_eq!(Instant(micros).to_string(), text);
        }
    }
}
