//! Promises about what the next process finds.

use std::time::Duration;

use twinloop_pubsub::{DeadReason, Published, Subscription};

use super::fixture::{
    One, SHORT_DEADLINE, burial, deduped, delayed, drink, keyed, message, next, nothing, subscription, text,
};
use super::harness::Harness;

pub async fn what_waits_survives<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish((0..20).map(|number| message(&number.to_string()))).await;
    drink(&*one.consumer, 5).await;
    let one = one.reopened(harness).await;
    let expected: Vec<String> = (5..20).map(|number| number.to_string()).collect();
    assert_eq!(drink(&*one.consumer, 15).await, expected);
    nothing(&*one.consumer).await;
}

pub async fn what_was_out_comes_again_and_was_counted<H: Harness>(harness: &mut H) {
    let one = One::short(harness).await;
    one.publish([message("a")]).await;
    let first = next(&*one.consumer).await;
    one.consumer.retry(&first, Duration::ZERO).await.unwrap();
    assert_eq!(next(&*one.consumer).await.attempt, 2);
    let One { broker, subscription, consumer } = one;
    // A killed process releases nothing.
    std::mem::forget(consumer);
    drop(broker);
    harness.reopen().await;
    harness.pass(SHORT_DEADLINE).await;
    let one = One::with(harness, subscription).await;
    let mut third = next(&*one.consumer).await;
    // AMQP confirms no acknowledgement: that of the first delivery may have died with the process, and then it comes again too.
    if third.attempt == 2 {
        third = next(&*one.consumer).await;
    }
    assert_eq!((text(&third).as_str(), third.attempt), ("a", 3));
}

pub async fn delayed_messages_survive<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([delayed(harness, Duration::from_secs(3), "later"), message("a")]).await;
    let delivery = next(&*one.consumer).await;
    one.consumer.retry(&delivery, Duration::from_secs(3)).await.unwrap();
    let one = one.reopened(harness).await;
    nothing(&*one.consumer).await;
    harness.pass(Duration::from_secs(3) + H::DELAY_GRAIN).await;
    let mut texts = drink(&*one.consumer, 2).await;
    texts.sort_unstable();
    assert_eq!(texts, ["a", "later"]);
}

pub async fn dead_letters_survive<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([message("a")]).await;
    let delivery = next(&*one.consumer).await;
    one.consumer.bury(&delivery, burial(DeadReason::RetriesExhausted)).await.unwrap();
    let one = one.reopened(harness).await;
    let letters = one.broker.dead_letters("t", "s", 10, None).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((&letters[0].id, letters[0].burial.reason), (&delivery.id, DeadReason::RetriesExhausted));
}

pub async fn dedupe_keys_survive<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let first = deduped(harness, "k", Duration::from_secs(60));
    one.publish([first.clone()]).await;
    let one = one.reopened(harness).await;
    let again = one.broker.publish(vec![deduped(harness, "k", Duration::from_secs(60))]).await.unwrap();
    assert_eq!(again, [Published::Duplicate(first.id)]);
}

pub async fn the_order_of_a_key_survives<H: Harness>(harness: &mut H) {
    let short = Subscription { ordered: true, ack_deadline: SHORT_DEADLINE, ..subscription("s") };
    let one = One::with(harness, short).await;
    one.publish((0..4).map(|number| keyed("k", &number.to_string()))).await;
    let first = next(&*one.consumer).await;
    one.consumer.retry(&first, Duration::from_millis(500)).await.unwrap();
    let one = one.reopened(harness).await;
    harness.pass(SHORT_DEADLINE + H::DELAY_GRAIN).await;
    assert_eq!(drink(&*one.consumer, 4).await, ["0", "1", "2", "3"]);
}
