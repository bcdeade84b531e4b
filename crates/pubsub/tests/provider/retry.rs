//! Promises about further attempts.

use std::time::Duration;

use super::fixture::{One, drink, message, next, nothing, subscription, text, topic};
use super::harness::Harness;

pub async fn a_retried_message_comes_after_its_delay_with_its_attempt_counted<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([message("a")]).await;
    let first = next(&*one.consumer).await;
    one.consumer.retry(&first, Duration::from_millis(1200)).await.unwrap();
    nothing(&*one.consumer).await;
    harness.pass(Duration::from_millis(1200) + H::DELAY_GRAIN).await;
    let second = next(&*one.consumer).await;
    assert_eq!((&second.id, second.attempt, &second.body), (&first.id, 2, &first.body));
    assert_eq!(second.published_at, first.published_at);
    one.consumer.acknowledge(&second).await.unwrap();
    nothing(&*one.consumer).await;
}

pub async fn attempts_are_counted_one_by_one<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([message("a")]).await;
    for attempt in 1..=5 {
        let delivery = next(&*one.consumer).await;
        assert_eq!(delivery.attempt, attempt);
        one.consumer.retry(&delivery, Duration::ZERO).await.unwrap();
    }
}

pub async fn a_retried_message_does_not_hold_others_up<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([message("a")]).await;
    let delivery = next(&*one.consumer).await;
    one.consumer.retry(&delivery, Duration::from_secs(3600)).await.unwrap();
    one.publish([message("b"), message("c")]).await;
    assert_eq!(drink(&*one.consumer, 2).await, ["b", "c"]);
}

pub async fn a_retried_message_is_retried_for_its_subscription_alone<H: Harness>(harness: &mut H) {
    let broker = harness.broker();
    let subscriptions = [subscription("s"), subscription("other")];
    broker.declare(&[topic("t", false, &subscriptions)]).await.unwrap();
    let one = broker.consume(&subscriptions[0]).await.unwrap();
    let other = broker.consume(&subscriptions[1]).await.unwrap();
    broker.publish(vec![message("a")]).await.unwrap();
    drink(&*other, 1).await;
    let delivery = next(&*one).await;
    one.retry(&delivery, Duration::ZERO).await.unwrap();
    assert_eq!(text(&next(&*one).await), "a");
    nothing(&*other).await;
}
