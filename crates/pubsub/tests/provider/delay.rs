//! Promises about delayed messages.

use std::time::Duration;

use twinloop_pubsub::NewMessage;

use super::fixture::{One, delayed, drink, message, nothing};
use super::harness::Harness;

pub async fn a_delayed_message_comes_when_it_is_due<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([delayed(harness, Duration::from_millis(1500), "later")]).await;
    let depth = one.depth_becomes(|depth| depth.delayed == 1).await;
    assert_eq!((depth.ready, depth.in_flight), (0, 0));
    nothing(&*one.consumer).await;
    harness.pass(Duration::from_millis(1500) + H::DELAY_GRAIN).await;
    assert_eq!(drink(&*one.consumer, 1).await, ["later"]);
    nothing(&*one.consumer).await;
}

pub async fn a_delayed_message_does_not_hold_others_up<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([delayed(harness, Duration::from_secs(3600), "later"), message("a"), message("b")]).await;
    assert_eq!(drink(&*one.consumer, 2).await, ["a", "b"]);
    nothing(&*one.consumer).await;
}

pub async fn delayed_messages_come_in_the_order_of_their_time<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let third = delayed(harness, Duration::from_millis(2500), "third");
    let first = delayed(harness, Duration::from_millis(500), "first");
    let second = delayed(harness, Duration::from_millis(1500), "second");
    one.publish([third, first, second]).await;
    let mut texts = Vec::new();
    for _ in 0..3 {
        harness.pass(Duration::from_secs(1)).await;
        texts.extend(drink(&*one.consumer, 1).await);
    }
    assert_eq!(texts, ["first", "second", "third"]);
}

pub async fn a_time_that_has_passed_is_at_once<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let due = harness.now() - Duration::from_secs(5);
    one.publish([NewMessage { deliver_at: Some(due), ..message("a") }]).await;
    assert_eq!(drink(&*one.consumer, 1).await, ["a"]);
}
