//! Messages that PostgreSQL keeps, or that go through the outbox of a database, tell of themselves.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "support/database.rs"]
mod database;
#[path = "../../pubsub/tests/telemetry/suite.rs"]
mod telemetry;

use database::Database;
use telemetry::app::{App, SQLDB, core};
use telemetry::kept::{Kept, attribute};
use telemetry::telemetry_suite;
use twinloop_runtime::telemetry::OperationKind;

const OPEN: i32 = 1;
const QUERY: i32 = 2;
const ACQUIRE: i32 = 4;
const RELEASE: i32 = 5;
const LIMITS: &str = r#"{"maxConnections":4,"connectTimeout":5000,"acquireTimeout":5000,"idleTimeout":60000,
    "maxLifetime":3600000,"transactionIdleTimeout":60000}"#;

struct Place {
    sqldb: Box<dyn twinloop_runtime::Component>,
    database: Database,
}

impl Place {
    async fn new() -> Self {
        // The first to ask for the core builds it, and opening a pool asks.
        core(Some(twinloop_sqldb::component()));
        let sqldb = twinloop_sqldb::component();
        let database = Database::create(&*sqldb).await;
        Self { sqldb, database }
    }

    async fn app(&self) -> App {
        App::open(core(Some(twinloop_sqldb::component())), &self.database.url, &[]).await
    }

    async fn remove(self) {
        self.database.drop(&*self.sqldb).await;
    }
}

telemetry_suite!(Place::new());

/// Publishes in a transaction of the database `orders`, for a request, and returns the trace.
async fn a_transaction_carries_the_span_of_its_publish(app: &App, database: &str) {
    let kept = Kept::read();
    let arguments = format!("[{database:?},{},false,\"orders\"]", LIMITS.replace('\n', ""));
    let opened = app.call(None, SQLDB, OPEN, &arguments).await.unwrap();
    let pool = serde_json::from_str::<serde_json::Value>(&opened).unwrap()[0].as_u64().unwrap();
    let begun = app.call(None, SQLDB, ACQUIRE, &format!(r#"[{pool},5000,0,"begin"]"#)).await.unwrap();
    let session = serde_json::from_str::<(u32, i32)>(&begun).unwrap().0;
    let request = app.request(true, Some("vendor=1")).await;
    let options = format!(r#"{{"tx":["orders",{session},1]}}"#);
    app.publish(Some(request.job), 0, &options, "{}").await.unwrap();
    let trace = request.place().trace;
    request.end();
    let commit = format!(r#"[[{pool},{session},2],5000,0,0,0,"commit",[]]"#);
    app.call(None, SQLDB, QUERY, &commit).await.unwrap();
    app.call(None, SQLDB, RELEASE, &format!("[[{pool},{session},3],false]")).await.unwrap();

    let handling = app.handling().await;
    assert_eq!(
        (handling.get("request-id"), handling.get("tracestate")),
        (trace.to_string(), "vendor=1".into())
    );
    app.succeed(&handling);
    let all = kept.operations(trace, 2).await;
    let of = |kind| all.iter().find(|one| one.kind == kind).unwrap();
    let sent = of(OperationKind::Request).span(&format!("send {}", app.topics[0]));
    let message = of(OperationKind::Message).root();
    assert_eq!(
        (message.parent, attribute(message, "twinloop.outcome")),
        (Some(sent.context.span), "done".into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_of_the_brokers_own_database_carries_the_span_of_its_publish() {
    let place = Place::new().await;
    let url = &place.database.url;
    let app = App::open(core(Some(twinloop_sqldb::component())), url, &[("orders", url)]).await;
    a_transaction_carries_the_span_of_its_publish(&app, url).await;
    app.close().await;
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_through_the_outbox_keeps_the_span_of_its_publish() {
    let place = Place::new().await;
    let url = &place.database.url;
    let app =
        App::open(core(Some(twinloop_sqldb::component())), "embedded:outbox.redb", &[("orders", url)]).await;
    a_transaction_carries_the_span_of_its_publish(&app, url).await;
    app.close().await;
    place.remove().await;
}
