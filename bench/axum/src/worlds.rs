//! The kinds that read and write the table `bench_world`: db, queries and updates.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Json};
use deadpool_postgres::{Client, Pool};
use futures_util::future::try_join_all;
use tokio_postgres::Statement;

use crate::{Failure, NAMED};

const ROWS: i32 = 10_000;
const MAX_QUERIES: i64 = 500;

const SELECT: &str = "select id, random_number from bench_world where id = $1";
const UPDATE: &str = "update bench_world set random_number = new.random_number \
                      from unnest($1::int[], $2::int[]) as new (id, random_number) where bench_world.id = new.id";

/// A row of the table.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct World {
    id: i32,
    random_number: i32,
}

/// How many queries a request asks for, as the text that it wrote.
#[derive(serde::Deserialize)]
pub(crate) struct Asked {
    queries: Option<String>,
}

impl Asked {
    /// From 1 to 500; what is no number counts as 1.
    fn count(&self) -> usize {
        let asked = self.queries.as_deref().and_then(|text| text.parse().ok()).unwrap_or(1_i64);
        usize::try_from(asked.clamp(1, MAX_QUERIES)).unwrap_or(1)
    }
}

/// One row by a random id.
pub(crate) async fn one(State(pool): State<Pool>) -> Result<impl IntoResponse, Failure> {
    let client = pool.get().await?;
    let statement = client.prepare_cached(SELECT).await?;
    Ok((NAMED, Json(select(&client, &statement, number()).await?)))
}

/// As many rows as asked for, each by a query of its own.
pub(crate) async fn several(
    State(pool): State<Pool>,
    Query(asked): Query<Asked>,
) -> Result<impl IntoResponse, Failure> {
    let client = pool.get().await?;
    let ids = std::iter::repeat_with(number).take(asked.count());
    Ok((NAMED, Json(select_all(&client, ids).await?)))
}

/// As many rows as asked for, each read by a query of its own, changed, and written back in one statement.
pub(crate) async fn update(
    State(pool): State<Pool>,
    Query(asked): Query<Asked>,
) -> Result<impl IntoResponse, Failure> {
    let client = pool.get().await?;
    let mut worlds = select_all(&client, distinct_ids(asked.count())).await?;
    for world in &mut worlds {
        world.random_number = number();
    }
    let ids: Vec<_> = worlds.iter().map(|world| world.id).collect();
    let numbers: Vec<_> = worlds.iter().map(|world| world.random_number).collect();
    let statement = client.prepare_cached(UPDATE).await?;
    client.execute(&statement, &[&ids, &numbers]).await?;
    Ok((NAMED, Json(worlds)))
}

/// Sends all queries before the first answer is awaited: the connection is pipelined.
async fn select_all(client: &Client, ids: impl IntoIterator<Item = i32>) -> Result<Vec<World>, Failure> {
    let statement = client.prepare_cached(SELECT).await?;
    try_join_all(ids.into_iter().map(|id| select(client, &statement, id))).await
}

async fn select(client: &Client, statement: &Statement, id: i32) -> Result<World, Failure> {
    let row = client.query_one(statement, &[&id]).await?;
    Ok(World { id: row.try_get(0)?, random_number: row.try_get(1)? })
}

/// An id, or a random number: both are from 1 to 10,000.
fn number() -> i32 {
    fastrand::i32(1..=ROWS)
}

/// Distinct ids in ascending order, in which two updates lock their rows without a deadlock.
fn distinct_ids(count: usize) -> Vec<i32> {
    let mut ids = Vec::with_capacity(count);
    while ids.len() < count {
        ids.push(number());
        if ids.len() == count {
            ids.sort_unstable();
            ids.dedup();
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::{Asked, distinct_ids};

    #[test]
    fn a_count_is_kept_between_1_and_500() {
        for (queries, count) in
            [(None, 1), (Some(""), 1), (Some("foo"), 1), (Some("0"), 1), (Some("20"), 20), (Some("501"), 500)]
        {
            assert_eq!(Asked { queries: queries.map(ToOwned::to_owned) }.count(), count, "{queries:?}");
        }
    }

    #[test]
    fn ids_are_distinct_and_ascend() {
        let ids = distinct_ids(500);
        assert_eq!(ids.len(), 500);
        assert!(ids.is_sorted_by(|one, next| one < next));
    }
}
