//! Promises about limits over the whole fleet, of a provider that holds them itself.

use std::time::Duration;

use tokio::time::Instant;
use twinloop_pubsub::{Limits, Rate, Subscription};

use super::fixture::{One, SHORT_DEADLINE, drink, keyed, message, next, nothing, subscription, take};
use super::harness::Harness;

fn in_flight(most: u32) -> Limits {
    Limits { max_in_flight: Some(most), rate: None }
}

async fn limited<H: Harness>(harness: &H, limits: Limits) -> One {
    One::with(harness, Subscription { limits, ..subscription("s") }).await
}

pub async fn no_more_are_in_flight_than_the_limit_over_all_consumers<H: Harness>(harness: &mut H) {
    let one = limited(harness, in_flight(3)).await;
    let other = one.broker.consume(&one.subscription).await.unwrap();
    one.publish(["a", "b", "c", "d", "e"].map(message)).await;
    let two = take(&*one.consumer, 2).await;
    let third = next(&*other).await;
    nothing(&*other).await;
    nothing(&*one.consumer).await;
    other.acknowledge(&third).await.unwrap();
    let fourth = next(&*other).await;
    nothing(&*one.consumer).await;
    one.consumer.retry(&two[0], Duration::from_secs(3600)).await.unwrap();
    let fifth = next(&*one.consumer).await;
    for (consumer, delivery) in [(&other, &fourth), (&one.consumer, &fifth), (&one.consumer, &two[1])] {
        consumer.acknowledge(delivery).await.unwrap();
    }
    one.depth_becomes(|depth| depth.ready + depth.in_flight == 0 && depth.delayed == 1).await;
}

pub async fn a_lease_that_ran_out_makes_room_within_the_limit<H: Harness>(harness: &mut H) {
    let (limits, ack_deadline) = (in_flight(1), SHORT_DEADLINE);
    let one = One::with(harness, Subscription { limits, ack_deadline, ..subscription("s") }).await;
    one.publish(["a", "b"].map(message)).await;
    let lost = next(&*one.consumer).await;
    harness.pass(SHORT_DEADLINE).await;
    let again = next(&*one.consumer).await;
    assert_ne!(again.lease, lost.lease);
    nothing(&*one.consumer).await;
}

pub async fn keys_stay_in_order_within_a_limit<H: Harness>(harness: &mut H) {
    let limits = in_flight(2);
    let one = One::with(harness, Subscription { ordered: true, limits, ..subscription("s") }).await;
    one.publish([keyed("k", "1"), keyed("k", "2"), keyed("l", "3"), keyed("m", "4"), message("5")]).await;
    let two = take(&*one.consumer, 2).await;
    nothing(&*one.consumer).await;
    for delivery in two {
        one.consumer.acknowledge(&delivery).await.unwrap();
    }
    assert_eq!(drink(&*one.consumer, 3).await.len(), 3);
}

pub async fn no_more_begin_than_the_rate_allows<H: Harness>(harness: &mut H) {
    let rate = Rate { messages: 4, per: Duration::from_secs(2) };
    let one = limited(harness, Limits { max_in_flight: None, rate: Some(rate) }).await;
    let other = one.broker.consume(&one.subscription).await.unwrap();
    let texts = ["a", "b", "c", "d", "e", "f", "g", "h"];
    one.publish(texts.map(message)).await;
    let started = Instant::now();
    let mut drunk = drink(&*one.consumer, 2).await;
    drunk.extend(drink(&*other, 4).await);
    drunk.extend(drink(&*one.consumer, 2).await);
    // Four were there at once; each further one takes half a second.
    assert!(started.elapsed() >= Duration::from_millis(1_950), "{:?}", started.elapsed());
    assert_eq!(drunk, texts);
}
