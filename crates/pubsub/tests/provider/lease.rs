//! Promises about leases: a delivery belongs to one consumer until its lease ends.

use std::time::Duration;

use twinloop_pubsub::Lease;

use super::fixture::{One, SHORT_DEADLINE, drink, message, next, nothing, take, text};
use super::harness::Harness;
use futures_util::FutureExt;
use futures_util::future::{join, join_all};

const LONGER: Duration = Duration::from_millis(4_500);

pub async fn a_lease_that_ran_out_is_delivered_again_and_counted<H: Harness>(harness: &mut H) {
    let one = One::short(harness).await;
    one.publish([message("a")]).await;
    let first = next(&*one.consumer).await;
    harness.pass(LONGER).await;
    let second = next(&*one.consumer).await;
    assert_eq!((&second.id, second.attempt), (&first.id, 2));
    assert_ne!(first.lease, second.lease);
    one.consumer.acknowledge(&second).await.unwrap();
    harness.pass(LONGER).await;
    nothing(&*one.consumer).await;
}

pub async fn a_late_answer_finds_nothing<H: Harness>(harness: &mut H) {
    let one = One::short(harness).await;
    one.publish([message("a")]).await;
    let late = next(&*one.consumer).await;
    harness.pass(LONGER).await;
    let current = next(&*one.consumer).await;
    // A provider may return an error for a late settlement or not; it must not have an effect.
    let _ = one.consumer.acknowledge(&late).await;
    let _ = one.consumer.retry(&late, Duration::ZERO).await;
    let _ = one.consumer.release(&late).await;
    one.consumer.retry(&current, Duration::ZERO).await.unwrap();
    let third = next(&*one.consumer).await;
    assert_eq!((&third.id, third.attempt), (&current.id, 3));
    one.consumer.acknowledge(&third).await.unwrap();
}

pub async fn an_extended_lease_is_kept<H: Harness>(harness: &mut H) {
    let one = One::short(harness).await;
    let other = one.broker.consume(&one.subscription).await.unwrap();
    one.publish([message("a")]).await;
    let delivery = next(&*one.consumer).await;
    for _ in 0..5 {
        harness.pass(SHORT_DEADLINE / 3).await;
        assert_eq!(one.consumer.extend(&[delivery.lease]).await.unwrap(), []);
    }
    nothing(&*other).await;
    one.consumer.acknowledge(&delivery).await.unwrap();
}

pub async fn extending_names_the_leases_that_were_lost<H: Harness>(harness: &mut H) {
    let one = One::short(harness).await;
    one.publish([message("a"), message("b")]).await;
    let lost = next(&*one.consumer).await;
    harness.pass(LONGER).await;
    // The provider may deliver the two in any order.
    let out = take(&*one.consumer, 2).await;
    let unknown = Lease(u64::MAX - 1);
    let mut gone = one.consumer.extend(&[lost.lease, out[0].lease, out[1].lease, unknown]).await.unwrap();
    gone.sort_unstable();
    assert_eq!(gone, [lost.lease, unknown]);
}

pub async fn leases_are_extended_while_deliveries_are_acknowledged<H: Harness>(harness: &mut H) {
    const AT_ONCE: usize = 100;
    let one = One::of(harness).await;
    for _ in 0..20 {
        one.broker.publish((0..AT_ONCE).map(|number| message(&number.to_string())).collect()).await.unwrap();
        let out = take(&*one.consumer, AT_ONCE).await;
        let mut leases: Vec<Lease> = out.iter().map(|delivery| delivery.lease).collect();
        leases.reverse();
        let extending = join_all((0..4).map(|_| one.consumer.extend(&leases)));
        let acknowledging = join_all(out.iter().map(|delivery| one.consumer.acknowledge(delivery)));
        let (extended, acknowledged) = join(extending, acknowledging).await;
        for answer in extended {
            answer.unwrap();
        }
        for answer in acknowledged {
            answer.unwrap();
        }
    }
    assert_eq!(one.depth_becomes(|depth| depth.in_flight == 0).await.ready, 0);
}

pub async fn a_dropped_consumer_gives_back_what_it_has<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([message("a"), message("b")]).await;
    let other = one.broker.consume(&one.subscription).await.unwrap();
    let held = next(&*other).await;
    drop(other);
    let mut texts = drink(&*one.consumer, 2).await;
    texts.sort_unstable();
    assert_eq!(texts, ["a", "b"]);
    assert!(texts.contains(&text(&held)));
}

/// The first poll begins to receive, and then its caller goes: a pause that overtakes a claim.
pub async fn what_came_for_a_caller_that_has_gone_is_free_for_others<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let other = one.broker.consume(&one.subscription).await.unwrap();
    for round in 0..2 {
        one.publish([message(&round.to_string())]).await;
        // A provider that has the message in memory gives it at once.
        if let Some(received) = one.consumer.next(1).now_or_never() {
            one.consumer.release(&received.unwrap()[0]).await.unwrap();
        }
        one.consumer.rest();
        let delivery = next(&*other).await;
        assert_eq!((text(&delivery), delivery.attempt), (round.to_string(), 1));
        other.acknowledge(&delivery).await.unwrap();
    }
}
