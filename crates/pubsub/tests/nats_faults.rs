//! Faults of NATS servers, and what operators do to streams and consumers. Each test has a server of its own.

#![allow(clippy::unwrap_used, clippy::print_stderr, clippy::panic, reason = "tests")]

#[path = "provider/suite.rs"]
mod provider;
#[path = "nats/server.rs"]
mod server;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use provider::fixture::{drink, keyed, message, next, nothing, subscription, text, topic};
use server::{Server, unavailable};
use tokio::time::{Instant, sleep, timeout};
use twinloop_pubsub::nats::Nats;
use twinloop_pubsub::{Broker, Consumer, Delivery, NewMessage, Published, Subscription};

const LONG: Duration = Duration::from_secs(60);

/// Returns whether tests are skipped, and prints why.
fn skipped() -> bool {
    let reason = unavailable();
    if let Some(reason) = reason {
        eprintln!("skipped: {reason}");
    }
    reason.is_some()
}

/// A provider with a consumer of `t/s`.
struct App {
    broker: Arc<Nats>,
    consumer: Arc<dyn Consumer>,
}

impl App {
    async fn at(url: &str, subscription: Subscription) -> Self {
        let broker = Arc::new(Nats::open(url).unwrap());
        let topics = [topic("t", subscription.ordered, std::slice::from_ref(&subscription))];
        broker.declare(&topics).await.unwrap();
        let consumer = broker.consume(&subscription).await.unwrap();
        Self { broker, consumer }
    }

    async fn publish(&self, text: &str) {
        assert_eq!(self.broker.publish(vec![message(text)]).await.unwrap(), [Published::Stored]);
    }

    /// Publishes repeatedly until the message is stored, as a careful program does.
    async fn publish_patiently(&self, sent: NewMessage) {
        let started = Instant::now();
        while let Err(error) = self.broker.publish(vec![sent.clone()]).await {
            assert_eq!(error.code.as_str(), "unavailable", "{error}");
            assert!(started.elapsed() < LONG, "{error}");
            sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits for the next message through all temporary errors.
    async fn next_patiently(&self) -> Delivery {
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

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_and_started_again_has_lost_nothing() {
    if skipped() {
        return;
    }
    let mut server = Server::start("").await;
    let short = Subscription { ack_deadline: Duration::from_secs(3), ..subscription("s") };
    let app = App::at(&server.url(), short).await;
    app.publish("waits").await;
    let due = std::time::SystemTime::now() + Duration::from_secs(2);
    let delayed = NewMessage { deliver_at: Some(due), ..message("delayed") };
    app.broker.publish(vec![delayed]).await.unwrap();
    let retried = next(&*app.consumer).await;
    app.consumer.retry(&retried, Duration::from_secs(2)).await.unwrap();
    server.kill().await;
    let error = app.broker.publish(vec![message("meanwhile")]).await.unwrap_err();
    assert_eq!(error.code.as_str(), "unavailable");
    assert!(error.message.contains(&format!("127.0.0.1:{}", server.port)), "{error}");
    server.run().await;
    app.publish_patiently(message("after")).await;
    let mut texts = Vec::new();
    while !["waits", "delayed", "after"].iter().all(|text| texts.iter().any(|other| other == text)) {
        let delivery = app.next_patiently().await;
        texts.push(text(&delivery));
        let _ = app.consumer.acknowledge(&delivery).await;
    }
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ordered_subscription_goes_on_in_its_order_after_its_server_was_killed() {
    if skipped() {
        return;
    }
    let mut server = Server::start("").await;
    let ordered = Subscription { ordered: true, ack_deadline: Duration::from_secs(4), ..subscription("s") };
    let app = App::at(&server.url(), ordered).await;
    for number in 0..4 {
        app.broker.publish(vec![keyed("k", &number.to_string())]).await.unwrap();
    }
    let first = next(&*app.consumer).await;
    server.kill().await;
    server.run().await;
    let started = Instant::now();
    while app.consumer.acknowledge(&first).await.is_err() {
        assert!(started.elapsed() < LONG);
        sleep(Duration::from_millis(50)).await;
    }
    let mut texts = Vec::new();
    while texts.last().map(String::as_str) != Some("3") {
        let delivery = app.next_patiently().await;
        texts.push(text(&delivery));
        let _ = app.consumer.acknowledge(&delivery).await;
    }
    // What was acknowledged while the server died may come again.
    texts.dedup();
    texts.retain(|text| text != "0");
    assert_eq!(texts, ["1", "2", "3"]);
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_that_somebody_deletes_is_created_again() {
    if skipped() {
        return;
    }
    let server = Server::start("").await;
    let app = App::at(&server.url(), subscription("s")).await;
    app.publish("a").await;
    assert_eq!(drink(&*app.consumer, 1).await, ["a"]);
    let jetstream = async_nats::jetstream::new(async_nats::connect(server.url()).await.unwrap());
    jetstream.delete_consumer_from_stream("in-s", "twinloop-t").await.unwrap();
    app.publish("b").await;
    let delivery = app.next_patiently().await;
    assert_eq!((text(&delivery).as_str(), delivery.attempt), ("b", 1));
    app.consumer.acknowledge(&delivery).await.unwrap();
    nothing(&*app.consumer).await;
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_somebody_deletes_is_created_again_by_a_publish() {
    if skipped() {
        return;
    }
    let server = Server::start("").await;
    let app = App::at(&server.url(), subscription("s")).await;
    let jetstream = async_nats::jetstream::new(async_nats::connect(server.url()).await.unwrap());
    jetstream.delete_stream("twinloop-t").await.unwrap();
    app.publish("a").await;
    assert_eq!(text(&app.next_patiently().await), "a");
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_full_refuses_and_takes_messages_again_when_there_is_room() {
    if skipped() {
        return;
    }
    let server = Server::start("").await;
    let app = App::at(&server.url(), subscription("s")).await;
    let jetstream = async_nats::jetstream::new(async_nats::connect(server.url()).await.unwrap());
    let config = jetstream.get_stream("twinloop-t").await.unwrap().cached_info().config.clone();
    let limited = async_nats::jetstream::stream::Config { max_messages: 2, ..config };
    jetstream.update_stream(limited).await.unwrap();
    app.publish("a").await;
    app.publish("b").await;
    let error = app.broker.publish(vec![message("c")]).await.unwrap_err();
    assert_eq!(error.code.as_str(), "resource_exhausted", "{error}");
    assert_eq!(drink(&*app.consumer, 2).await, ["a", "b"]);
    let started = Instant::now();
    while app.broker.publish(vec![message("d")]).await.is_err() {
        assert!(started.elapsed() < LONG);
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(drink(&*app.consumer, 1).await, ["d"]);
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_too_large_is_refused_and_the_others_are_not() {
    if skipped() {
        return;
    }
    let server = Server::start("max_payload: 64KB\n").await;
    let app = App::at(&server.url(), subscription("s")).await;
    let large = NewMessage { body: Bytes::from(format!("\"{}\"", "x".repeat(100_000))), ..message("") };
    let error = app.broker.publish(vec![large]).await.unwrap_err();
    assert_eq!(error.code.as_str(), "failed_precondition");
    assert!(error.message.contains("max_payload"), "{error}");
    app.publish("small").await;
    assert_eq!(drink(&*app.consumer, 1).await, ["small"]);
    server.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_has_to_change_is_said_without_the_password() {
    if skipped() {
        return;
    }
    let mut plain = Server::prepare().await;
    plain.configure("authorization { user: app, password: s3cret }\n");
    plain.run().await;
    let place = format!("127.0.0.1:{}", plain.port);
    for (login, says) in
        [("app:s3cret", "no JetStream"), ("app:wr0ng", "refuses the login"), ("t0ken", "refuses the login")]
    {
        let broker = Nats::open(&format!("nats://{login}@{place}")).unwrap();
        let error = broker.declare(&[topic("t", false, &[subscription("s")])]).await.unwrap_err();
        assert_eq!(error.code.as_str(), "failed_precondition", "{error}");
        assert!(error.message.contains(says) && error.message.contains(&place), "{error}");
        for secret in ["s3cret", "wr0ng", "t0ken"] {
            assert!(!error.message.contains(secret) && !broker.place().contains(secret), "{error}");
        }
    }
    plain.finish().await;
    let server = Server::start("").await;
    let broker = Nats::open(&format!("{}?replicas=3", server.url())).unwrap();
    let error = broker.declare(&[topic("t", false, &[subscription("s")])]).await.unwrap_err();
    assert_eq!(error.code.as_str(), "failed_precondition", "{error}");
    assert!(error.message.contains("replicas"), "{error}");
    server.finish().await;
}
