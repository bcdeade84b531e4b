//! Faults of the broker and of the connections to it. The slow tests run with `FULL=1`.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::panic, reason = "tests")]

#[path = "rabbitmq/node.rs"]
mod node;
#[path = "provider/suite.rs"]
mod provider;
#[path = "rabbitmq/proxy.rs"]
mod proxy;
#[path = "rabbitmq/vhost.rs"]
mod vhost;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use node::Node;
use provider::fixture::{burial, drink, keyed, message, next, nothing, subscription, text, topic};
use proxy::Proxy;
use tokio::time::{Instant, sleep, timeout};
use twinloop_pubsub::rabbitmq::{RabbitMq, SupplyEvent};
use twinloop_pubsub::{Broker, Consumer, DeadReason, NewMessage, Operate, Published, Subscription};
use twinloop_runtime::Failure;
use vhost::{Vhost, rabbitmqctl, unavailable};

const LONG: Duration = Duration::from_secs(60);

/// Returns whether a test is skipped, and prints why.
fn skipped(is_slow: bool) -> bool {
    let slow = (is_slow && std::env::var_os("FULL").is_none()).then_some("it is slow: FULL=1 runs it");
    let reason = unavailable().or(slow);
    if let Some(reason) = reason {
        eprintln!("skipped: {reason}");
    }
    reason.is_some()
}

/// A provider with a consumer of `t/s`.
struct App {
    broker: Arc<RabbitMq>,
    consumer: Arc<dyn Consumer>,
    reports: Arc<Mutex<Vec<SupplyEvent>>>,
}

impl App {
    async fn at(url: &str, subscription: Subscription) -> Self {
        let reports = Arc::<Mutex<Vec<SupplyEvent>>>::default();
        let noted = Arc::clone(&reports);
        let broker = RabbitMq::open(url, move |report| noted.lock().unwrap().push(report)).unwrap();
        broker
            .declare(&[topic("t", subscription.ordered, std::slice::from_ref(&subscription))])
            .await
            .unwrap();
        let consumer = broker.consume(&subscription).await.unwrap();
        Self { broker: Arc::new(broker), consumer, reports }
    }

    async fn publish(&self, text: &str) {
        let published = self.broker.publish(vec![message(text)]).await.unwrap();
        assert_eq!(published, [Published::Stored]);
    }

    /// Publishes repeatedly until the message is confirmed, as a careful program does.
    async fn publish_patiently(&self, sent: NewMessage) {
        let started = Instant::now();
        while let Err(error) = self.broker.publish(vec![sent.clone()]).await {
            assert_eq!(error.code.as_str(), "unavailable");
            assert!(started.elapsed() < LONG, "{error}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits for the next message through all temporary errors.
    async fn next_patiently(&self) -> twinloop_pubsub::Delivery {
        let started = Instant::now();
        loop {
            match timeout(LONG, self.consumer.next(1)).await.unwrap() {
                Ok(mut deliveries) => return deliveries.remove(0),
                Err(error) => assert!(started.elapsed() < LONG, "{error}"),
            }
            sleep(Duration::from_millis(100)).await;
        }
    }
}

async fn fails<T>(future: impl Future<Output = Result<T, Failure>>) -> Failure {
    future.await.err().unwrap_or_else(|| panic!("it did not fail"))
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_the_broker_closes_are_made_anew_and_nothing_is_lost() {
    if skipped(false) {
        return;
    }
    let vhost = Vhost::new().await;
    let app = App::at(&vhost.url(), subscription("s")).await;
    app.publish("a").await;
    let held = next(&*app.consumer).await;
    rabbitmqctl(&["close_all_connections", "--vhost", vhost.name(), "a test"]).await;
    app.publish_patiently(message("b")).await;
    let mut texts = Vec::new();
    for _ in 0..2 {
        let delivery = app.next_patiently().await;
        texts.push((text(&delivery), delivery.attempt));
        app.consumer.acknowledge(&delivery).await.unwrap();
    }
    texts.sort_unstable();
    assert_eq!(texts, [("a".to_owned(), 2), ("b".to_owned(), 1)]);
    assert_eq!(app.consumer.extend(&[held.lease]).await.unwrap(), [held.lease]);
    // A late settlement over the closed channel finds nothing and does not affect the new one.
    app.consumer.acknowledge(&held).await.unwrap();
    app.publish("c").await;
    assert_eq!(drink(&*app.consumer, 1).await, ["c"]);
    app.broker.close().await.unwrap();
    vhost.delete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_dies_is_followed_by_the_next_of_the_url() {
    if skipped(false) {
        return;
    }
    let vhost = Vhost::new().await;
    let url = vhost.url();
    let (user, place) = url.rsplit_once('@').unwrap();
    let (host, path) = place.split_once('/').unwrap();
    let port = host.rsplit_once(':').map_or(5672, |(_, port)| port.parse().unwrap());
    let (first, second) = (Proxy::to(port).await, Proxy::to(port).await);
    let hosts = format!("127.0.0.1:1,127.0.0.1:{},127.0.0.1:{}", first.port, second.port);
    let app = App::at(&format!("{user}@{hosts}/{path}"), subscription("s")).await;
    app.publish("a").await;
    assert_eq!(drink(&*app.consumer, 1).await, ["a"]);
    assert!(first.connections() > 0 && second.connections() == 0, "the first that answers is used");
    first.die();
    app.publish_patiently(message("b")).await;
    let mut came = app.next_patiently().await;
    // The acknowledgement of the first message may have been on its way.
    if text(&came) == "a" {
        came = app.next_patiently().await;
    }
    assert_eq!(text(&came), "b");
    assert!(second.connections() > 0);
    app.broker.close().await.unwrap();
    vhost.delete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn leases_are_lost_with_the_connection_though_nobody_asks_for_more() {
    if skipped(false) {
        return;
    }
    let vhost = Vhost::new().await;
    let app = App::at(&vhost.url(), subscription("s")).await;
    app.publish("a").await;
    let held = next(&*app.consumer).await;
    rabbitmqctl(&["close_all_connections", "--vhost", vhost.name(), "a test"]).await;
    let started = Instant::now();
    while app.consumer.extend(&[held.lease]).await.unwrap().is_empty() {
        assert!(started.elapsed() < LONG);
        sleep(Duration::from_millis(50)).await;
    }
    app.broker.close().await.unwrap();
    vhost.delete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_that_was_deleted_is_made_again_and_told_of() {
    if skipped(false) {
        return;
    }
    let vhost = Vhost::new().await;
    let app = App::at(&vhost.url(), subscription("s")).await;
    app.publish("a").await;
    drink(&*app.consumer, 1).await;
    let consumer = Arc::clone(&app.consumer);
    let waiting = tokio::spawn(async move { next(&*consumer).await });
    // A younger channel counts as one that was just opened.
    sleep(Duration::from_millis(1100)).await;
    rabbitmqctl(&["delete_queue", "--vhost", vhost.name(), "twinloop.t.s"]).await;
    let started = Instant::now();
    while app.reports.lock().unwrap().is_empty() {
        assert!(started.elapsed() < LONG, "nobody was told");
        sleep(Duration::from_millis(20)).await;
    }
    let expected = SupplyEvent::QueueLost { topic: "t".into(), subscription: "s".into() };
    assert_eq!(*app.reports.lock().unwrap(), [expected]);
    app.publish("b").await;
    assert_eq!(text(&waiting.await.unwrap()), "b");
    app.broker.close().await.unwrap();
    vhost.delete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publish_that_reaches_no_queue_of_a_subscribed_topic_makes_it_again() {
    if skipped(false) {
        return;
    }
    let vhost = Vhost::new().await;
    let broker = vhost.open();
    broker.declare(&[topic("t", false, &[subscription("s")])]).await.unwrap();
    broker.publish(vec![message("lost with its queue")]).await.unwrap();
    rabbitmqctl(&["delete_queue", "--vhost", vhost.name(), "twinloop.t.s"]).await;
    broker.publish((0..50).map(|number| message(&number.to_string())).collect()).await.unwrap();
    let consumer = broker.consume(&Subscription { topic: "t".into(), ..subscription("s") }).await.unwrap();
    let expected: Vec<String> = (0..50).map(|number| number.to_string()).collect();
    assert_eq!(drink(&*consumer, 50).await, expected);
    nothing(&*consumer).await;
    broker.close().await.unwrap();
    vhost.delete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_that_nobody_knows_takes_messages() {
    if skipped(false) {
        return;
    }
    let vhost = Vhost::new().await;
    let broker = vhost.open();
    assert_eq!(broker.publish(vec![message("a")]).await.unwrap(), [Published::Stored]);
    broker.close().await.unwrap();
    vhost.delete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_was_declared_otherwise_is_refused_and_others_go_on() {
    if skipped(false) {
        return;
    }
    let vhost = Vhost::new().await;
    let app = App::at(&vhost.url(), subscription("s")).await;
    let error = fails(app.broker.declare(&[topic("t", true, &[subscription("s")])])).await;
    assert_eq!(error.code.as_str(), "failed_precondition");
    assert!(error.message.contains("twinloop.t.s"), "{error}");
    app.publish("a").await;
    assert_eq!(drink(&*app.consumer, 1).await, ["a"]);
    app.broker.close().await.unwrap();
    vhost.delete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_not_there_or_does_not_let_us_in_is_named_without_its_password() {
    if skipped(false) {
        return;
    }
    let vhost = Vhost::new().await;
    let (_, place) =
        vhost.url().rsplit_once('@').map(|(user, place)| (user.to_owned(), place.to_owned())).unwrap();
    let host = place.split('/').next().unwrap();
    for (url, code, named) in [
        ("amqp://user:hunter2@127.0.0.1:1/v".to_owned(), "unavailable", "amqp://127.0.0.1:1/v"),
        (format!("amqp://guest:hunter2@{place}"), "failed_precondition", vhost.name()),
        (format!("amqp://guest:guest@{host}/no-such-vhost"), "failed_precondition", "no-such-vhost"),
    ] {
        let broker = RabbitMq::open(&url, |_| {}).unwrap();
        let error = fails(broker.declare(&[topic("t", false, &[subscription("s")])])).await;
        assert_eq!(error.code.as_str(), code, "{error}");
        assert!(error.message.contains(named) && !error.message.contains("hunter2"), "{error}");
    }
    vhost.delete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_way_that_leads_nowhere_fails_in_bounded_time_and_what_was_out_comes_again() {
    if skipped(true) {
        return;
    }
    let mut node = Node::start().await;
    let proxy = Proxy::to(node.port).await;
    let url = format!("amqp://guest:guest@127.0.0.1:{}/?heartbeat=2", proxy.port);
    let app = App::at(&url, subscription("s")).await;
    app.publish("a").await;
    let held = next(&*app.consumer).await;
    proxy.hold(true);
    let started = Instant::now();
    let error = fails(app.broker.publish(vec![message("b")])).await;
    assert_eq!(error.code.as_str(), "unavailable");
    assert!(error.message.contains("may have been stored"), "{error}");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    // The next try over another connection is not answered either.
    let error = fails(app.broker.publish(vec![message("c")])).await;
    assert!(error.code.as_str() == "unavailable" && started.elapsed() < Duration::from_secs(40), "{error}");
    // The heartbeat detects the loss.
    while app.consumer.extend(&[held.lease]).await.unwrap().is_empty() {
        assert!(started.elapsed() < LONG);
        sleep(Duration::from_millis(50)).await;
    }
    proxy.hold(false);
    proxy.cut();
    app.publish_patiently(message("d")).await;
    let mut texts: Vec<String> = Vec::new();
    while texts.iter().filter(|text| ["a", "d"].contains(&text.as_str())).count() < 2 {
        let delivery = app.next_patiently().await;
        texts.push(text(&delivery));
        app.consumer.acknowledge(&delivery).await.unwrap();
    }
    app.broker.close().await.unwrap();
    node.run_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_stops_publishers_with_a_clear_error_and_consumers_go_on() {
    if skipped(true) {
        return;
    }
    let mut node = Node::start().await;
    let app = App::at(&node.url(), subscription("s")).await;
    for text in ["a", "b", "c"] {
        app.publish(text).await;
    }
    node.ctl(&["set_vm_memory_high_watermark", "0"]).await;
    let error = fails(app.broker.publish(vec![message("late")])).await;
    assert_eq!(error.code.as_str(), "unavailable");
    assert!(error.message.contains("short of memory or disk space"), "{error}");
    let error = fails(app.broker.publish(vec![message("unsent")])).await;
    assert!(error.message.contains("nothing was sent"), "{error}");
    assert_eq!(drink(&*app.consumer, 1).await, ["a"]);
    // A message that cannot be moved waits in the process.
    let b = next(&*app.consumer).await;
    app.consumer.retry(&b, Duration::ZERO).await.unwrap();
    let mut texts = Vec::new();
    for _ in 0..2 {
        let delivery = next(&*app.consumer).await;
        texts.push((text(&delivery), delivery.attempt));
        app.consumer.acknowledge(&delivery).await.unwrap();
    }
    texts.sort_unstable();
    assert_eq!(texts, [("b".to_owned(), 2), ("c".to_owned(), 1)]);
    node.ctl(&["set_vm_memory_high_watermark", "0.4"]).await;
    app.publish_patiently(message("d")).await;
    loop {
        let delivery = next(&*app.consumer).await;
        app.consumer.acknowledge(&delivery).await.unwrap();
        if text(&delivery) == "d" {
            break;
        }
    }
    app.broker.close().await.unwrap();
    node.run_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_stopped_and_started_again_has_lost_nothing_that_was_confirmed() {
    if skipped(true) {
        return;
    }
    let mut node = Node::start().await;
    let app = App::at(&node.url(), Subscription { ordered: true, ..subscription("s") }).await;
    for number in 0..20 {
        app.broker.publish(vec![keyed("k", &number.to_string())]).await.unwrap();
    }
    assert_eq!(drink(&*app.consumer, 3).await, ["0", "1", "2"]);
    let buried = next(&*app.consumer).await;
    app.consumer.bury(&buried, burial(DeadReason::Unrecoverable)).await.unwrap();
    let _held = next(&*app.consumer).await;
    node.halt().await;
    assert_eq!(fails(app.broker.publish(vec![message("down")])).await.code.as_str(), "unavailable");
    node.run().await;
    app.publish_patiently(keyed("k", "after")).await;
    let mut texts: Vec<String> = Vec::new();
    while texts.last().is_none_or(|text| text != "after") {
        let delivery = app.next_patiently().await;
        texts.push(text(&delivery));
        app.consumer.acknowledge(&delivery).await.unwrap();
    }
    // Acknowledgements that the broker had not stored may be lost, but no message may.
    let keyed: Vec<u32> = texts.iter().filter_map(|text| text.parse().ok()).collect();
    assert!(keyed.is_sorted() && keyed.iter().filter(|number| **number >= 4).count() == 16, "{keyed:?}");
    let letters = app.broker.dead_letters("t", "s", 10, None).await.unwrap();
    assert_eq!(letters.iter().map(|letter| &letter.id).collect::<Vec<_>>(), [&buried.id]);
    app.broker.close().await.unwrap();
    node.run_down().await;
}

/// Each look for a delayed message asks for 25 queues of which most are missing, and the broker closes a channel for each. A
/// connection has 2,047 numbers of channels where the URL does not say otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn operators_may_look_at_missing_queues_more_often_than_a_connection_has_channel_numbers() {
    if skipped(false) {
        return;
    }
    let vhost = Vhost::new().await;
    let app = App::at(&format!("{}?channel_max=100", vhost.url()), subscription("s")).await;
    for _ in 0..8 {
        let done = app.broker.promote("t", "s", &["no-such-id".to_owned()]).await.unwrap();
        assert_eq!(done.missing, ["no-such-id"]);
    }
    app.publish("still served").await;
    assert_eq!(text(&app.next_patiently().await), "still served");
    vhost.delete().await;
}
