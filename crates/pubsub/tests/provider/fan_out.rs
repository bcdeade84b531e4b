//! Promises about which subscription gets which message.

use super::fixture::{One, drink, message, next, nothing, subscription, text, topic};
use super::harness::Harness;

pub async fn each_subscription_gets_every_message<H: Harness>(harness: &mut H) {
    let broker = harness.broker();
    let subscriptions = [subscription("one"), subscription("two")];
    broker.declare(&[topic("t", false, &subscriptions)]).await.unwrap();
    broker.publish(vec![message("a"), message("b")]).await.unwrap();
    for subscription in &subscriptions {
        let consumer = broker.consume(subscription).await.unwrap();
        assert_eq!(drink(&*consumer, 2).await, ["a", "b"]);
        nothing(&*consumer).await;
    }
}

pub async fn two_consumers_of_a_subscription_share_its_messages<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let other = one.broker.consume(&one.subscription).await.unwrap();
    let mut texts = Vec::new();
    one.publish((0..20).map(|number| message(&number.to_string()))).await;
    while texts.len() < 20 {
        let (deliveries, consumer) = tokio::select! {
            deliveries = one.consumer.next(3) => (deliveries, &one.consumer),
            deliveries = other.next(3) => (deliveries, &other),
        };
        for delivery in deliveries.unwrap() {
            texts.push(text(&delivery).parse::<u32>().unwrap());
            consumer.acknowledge(&delivery).await.unwrap();
        }
    }
    texts.sort_unstable();
    assert_eq!(texts, (0..20).collect::<Vec<_>>());
}

pub async fn a_subscription_gets_what_is_published_after_it_was_declared<H: Harness>(harness: &mut H) {
    let broker = harness.broker();
    broker.declare(&[topic("t", false, &[subscription("early")])]).await.unwrap();
    broker.publish(vec![message("before")]).await.unwrap();
    let late = subscription("late");
    broker.declare(&[topic("t", false, &[subscription("early"), late.clone()])]).await.unwrap();
    broker.publish(vec![message("after")]).await.unwrap();
    let consumer = broker.consume(&late).await.unwrap();
    assert_eq!(text(&next(&*consumer).await), "after");
    nothing(&*consumer).await;
}

pub async fn declaring_again_keeps_what_waits<H: Harness>(harness: &mut H) {
    let broker = harness.broker();
    let topics = [topic("t", false, &[subscription("s")])];
    broker.declare(&topics).await.unwrap();
    broker.publish(vec![message("a")]).await.unwrap();
    broker.declare(&topics).await.unwrap();
    broker.declare(&[topic("other", false, &[subscription("s")])]).await.unwrap();
    let consumer = broker.consume(&subscription("s")).await.unwrap();
    assert_eq!(drink(&*consumer, 1).await, ["a"]);
}

pub async fn topics_do_not_mix<H: Harness>(harness: &mut H) {
    let broker = harness.broker();
    let topics = [topic("t", false, &[subscription("s")]), topic("other", false, &[subscription("s")])];
    broker.declare(&topics).await.unwrap();
    let elsewhere = twinloop_pubsub::NewMessage { topic: "other".into(), ..message("b") };
    broker.publish(vec![message("a"), elsewhere]).await.unwrap();
    for (topic, expected) in topics.iter().zip(["a", "b"]) {
        let consumer = broker.consume(&topic.subscriptions[0]).await.unwrap();
        assert_eq!(drink(&*consumer, 1).await, [expected]);
        nothing(&*consumer).await;
    }
}
