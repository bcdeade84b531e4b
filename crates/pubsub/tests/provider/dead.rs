//! Promises about dead letters.

use std::time::{Duration, SystemTime};

use twinloop_pubsub::{DeadReason, Done, MessageState};

use super::fixture::{One, burial, drink, keyed, message, next, nothing, text};
use super::harness::Harness;

pub async fn a_buried_message_is_kept_with_all_that_is_known<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([keyed("k", "a")]).await;
    let first = next(&*one.consumer).await;
    one.consumer.retry(&first, Duration::ZERO).await.unwrap();
    let second = next(&*one.consumer).await;
    one.consumer.bury(&second, burial(DeadReason::Misfit)).await.unwrap();
    nothing(&*one.consumer).await;
    let letters = one.broker.dead_letters("t", "s", 10, None).await.unwrap();
    assert_eq!(letters.len(), 1);
    let letter = &letters[0];
    assert_eq!((&letter.id, &letter.body, &letter.key), (&second.id, &second.body, &second.key));
    assert_eq!((letter.attempts, letter.published_at), (2, second.published_at));
    let age = SystemTime::now().duration_since(letter.buried_at).unwrap_or_default();
    assert!(age < Duration::from_secs(60), "{age:?}");
    let expected = burial(DeadReason::Misfit);
    assert_eq!(letter.burial.reason, expected.reason);
    assert_eq!((&letter.burial.error, &letter.burial.stack), (&expected.error, &expected.stack));
}

pub async fn dead_letters_are_read_in_pages<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish((0..5).map(|number| message(&number.to_string()))).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(one.bury_next().await.id);
    }
    let mut read = Vec::new();
    loop {
        let after = read.last().map(String::as_str);
        let page = one.broker.dead_letters("t", "s", 2, after).await.unwrap();
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        read.extend(page.into_iter().map(|letter| letter.id));
    }
    assert_eq!(read, ids);
}

pub async fn chosen_dead_letters_are_delivered_again<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([message("a"), message("b"), message("c")]).await;
    let mut buried = Vec::new();
    for _ in 0..3 {
        buried.push(one.bury_next().await);
    }
    let chosen = [buried[1].id.clone(), "no-such-id".to_owned()];
    let done = one.broker.redrive("t", "s", Some(&chosen)).await.unwrap();
    assert_eq!(done, Done { count: 1, missing: vec!["no-such-id".to_owned()] });
    assert_eq!(drink(&*one.consumer, 1).await, ["b"]);
    assert_eq!(one.depth_becomes(|depth| depth.dead == 2).await.ready, 0);
    let left = one.broker.dead_letters("t", "s", 10, None).await.unwrap();
    assert_eq!(left.iter().map(|letter| &letter.id).collect::<Vec<_>>(), [&buried[0].id, &buried[2].id]);
}

pub async fn all_dead_letters_are_delivered_again_as_if_new<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([message("a"), message("b")]).await;
    let first = next(&*one.consumer).await;
    one.consumer.retry(&first, Duration::ZERO).await.unwrap();
    let mut ids = [one.bury_next().await.id, one.bury_next().await.id];
    assert_eq!(one.broker.redrive("t", "s", None).await.unwrap().count, 2);
    assert_eq!(one.broker.redrive("t", "s", None).await.unwrap().count, 0);
    let again = [next(&*one.consumer).await, next(&*one.consumer).await];
    assert!(again.iter().all(|delivery| delivery.attempt == 1));
    let mut redriven = again.clone().map(|delivery| delivery.id);
    ids.sort_unstable();
    redriven.sort_unstable();
    assert_eq!(redriven, ids);
    for delivery in &again {
        one.consumer.acknowledge(delivery).await.unwrap();
    }
    assert!(one.broker.dead_letters("t", "s", 10, None).await.unwrap().is_empty());
}

pub async fn dead_letters_can_be_deleted<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([message("a"), message("b"), message("c")]).await;
    one.bury_next().await;
    one.bury_next().await;
    assert_eq!(one.broker.purge("t", "s", MessageState::Dead).await.unwrap(), 2);
    assert!(one.broker.dead_letters("t", "s", 10, None).await.unwrap().is_empty());
    assert_eq!(drink(&*one.consumer, 1).await, ["c"]);
}

pub async fn what_waits_can_be_deleted_and_what_is_out_stays<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([message("dead"), message("out")]).await;
    one.bury_next().await;
    let out = next(&*one.consumer).await;
    one.publish([message("a"), message("b")]).await;
    one.depth_becomes(|depth| depth.ready == 2 && depth.dead == 1).await;
    assert_eq!(one.broker.purge("t", "s", MessageState::Waiting).await.unwrap(), 2);
    nothing(&*one.consumer).await;
    one.consumer.retry(&out, Duration::ZERO).await.unwrap();
    assert_eq!(text(&next(&*one.consumer).await), "out");
    assert_eq!(one.broker.dead_letters("t", "s", 10, None).await.unwrap().len(), 1);
}
