//! Promises about messages of one key.

use std::time::Duration;

use twinloop_pubsub::{DeadReason, NewMessage};

use super::fixture::{One, burial, delayed, drink, keyed, message, next, nothing, take, text};
use super::harness::Harness;

pub async fn a_key_is_delivered_one_by_one_and_in_order<H: Harness>(harness: &mut H) {
    let one = One::ordered(harness).await;
    one.broker.publish((0..5).map(|number| keyed("k", &number.to_string())).collect()).await.unwrap();
    let first = next(&*one.consumer).await;
    assert_eq!(text(&first), "0");
    nothing(&*one.consumer).await;
    one.consumer.acknowledge(&first).await.unwrap();
    assert_eq!(drink(&*one.consumer, 4).await, ["1", "2", "3", "4"]);
}

pub async fn other_keys_go_on<H: Harness>(harness: &mut H) {
    let one = One::ordered(harness).await;
    one.publish([keyed("a", "a1"), keyed("a", "a2"), keyed("b", "b1"), keyed("c", "c1")]).await;
    let deliveries = take(&*one.consumer, 3).await;
    let mut texts: Vec<String> = deliveries.iter().map(text).collect();
    texts.sort_unstable();
    assert_eq!(texts, ["a1", "b1", "c1"]);
    nothing(&*one.consumer).await;
    let a1 = deliveries.iter().find(|delivery| text(delivery) == "a1").unwrap();
    one.consumer.acknowledge(a1).await.unwrap();
    assert_eq!(drink(&*one.consumer, 1).await, ["a2"]);
}

pub async fn a_retried_message_stays_in_front_of_its_key<H: Harness>(harness: &mut H) {
    let one = One::ordered(harness).await;
    one.publish([keyed("k", "1"), keyed("k", "2"), keyed("other", "o")]).await;
    let first = take(&*one.consumer, 2).await.into_iter().find(|delivery| text(delivery) == "1").unwrap();
    one.consumer.retry(&first, Duration::from_millis(1200)).await.unwrap();
    nothing(&*one.consumer).await;
    harness.pass(Duration::from_millis(1200) + H::DELAY_GRAIN).await;
    let again = next(&*one.consumer).await;
    assert_eq!((text(&again).as_str(), again.attempt), ("1", 2));
    one.consumer.acknowledge(&again).await.unwrap();
    assert_eq!(drink(&*one.consumer, 1).await, ["2"]);
}

pub async fn a_released_message_stays_in_front_of_its_key<H: Harness>(harness: &mut H) {
    let one = One::ordered(harness).await;
    one.publish([keyed("k", "1"), keyed("k", "2")]).await;
    let first = next(&*one.consumer).await;
    one.consumer.release(&first).await.unwrap();
    let again = next(&*one.consumer).await;
    assert_eq!((text(&again).as_str(), again.attempt), ("1", 1));
    one.consumer.acknowledge(&again).await.unwrap();
    assert_eq!(drink(&*one.consumer, 1).await, ["2"]);
}

pub async fn a_buried_message_lets_its_key_go_on<H: Harness>(harness: &mut H) {
    let one = One::ordered(harness).await;
    one.publish([keyed("k", "1"), keyed("k", "2")]).await;
    let first = next(&*one.consumer).await;
    one.consumer.bury(&first, burial(DeadReason::Unrecoverable)).await.unwrap();
    assert_eq!(drink(&*one.consumer, 1).await, ["2"]);
}

pub async fn two_consumers_keep_the_order_of_a_key<H: Harness>(harness: &mut H) {
    let one = One::ordered(harness).await;
    let other = one.broker.consume(&one.subscription).await.unwrap();
    let keys = ["a", "b", "c"];
    for number in 0..8 {
        one.broker
            .publish(keys.iter().map(|key| keyed(key, &format!("{key}{number}"))).collect())
            .await
            .unwrap();
    }
    let mut texts = Vec::new();
    while texts.len() < 24 {
        let (deliveries, consumer) = tokio::select! {
            deliveries = one.consumer.next(2) => (deliveries.unwrap(), &one.consumer),
            deliveries = other.next(2) => (deliveries.unwrap(), &other),
        };
        let mut together: Vec<_> = deliveries.iter().map(|delivery| delivery.key.clone()).collect();
        together.dedup();
        assert_eq!(together.len(), deliveries.len(), "one key twice at once");
        for delivery in deliveries {
            texts.push(text(&delivery));
            consumer.acknowledge(&delivery).await.unwrap();
        }
    }
    for key in keys {
        let of_key: Vec<&String> = texts.iter().filter(|text| text.starts_with(key)).collect();
        assert!(of_key.is_sorted() && of_key.len() == 8, "{of_key:?}");
    }
}

pub async fn a_delayed_message_takes_its_place_when_it_is_due<H: Harness>(harness: &mut H) {
    let one = One::ordered(harness).await;
    let later = delayed(harness, Duration::from_millis(1500), "delayed");
    one.publish([NewMessage { key: Some("k".into()), ..later }, keyed("k", "1")]).await;
    let first = next(&*one.consumer).await;
    assert_eq!(text(&first), "1");
    harness.pass(Duration::from_millis(1500) + H::DELAY_GRAIN).await;
    nothing(&*one.consumer).await;
    one.consumer.acknowledge(&first).await.unwrap();
    assert_eq!(drink(&*one.consumer, 1).await, ["delayed"]);
}

pub async fn messages_without_a_key_are_not_held_up<H: Harness>(harness: &mut H) {
    let one = One::ordered(harness).await;
    one.publish([message("a"), message("b"), message("c")]).await;
    assert_eq!(take(&*one.consumer, 3).await.iter().map(text).collect::<Vec<_>>(), ["a", "b", "c"]);
}

pub async fn keys_of_a_topic_that_is_not_ordered_are_free<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([keyed("k", "a"), keyed("k", "b")]).await;
    assert_eq!(take(&*one.consumer, 2).await.iter().map(text).collect::<Vec<_>>(), ["a", "b"]);
}
