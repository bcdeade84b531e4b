//! RabbitMQ replays the history of a topic into its subscriptions.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "tests")]

#[path = "provider/suite.rs"]
mod provider;
#[path = "rabbitmq/vhost.rs"]
mod vhost;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use provider::fixture::{drink, message, next, nothing, subscription, text, topic};
use twinloop_pubsub::{Broker, Consumer, History, ReplayFrom, ReplayRange, Subscription, Topic};
use twinloop_runtime::Code;
use vhost::{Vhost, unavailable};

fn kept(subscriptions: &[Subscription]) -> Topic {
    let history = History { max_age: Duration::from_secs(3600), max_bytes: Some(64 << 20) };
    Topic { history: Some(history), ..topic("t", false, subscriptions) }
}

fn from(name: &str, from: ReplayFrom) -> Subscription {
    Subscription { from: Some(from), ..subscription(name) }
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort();
    texts
}

async fn declared(broker: &dyn Broker, subscription: Subscription) -> Arc<dyn Consumer> {
    broker.declare(&[kept(std::slice::from_ref(&subscription))]).await.unwrap();
    broker.consume(&subscription).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_subscription_gets_the_history_from_where_it_asks_and_then_what_is_published() {
    if let Some(reason) = unavailable() {
        return eprintln!("skipped: {reason}");
    }
    let vhost = Vhost::new().await;
    let broker = vhost.open();
    broker.declare(&[kept(&[])]).await.unwrap();
    let old = SystemTime::now() - Duration::from_secs(30 * 86_400);
    for number in 0..5_u64 {
        let published_at = old + Duration::from_secs(number);
        let sent = twinloop_pubsub::NewMessage { published_at, ..message(&number.to_string()) };
        broker.publish(vec![sent]).await.unwrap();
    }
    let at = u64::try_from(old.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis()).unwrap();
    // The broker's time of the messages is the present, so that a time of publication is looked for from the first on.
    let first = declared(&*broker, from("first", ReplayFrom::First)).await;
    assert_eq!(drink(&*first, 5).await, ["0", "1", "2", "3", "4"]);
    let offset = declared(&*broker, from("offset", ReplayFrom::Offset(3))).await;
    assert_eq!(sorted(drink(&*offset, 2).await), ["3", "4"]);
    let time = declared(&*broker, from("time", ReplayFrom::TimeMs(at + 1_500))).await;
    assert_eq!(sorted(drink(&*time, 3).await), ["2", "3", "4"]);
    let later = declared(&*broker, from("later", ReplayFrom::Offset(1_000))).await;
    broker.publish(vec![message("live")]).await.unwrap();
    for consumer in [first, offset, time, later] {
        assert_eq!(drink(&*consumer, 1).await, ["live"]);
        nothing(&*consumer).await;
    }
    broker.close().await.unwrap();
    vhost.delete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_message_keeps_its_id_and_its_retention_counts_anew() {
    if let Some(reason) = unavailable() {
        return eprintln!("skipped: {reason}");
    }
    let vhost = Vhost::new().await;
    let broker = vhost.open();
    let consumer = declared(&*broker, subscription("s")).await;
    let sent = message("one");
    broker.publish(vec![sent.clone()]).await.unwrap();
    let live = next(&*consumer).await;
    consumer.acknowledge(&live).await.unwrap();
    let all = ReplayRange { from: ReplayFrom::First, until: None };
    assert_eq!(broker.replay("t", "s", all).await.unwrap(), 1);
    let again = next(&*consumer).await;
    assert_eq!((&again.id, text(&again), again.attempt), (&sent.id, "one".to_owned(), 1));
    assert_eq!((live.replayed_at, again.replayed_at.is_some()), (None, true));
    consumer.acknowledge(&again).await.unwrap();
    let none =
        ReplayRange { from: ReplayFrom::First, until: Some(sent.published_at - Duration::from_millis(1)) };
    assert_eq!(broker.replay("t", "s", none).await.unwrap(), 0);
    broker.close().await.unwrap();
    vhost.delete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_goes_on_where_the_process_was_killed_and_loses_nothing_that_is_published_meanwhile() {
    const OLD: usize = 3_000;
    const NEW: usize = 500;
    if let Some(reason) = unavailable() {
        return eprintln!("skipped: {reason}");
    }
    let vhost = Vhost::new().await;
    let broker = vhost.open();
    broker.declare(&[kept(&[])]).await.unwrap();
    broker.publish((0..OLD).map(|number| message(&number.to_string())).collect()).await.unwrap();
    let (killed, wanted) = (vhost.open(), from("s", ReplayFrom::First));
    killed.declare(&[kept(std::slice::from_ref(&wanted))]).await.unwrap();
    let publishing = tokio::spawn({
        let broker = Arc::clone(&broker);
        async move {
            for number in OLD..OLD + NEW {
                broker.publish(vec![message(&number.to_string())]).await.unwrap();
            }
        }
    });
    while killed.depth("t", "s").await.unwrap().ready < 1_000 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    killed.close().await.unwrap();
    let consumer = declared(&*broker, wanted).await;
    let mut seen = HashMap::<String, u32>::new();
    while seen.len() < OLD + NEW {
        let delivery = next(&*consumer).await;
        *seen.entry(text(&delivery)).or_default() += 1;
        consumer.acknowledge(&delivery).await.unwrap();
    }
    publishing.await.unwrap();
    broker.close().await.unwrap();
    vhost.delete().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_topic_without_a_history_or_with_an_order_is_not_replayed_and_another_retention_is_refused() {
    if let Some(reason) = unavailable() {
        return eprintln!("skipped: {reason}");
    }
    let vhost = Vhost::new().await;
    let broker = vhost.open();
    broker.declare(&[topic("t", false, &[subscription("s")])]).await.unwrap();
    let all = ReplayRange { from: ReplayFrom::First, until: None };
    let error = broker.replay("t", "s", all).await.unwrap_err();
    assert_eq!(error.code, Code::FailedPrecondition);
    assert!(error.message.contains("give the topic `history`"), "{}", error.message);
    let ordered = Subscription { topic: "o".to_owned(), ordered: true, ..subscription("s") };
    broker.declare(&[Topic { name: "o".to_owned(), ..topic("o", true, &[ordered]) }]).await.unwrap();
    let error = broker.replay("o", "s", all).await.unwrap_err();
    assert!(error.message.contains("o/s is ordered"), "{}", error.message);
    broker.declare(&[kept(&[])]).await.unwrap();
    let history = History { max_age: Duration::from_secs(60), max_bytes: None };
    let other = vhost.open();
    let error = other.declare(&[Topic { history: Some(history), ..kept(&[]) }]).await.unwrap_err();
    assert!(error.message.contains("another maxAge or maxBytes"), "{}", error.message);
    for broker in [broker, other] {
        broker.close().await.unwrap();
    }
    vhost.delete().await;
}
