//! A PostgreSQL database of its own for each test.

#![allow(clippy::unwrap_used, reason = "a test fails where its database does")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use twinloop_runtime::{Component, SqlPool, SqlValue};

/// Returns the address of the tests' server.
pub fn server() -> String {
    std::env::var("DATABASE_URL").unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/test".to_owned())
}

/// A database named after the process and a count.
pub struct Database {
    name: String,
    pub url: String,
}

impl Database {
    pub async fn create(sqldb: &dyn Component) -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let count = LAST.fetch_add(1, Ordering::Relaxed);
        let name = format!("twinloop_queue_{}_{count}", std::process::id());
        let pool = sqldb.sql().unwrap().open(&server(), 1).unwrap();
        pool.query(&format!("drop database if exists {name} with (force)"), Vec::new()).await.unwrap();
        pool.query(&format!("create database {name} template template0"), Vec::new()).await.unwrap();
        let server = server();
        let (base, _) = server.rsplit_once('/').unwrap();
        Self { url: format!("{base}/{name}"), name }
    }

    pub async fn drop(self, sqldb: &dyn Component) {
        let pool = sqldb.sql().unwrap().open(&server(), 1).unwrap();
        pool.query(&format!("drop database {} with (force)", self.name), Vec::new()).await.unwrap();
    }

    /// Opens a connection pool on the database.
    #[allow(dead_code, reason = "not every test looks into it")]
    pub fn pool(&self, sqldb: &dyn Component) -> Arc<dyn SqlPool> {
        sqldb.sql().unwrap().open(&format!("{}?application_name=test", self.url), 4).unwrap()
    }

    /// Returns the single number of a query.
    #[allow(dead_code, reason = "not every test looks into it")]
    pub async fn number(pool: &dyn SqlPool, query: &str) -> i64 {
        match pool.query(query, Vec::new()).await.unwrap()[0][0] {
            SqlValue::Int(number) => number,
            ref other => panic!("{query} gave {other:?}"),
        }
    }
}
