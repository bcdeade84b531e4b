//! Promises about recalling a message by its id.

use std::time::Duration;

use twinloop_pubsub::{NewMessage, Recall, RecallOutcome, Recalled, Subscription};

use super::fixture::{One, delayed, drink, keyed, message, new_id, next, nothing, subscription, text, topic};
use super::harness::Harness;

const HOUR: Duration = Duration::from_secs(3600);

async fn found(one: &One, id: &str, what: Recall) -> Vec<(String, RecallOutcome)> {
    let recalled = one.broker.recall("t", id, what).await.unwrap();
    let mut found: Vec<(String, RecallOutcome)> =
        recalled.into_iter().map(|Recalled { subscription, found }| (subscription, found)).collect();
    found.sort_by(|one, other| one.0.cmp(&other.0));
    found
}

async fn found_in_s(one: &One, id: &str, what: Recall) -> RecallOutcome {
    let found = found(one, id, what).await;
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].1
}

pub async fn a_waiting_message_is_cancelled_and_told_of_each_subscription<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let both = [subscription("s"), subscription("other")];
    one.broker.declare(&[topic("t", false, &both)]).await.unwrap();
    let (later, now) = (delayed(harness, HOUR, "later"), message("now"));
    one.publish([later.clone(), now.clone()]).await;
    let other = one.broker.consume(&both[1]).await.unwrap();
    assert_eq!(drink(&*other, 1).await, ["now"]);
    for expected in [RecallOutcome::Waiting, RecallOutcome::Gone] {
        let told = found(&one, &later.id, Recall::Cancel).await;
        assert_eq!(told, [("other".to_owned(), expected), ("s".to_owned(), expected)]);
    }
    let told = found(&one, &now.id, Recall::Cancel).await;
    assert_eq!(told, [("other".to_owned(), RecallOutcome::Gone), ("s".to_owned(), RecallOutcome::Waiting)]);
    nothing(&*one.consumer).await;
    assert_eq!(one.depth().await.delayed, 0);
}

pub async fn what_is_in_flight_dead_or_unknown_is_told_and_stays<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish(["a", "b"].map(message)).await;
    let dead = one.bury_next().await;
    let out = next(&*one.consumer).await;
    let later = Recall::Reschedule(harness.now() + HOUR);
    for what in [Recall::Cancel, later] {
        assert_eq!(found_in_s(&one, &out.id, what).await, RecallOutcome::InFlight);
        assert_eq!(found_in_s(&one, &dead.id, what).await, RecallOutcome::Dead);
        assert_eq!(found_in_s(&one, &new_id(), what).await, RecallOutcome::Gone);
        assert_eq!(found_in_s(&one, "no id at all", what).await, RecallOutcome::Gone);
    }
    one.consumer.acknowledge(&out).await.unwrap();
    assert_eq!(found_in_s(&one, &out.id, Recall::Cancel).await, RecallOutcome::Gone);
    assert_eq!(one.depth().await.dead, 1);
}

pub async fn a_message_of_another_topic_is_left_alone<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.broker.declare(&[topic("other", false, &[subscription("s")])]).await.unwrap();
    let message = delayed(harness, HOUR, "later");
    one.publish([message.clone()]).await;
    let recalled = one.broker.recall("other", &message.id, Recall::Cancel).await.unwrap();
    assert!(recalled.iter().all(|each| each.found == RecallOutcome::Gone), "{recalled:?}");
    assert_eq!(one.depth().await.delayed, 1);
    assert!(one.broker.recall("nowhere", &message.id, Recall::Cancel).await.is_err());
}

pub async fn a_message_gets_another_time<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let (early, late, now) =
        (delayed(harness, HOUR, "early"), delayed(harness, HOUR, "late"), message("now"));
    one.publish([early.clone(), late.clone(), now.clone()]).await;
    let soon = Recall::Reschedule(harness.now() + Duration::from_millis(700));
    assert_eq!(found_in_s(&one, &now.id, soon).await, RecallOutcome::Waiting);
    assert_eq!(
        found_in_s(&one, &early.id, Recall::Reschedule(harness.now() - HOUR)).await,
        RecallOutcome::Waiting
    );
    assert_eq!(
        found_in_s(&one, &late.id, Recall::Reschedule(harness.now() + 2 * HOUR)).await,
        RecallOutcome::Waiting
    );
    assert_eq!(drink(&*one.consumer, 1).await, ["early"]);
    harness.pass(Duration::from_millis(800) + H::DELAY_GRAIN).await;
    assert_eq!(drink(&*one.consumer, 1).await, ["now"]);
    nothing(&*one.consumer).await;
    assert_eq!(one.depth().await.delayed, 1);
}

pub async fn a_recalled_message_lets_its_key_go_on<H: Harness>(harness: &mut H) {
    let one = One::ordered(harness).await;
    let [first, second, third] = ["1", "2", "3"].map(|text| keyed("k", text));
    one.publish([first.clone(), second.clone(), third.clone()]).await;
    assert_eq!(found_in_s(&one, &second.id, Recall::Cancel).await, RecallOutcome::Waiting);
    let soon = Recall::Reschedule(harness.now() + Duration::from_millis(300));
    assert_eq!(found_in_s(&one, &first.id, soon).await, RecallOutcome::Waiting);
    harness.pass(Duration::from_millis(400) + H::DELAY_GRAIN).await;
    // What was not begun takes its place when it is due.
    assert_eq!(drink(&*one.consumer, 2).await, ["3", "1"]);
}

pub async fn a_message_that_is_retried_keeps_its_attempts_and_its_place<H: Harness>(harness: &mut H) {
    let ordered = Subscription { ordered: true, ..subscription("s") };
    let one = One::with(harness, ordered).await;
    let [first, second] = ["1", "2"].map(|text| keyed("k", text));
    one.publish([first.clone(), second]).await;
    let delivery = next(&*one.consumer).await;
    one.consumer.retry(&delivery, HOUR).await.unwrap();
    nothing(&*one.consumer).await;
    assert_eq!(found_in_s(&one, &first.id, Recall::Reschedule(harness.now())).await, RecallOutcome::Waiting);
    let again = next(&*one.consumer).await;
    assert_eq!((text(&again).as_str(), again.attempt), ("1", 2));
    one.consumer.retry(&again, HOUR).await.unwrap();
    assert_eq!(found_in_s(&one, &first.id, Recall::Cancel).await, RecallOutcome::Waiting);
    assert_eq!(drink(&*one.consumer, 1).await, ["2"]);
}

pub async fn a_recall_survives<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let messages = ["a", "b"].map(|text| NewMessage { ..delayed(harness, HOUR, text) });
    one.publish(messages.clone()).await;
    found(&one, &messages[0].id, Recall::Cancel).await;
    found(&one, &messages[1].id, Recall::Reschedule(harness.now())).await;
    let one = one.reopened(harness).await;
    assert_eq!(drink(&*one.consumer, 1).await, ["b"]);
    nothing(&*one.consumer).await;
}
