//! The transactional outbox over a real database, with a broker that fails on demand.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "support/database.rs"]
mod database;
#[path = "support/recorder.rs"]
mod recorder;

use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use database::Database;
use recorder::Recorder;
use twinloop_pubsub::outbox::{self, Relay, RelayEvent};
use twinloop_pubsub::{Broker, Dedupe, NewMessage, Published, Recall};
use twinloop_runtime::{Component, SqlPool};

const WITHIN: Duration = Duration::from_secs(30);

struct App {
    sqldb: Box<dyn Component>,
    database: Database,
    pool: Arc<dyn SqlPool>,
    broker: Arc<Recorder>,
    reports: Arc<Mutex<Vec<RelayEvent>>>,
}

impl App {
    /// Creates a database with an outbox and no relay.
    async fn new() -> Self {
        let sqldb = twinloop_sqldb::component();
        let database = Database::create(&*sqldb).await;
        let pool = database.pool(&*sqldb);
        let app = Self { sqldb, database, pool, broker: Arc::default(), reports: Arc::default() };
        drop(app.relay().await);
        app
    }

    async fn relay(&self) -> Relay {
        let (broker, reports) = (Arc::clone(&self.broker) as Arc<dyn Broker>, Arc::clone(&self.reports));
        let report = move |report| reports.lock().unwrap().push(report);
        Relay::start(self.sqldb.sql().unwrap(), &self.database.url, broker, report).await.unwrap()
    }

    async fn waiting(&self) -> i64 {
        Database::number(&*self.pool, "select count(*) from twinloop.outbox").await
    }

    async fn published(&self, count: usize) -> Vec<String> {
        let began = tokio::time::Instant::now();
        while self.broker.ids().len() < count {
            assert!(began.elapsed() < WITHIN, "{} of {count} have arrived", self.broker.ids().len());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        self.broker.ids()
    }

    async fn emptied(&self) {
        let began = tokio::time::Instant::now();
        while self.waiting().await > 0 {
            assert!(began.elapsed() < WITHIN, "the outbox is not emptied");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn end(self) {
        drop(self.pool);
        self.database.drop(&*self.sqldb).await;
    }
}

fn message(id: &str, key: Option<&str>) -> NewMessage {
    NewMessage {
        id: id.to_owned(),
        topic: "t".to_owned(),
        body: Bytes::from(format!("{{\"id\":\"{id}\"}}")),
        key: key.map(ToOwned::to_owned),
        published_at: SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123),
        deliver_at: None,
        priority: 0,
        dedupe: None,
        unique: None,
        trace: Some("trace".to_owned()),
        unwanted_by: Vec::new(),
    }
}

fn deduped(id: &str, key: &str) -> NewMessage {
    let until = SystemTime::now() + Duration::from_secs(60);
    NewMessage { dedupe: Some(Dedupe { key: key.to_owned(), until }), ..message(id, None) }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_committed_arrives_as_it_was_and_what_was_rolled_back_never() {
    let app = App::new().await;
    let relay = app.relay().await;
    let rolled_back = app.pool.begin().await.unwrap();
    outbox::store(&*rolled_back, vec![message("never", None)]).await.unwrap();
    drop(rolled_back);
    let committed = app.pool.begin().await.unwrap();
    // The message needs a key: one without goes before one that waits for older transactions of any database of the server.
    let deliver_at = Some(SystemTime::now() + Duration::from_secs(600));
    let later = NewMessage { deliver_at, priority: 7, ..message("b", Some("k")) };
    let stored = outbox::store(&*committed, vec![message("a", Some("k")), later]).await.unwrap();
    assert_eq!(stored, [Published::Stored, Published::Stored]);
    assert_eq!(app.broker.ids(), [""; 0], "nothing goes before the commit");
    committed.commit().await.unwrap();
    assert_eq!(app.published(2).await, ["a", "b"]);
    app.emptied().await;
    let arrived = app.broker.messages();
    let sent = message("a", Some("k"));
    assert_eq!(
        (
            &arrived[0].body,
            &arrived[0].key,
            arrived[0].published_at,
            &arrived[0].trace,
            arrived[0].deliver_at
        ),
        (&sent.body, &sent.key, sent.published_at, &sent.trace, None)
    );
    assert_eq!([arrived[0].priority, arrived[1].priority], [0, 7]);
    let ahead = arrived[1].deliver_at.unwrap().duration_since(SystemTime::now()).unwrap();
    assert!((500..=600).contains(&ahead.as_secs()), "{ahead:?}");
    drop(relay);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_still_in_the_outbox_is_cancelled_or_gets_another_time() {
    let app = App::new().await;
    let ids = ["a", "b", "c"];
    outbox::publish(&*app.pool, ids.map(|id| message(id, None)).to_vec()).await.unwrap();
    let soon = Recall::Reschedule(SystemTime::now() + Duration::from_secs(600));
    let recall = async |topic, id, what| outbox::recall(&*app.pool, topic, id, what).await.unwrap();
    assert!(!recall("other", "a", Recall::Cancel).await, "the id is of another topic");
    assert!(recall("t", "a", Recall::Cancel).await);
    assert!(!recall("t", "a", Recall::Cancel).await, "it is gone");
    assert!(recall("t", "b", soon).await);
    let relay = app.relay().await;
    assert_eq!(app.published(2).await, ["b", "c"]);
    app.emptied().await;
    let arrived = app.broker.messages();
    assert!(arrived[0].deliver_at.is_some() && arrived[1].deliver_at.is_none(), "{arrived:?}");
    assert!(!recall("t", "c", Recall::Cancel).await, "the broker has it");
    drop(relay);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_killed_between_publish_and_delete_loses_nothing() {
    let app = App::new().await;
    let ids: Vec<String> = (0..20).map(|number| format!("m{number}")).collect();
    outbox::publish(&*app.pool, ids.iter().map(|id| message(id, None)).collect()).await.unwrap();
    app.broker.hold(true);
    let relay = app.relay().await;
    assert_eq!(app.published(20).await, ids);
    drop(relay);
    assert_eq!(app.waiting().await, 20, "nothing is deleted before it is confirmed");
    app.broker.hold(false);
    let relay = app.relay().await;
    let all = app.published(40).await;
    assert_eq!(all[20..], ids, "with the ids they had");
    app.emptied().await;
    drop(relay);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_relays_carry_each_message_once_and_keys_in_order() {
    let app = App::new().await;
    let relays = [app.relay().await, app.relay().await];
    for number in 0..60 {
        let batch = ["a", "b"].map(|key| message(&format!("{key}{number:02}"), Some(key)));
        outbox::publish(&*app.pool, batch.to_vec()).await.unwrap();
    }
    let ids = app.published(120).await;
    app.emptied().await;
    assert_eq!(app.broker.ids().len(), 120);
    for key in ["a", "b"] {
        let of_key: Vec<&String> = ids.iter().filter(|id| id.starts_with(key)).collect();
        assert!(of_key.is_sorted() && of_key.len() == 60, "{of_key:?}");
    }
    drop(relays);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_waits_for_an_earlier_one_of_its_key_whose_transaction_is_open() {
    let app = App::new().await;
    let relay = app.relay().await;
    let open = app.pool.begin().await.unwrap();
    outbox::store(&*open, vec![message("first", Some("k"))]).await.unwrap();
    outbox::publish(&*app.pool, vec![message("second", Some("k")), message("free", None)]).await.unwrap();
    assert_eq!(app.published(1).await, ["free"], "without a key nobody is waited for");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(app.broker.ids(), ["free"]);
    open.commit().await.unwrap();
    assert_eq!(app.published(3).await, ["free", "first", "second"]);
    drop(relay);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_down_is_reported_once_and_tried_again() {
    let app = App::new().await;
    app.broker.fail_next(3, twinloop_runtime::Failure::unavailable("the broker is down"));
    outbox::publish(&*app.pool, vec![message("a", None)]).await.unwrap();
    let relay = app.relay().await;
    assert_eq!(app.published(1).await, ["a"]);
    app.emptied().await;
    let began = tokio::time::Instant::now();
    while app.reports.lock().unwrap().len() < 2 && began.elapsed() < WITHIN {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let reports = app.reports.lock().unwrap().clone();
    assert!(matches!(&reports[..], [RelayEvent::BrokerFailed(_), RelayEvent::Recovered]), "{reports:?}");
    drop(relay);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_the_broker_never_takes_is_kept_and_the_others_go_on() {
    let app = App::new().await;
    app.broker.refuse("bad");
    let batch = ["a", "bad", "b"].map(|id| message(id, None));
    outbox::publish(&*app.pool, batch.to_vec()).await.unwrap();
    let relay = app.relay().await;
    assert_eq!(app.published(2).await, ["a", "b"]);
    let began = tokio::time::Instant::now();
    while app.waiting().await > 1 && began.elapsed() < WITHIN {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let kept =
        "select count(*) from twinloop.outbox where message_id = 'bad' and refused like 'invalid_argument%'";
    assert_eq!(Database::number(&*app.pool, kept).await, 1);
    let reports = app.reports.lock().unwrap().clone();
    assert!(matches!(&reports[..], [RelayEvent::Refused { id, .. }] if id == "bad"), "{reports:?}");
    drop(relay);
    app.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dedupe_key_is_taken_by_one_transaction_and_free_again_when_it_rolls_back() {
    let app = App::new().await;
    let dropped = app.pool.begin().await.unwrap();
    assert_eq!(outbox::store(&*dropped, vec![deduped("x", "k")]).await.unwrap(), [Published::Stored]);
    drop(dropped);
    let batch = vec![deduped("a", "k"), deduped("b", "k"), deduped("c", "l")];
    let first = outbox::publish(&*app.pool, batch).await.unwrap();
    assert_eq!(first, [Published::Stored, Published::Duplicate("a".to_owned()), Published::Stored]);
    let again = outbox::publish(&*app.pool, vec![deduped("d", "k"), deduped("a", "k")]).await.unwrap();
    assert_eq!(again, [Published::Duplicate("a".to_owned()), Published::Stored]);
    assert_eq!(app.waiting().await, 2, "a message that is sent again is stored once");
    app.end().await;
}
