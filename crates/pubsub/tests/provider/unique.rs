//! Promises about unique keys: one message of a key at a time.

use std::time::Duration;

use twinloop_pubsub::{DeadReason, MessageState, NewMessage, Published, Recall};

use super::fixture::{One, burial, delayed, drink, message, next, nothing, subscription, topic};
use super::harness::Harness;

const HOUR: Duration = Duration::from_secs(3600);

/// Returns a message with a unique key.
fn unique(key: &str) -> NewMessage {
    NewMessage { unique: Some(key.into()), ..message(key) }
}

/// Publishes a message and returns its id if it was stored, or the id of the one that has its key as an error.
async fn publish(one: &One, message: NewMessage) -> Result<String, String> {
    let id = message.id.clone();
    match &one.broker.publish(vec![message]).await.unwrap()[..] {
        [Published::Stored] => Ok(id),
        [Published::Duplicate(first)] => Err(first.clone()),
        other => panic!("{other:?}"),
    }
}

pub async fn a_unique_key_is_taken_until_its_message_is_done<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let first = publish(&one, unique("k")).await.unwrap();
    assert_eq!(publish(&one, unique("k")).await, Err(first.clone()), "waiting");
    let delivery = next(&*one.consumer).await;
    assert_eq!(publish(&one, unique("k")).await, Err(first.clone()), "in flight");
    one.consumer.retry(&delivery, Duration::from_millis(300)).await.unwrap();
    assert_eq!(publish(&one, unique("k")).await, Err(first.clone()), "to be retried");
    publish(&one, unique("l")).await.unwrap();
    harness.pass(Duration::from_millis(400) + H::DELAY_GRAIN).await;
    one.depth_becomes(|depth| depth.ready == 2).await;
    drink(&*one.consumer, 2).await;
    let second = publish(&one, unique("k")).await.unwrap();
    assert_ne!(second, first);
    drink(&*one.consumer, 1).await;
    nothing(&*one.consumer).await;
}

pub async fn a_unique_key_is_free_when_its_message_is_dead_or_deleted<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    publish(&one, unique("k")).await.unwrap();
    let delivery = next(&*one.consumer).await;
    one.consumer.bury(&delivery, burial(DeadReason::Unrecoverable)).await.unwrap();
    let cancelled = NewMessage { unique: Some("k".into()), ..delayed(harness, HOUR, "later") };
    let cancelled = publish(&one, cancelled).await.unwrap();
    assert_eq!(publish(&one, unique("k")).await, Err(cancelled.clone()), "delayed");
    one.broker.recall("t", &cancelled, Recall::Cancel).await.unwrap();
    publish(&one, unique("k")).await.unwrap();
    one.broker.purge("t", "s", MessageState::Waiting).await.unwrap();
    let deleted = publish(&one, unique("k")).await.unwrap();
    one.broker.delete("t", "s", &[deleted]).await.unwrap();
    publish(&one, unique("k")).await.unwrap();
    assert_eq!(one.depth().await.dead, 1);
}

pub async fn a_unique_key_is_taken_while_any_subscription_has_its_message<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let both = [subscription("s"), subscription("other")];
    one.broker.declare(&[topic("t", false, &both)]).await.unwrap();
    let other = one.broker.consume(&both[1]).await.unwrap();
    let first = publish(&one, unique("k")).await.unwrap();
    drink(&*one.consumer, 1).await;
    assert_eq!(publish(&one, unique("k")).await, Err(first));
    drink(&*other, 1).await;
    publish(&one, unique("k")).await.unwrap();
}

pub async fn unique_keys_of_a_batch_and_of_other_topics_are_told_apart<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.broker.declare(&[topic("other", false, &[subscription("s")])]).await.unwrap();
    let first = unique("k");
    let elsewhere = NewMessage { topic: "other".into(), ..unique("k") };
    let batch = vec![first.clone(), unique("k"), unique("l"), elsewhere, message("plain")];
    let published = one.broker.publish(batch).await.unwrap();
    let stored = Published::Stored;
    let expected =
        [stored.clone(), Published::Duplicate(first.id), stored.clone(), stored.clone(), stored.clone()];
    assert_eq!(published, expected);
    assert_eq!(drink(&*one.consumer, 3).await, ["k", "l", "plain"]);
}

pub async fn of_many_publishes_at_once_one_takes_the_unique_key<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let publishes = (0..20).map(|_| {
        let broker = std::sync::Arc::clone(&one.broker);
        tokio::spawn(async move { broker.publish(vec![unique("k")]).await.unwrap().remove(0) })
    });
    let publishes: Vec<_> = publishes.collect();
    let mut stored = 0;
    for publish in publishes {
        stored += usize::from(publish.await.unwrap() == Published::Stored);
    }
    assert_eq!(stored, 1);
    drink(&*one.consumer, 1).await;
    nothing(&*one.consumer).await;
}

pub async fn unique_keys_survive<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let first = publish(&one, unique("k")).await.unwrap();
    let one = one.reopened(harness).await;
    assert_eq!(publish(&one, unique("k")).await, Err(first));
    drink(&*one.consumer, 1).await;
    publish(&one, unique("k")).await.unwrap();
}
