//! Promises about dedupe keys: one message per key and window.

use std::time::Duration;

use twinloop_pubsub::{NewMessage, Published, Topic};

use super::fixture::{One, deduped, drink, nothing, subscription, topic};
use super::harness::Harness;

const MINUTE: Duration = Duration::from_secs(60);

pub async fn a_second_message_of_a_dedupe_key_is_not_stored<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let first = deduped(harness, "k", MINUTE);
    assert_eq!(one.broker.publish(vec![first.clone()]).await.unwrap(), [Published::Stored]);
    drink(&*one.consumer, 1).await;
    let again = one.broker.publish(vec![deduped(harness, "k", MINUTE), deduped(harness, "l", MINUTE)]).await;
    assert_eq!(again.unwrap(), [Published::Duplicate(first.id), Published::Stored]);
    assert_eq!(drink(&*one.consumer, 1).await, ["l"]);
    nothing(&*one.consumer).await;
}

pub async fn duplicates_within_a_batch_are_found<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let first = deduped(harness, "k", MINUTE);
    let batch = vec![first.clone(), deduped(harness, "k", MINUTE), deduped(harness, "l", MINUTE)];
    let published = one.broker.publish(batch).await.unwrap();
    assert_eq!(published, [Published::Stored, Published::Duplicate(first.id), Published::Stored]);
    assert_eq!(drink(&*one.consumer, 2).await, ["k", "l"]);
}

pub async fn a_dedupe_key_is_free_after_its_window<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    for _ in 0..2 {
        let message = deduped(harness, "k", Duration::from_millis(700));
        assert_eq!(one.broker.publish(vec![message]).await.unwrap(), [Published::Stored]);
        harness.pass(Duration::from_millis(900)).await;
    }
    assert_eq!(drink(&*one.consumer, 2).await, ["k", "k"]);
}

pub async fn a_dedupe_key_belongs_to_its_topic<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let other: Topic = topic("other", false, &[subscription("s")]);
    one.broker.declare(&[other]).await.unwrap();
    let elsewhere = NewMessage { topic: "other".into(), ..deduped(harness, "k", MINUTE) };
    let batch = vec![deduped(harness, "k", MINUTE), elsewhere];
    assert_eq!(one.broker.publish(batch).await.unwrap(), [Published::Stored, Published::Stored]);
}
