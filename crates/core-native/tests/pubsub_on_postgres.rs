//! The PostgreSQL provider of pubsub over the connection pools of sqldb: an integration test of two crates.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../../pubsub/tests/provider/suite.rs"]
mod provider;

use std::sync::Arc;

use provider::{Harness, provider_suite};
use twinloop_pubsub::Broker;
use twinloop_pubsub::postgres::Postgres;
use twinloop_runtime::Component;

#[path = "support/database.rs"]
mod database;

use database::Database;

struct InPostgres {
    sqldb: Box<dyn Component>,
    database: Database,
    broker: Arc<Postgres>,
}

impl Harness for InPostgres {
    const DELAY_GRAIN: std::time::Duration = std::time::Duration::from_millis(50);

    async fn fresh() -> Self {
        let sqldb = twinloop_sqldb::component();
        let database = Database::create(&*sqldb).await;
        let broker = Postgres::open(sqldb.sql().unwrap(), &database.url, "here/1").unwrap();
        Self { sqldb, database, broker }
    }

    fn broker(&self) -> Arc<dyn Broker> {
        Arc::clone(&self.broker) as Arc<dyn Broker>
    }

    async fn reopen(&mut self) {
        self.broker.close().await.unwrap();
        self.broker = Postgres::open(self.sqldb.sql().unwrap(), &self.database.url, "here/1").unwrap();
    }

    async fn finish(self) {
        drop(self.broker);
        self.database.drop(&*self.sqldb).await;
    }
}

provider_suite!(InPostgres);
