//! Promises about priorities: of the ready messages the greatest is delivered first.

use std::time::Duration;

use twinloop_pubsub::{DeadReason, NewMessage, Subscription};

use super::fixture::{One, burial, delayed, drink, keyed, message, next, subscription, take, text};
use super::harness::Harness;

/// Returns a message of this priority.
fn urgent(priority: u8, text: &str) -> NewMessage {
    NewMessage { priority, ..message(text) }
}

async fn with_priorities<H: Harness>(harness: &H) -> One {
    One::with(harness, Subscription { priorities: true, ..subscription("s") }).await
}

pub async fn the_greatest_priority_comes_first_and_the_oldest_within_one<H: Harness>(harness: &mut H) {
    let one = with_priorities(harness).await;
    let given = [(0, "a"), (5, "b"), (9, "c"), (5, "d"), (0, "e"), (9, "f")];
    one.publish(given.map(|(priority, text)| urgent(priority, text))).await;
    assert_eq!(drink(&*one.consumer, 3).await, ["c", "f", "b"]);
    one.publish([urgent(1, "g")]).await;
    let all: Vec<String> = take(&*one.consumer, 4).await.iter().map(text).collect();
    assert_eq!(all, ["d", "g", "a", "e"]);
}

pub async fn a_repeated_message_keeps_its_priority<H: Harness>(harness: &mut H) {
    let one = with_priorities(harness).await;
    one.publish([urgent(7, "urgent"), urgent(3, "less"), message("least")]).await;
    let first = next(&*one.consumer).await;
    one.consumer.retry(&first, Duration::ZERO).await.unwrap();
    let again = next(&*one.consumer).await;
    assert_eq!((text(&again).as_str(), again.attempt), ("urgent", 2));
    one.consumer.release(&again).await.unwrap();
    assert_eq!(drink(&*one.consumer, 3).await, ["urgent", "less", "least"]);
}

pub async fn a_delayed_message_has_its_priority_when_it_is_due<H: Harness>(harness: &mut H) {
    let one = with_priorities(harness).await;
    let later = delayed(harness, Duration::from_millis(700), "later");
    one.publish([NewMessage { priority: 4, ..later }, message("a"), urgent(1, "b")]).await;
    harness.pass(Duration::from_millis(900)).await;
    one.depth_becomes(|depth| depth.ready == 3).await;
    assert_eq!(drink(&*one.consumer, 3).await, ["later", "b", "a"]);
}

pub async fn a_redriven_dead_letter_has_its_priority<H: Harness>(harness: &mut H) {
    let one = with_priorities(harness).await;
    one.publish([urgent(2, "urgent")]).await;
    let dead = next(&*one.consumer).await;
    one.consumer.bury(&dead, burial(DeadReason::Unrecoverable)).await.unwrap();
    one.publish([message("a"), urgent(1, "b")]).await;
    one.broker.redrive("t", "s", None).await.unwrap();
    assert_eq!(drink(&*one.consumer, 3).await, ["urgent", "b", "a"]);
}

pub async fn the_order_of_a_key_is_stronger_than_a_priority<H: Harness>(harness: &mut H) {
    let one = One::ordered(harness).await;
    one.publish([keyed("k", "1"), NewMessage { priority: 9, ..keyed("k", "2") }, keyed("k", "3")]).await;
    assert_eq!(drink(&*one.consumer, 3).await, ["1", "2", "3"]);
}

pub async fn priorities_survive<H: Harness>(harness: &mut H) {
    let one = with_priorities(harness).await;
    one.publish([message("a"), urgent(6, "b"), urgent(3, "c")]).await;
    let one = one.reopened(harness).await;
    assert_eq!(drink(&*one.consumer, 3).await, ["b", "c", "a"]);
}
