//! Promises about the operators' side and the fleet's records.

use std::time::Duration;

use twinloop_pubsub::{Broker, DeadReason, Done, Expiry, Known, Stand, Subscription};

use super::fixture::{One, burial, delayed, drink, keyed, message, next, nothing, subscription, text, topic};
use super::harness::Harness;

async fn known(broker: &dyn Broker, name: &str) -> Option<Known> {
    let all = broker.known().await.unwrap();
    all.into_iter().find(|each| each.topic == "t" && each.name == name)
}

fn renamed(name: &str, from: &str) -> Subscription {
    Subscription { renamed_from: vec![from.into()], ..subscription(name) }
}

pub async fn subscriptions_are_known_with_who_serves_them<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let hourly = Subscription { expiry: Some(Duration::from_secs(3600)), ..subscription("hourly") };
    one.broker.declare(&[topic("t", false, &[subscription("s"), hourly.clone()])]).await.unwrap();
    one.broker.serve(&[subscription("s")]).await.unwrap();
    let served = known(&*one.broker, "s").await.unwrap();
    assert!(served.is_served && !served.is_paused && !served.is_expired);
    assert!(served.served_ago < Duration::from_secs(20), "{served:?}");
    assert_eq!(served.expiry, Expiry::Never);
    let other = known(&*one.broker, "hourly").await.unwrap();
    assert_eq!(other.expiry, Expiry::After(Duration::from_secs(3600)));
    tokio::time::sleep(Duration::from_millis(5)).await;
    one.broker.leave(&[subscription("s")]).await.unwrap();
    assert!(!known(&*one.broker, "s").await.unwrap().is_served);
    assert!(one.broker.has("t", "s").await.unwrap());
    assert!(!one.broker.has("t", "nobody").await.unwrap());
}

pub async fn a_pause_is_noted_for_all_processes<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.broker.pause("t", "s", true).await.unwrap();
    assert!(known(&*one.broker, "s").await.unwrap().is_paused);
    one.broker.declare(&[topic("t", false, &[subscription("s")])]).await.unwrap();
    assert!(known(&*one.broker, "s").await.unwrap().is_paused, "a start does not resume it");
    one.broker.pause("t", "s", false).await.unwrap();
    assert!(!known(&*one.broker, "s").await.unwrap().is_paused);
    assert_eq!(one.broker.pause("t", "nobody", true).await.unwrap_err().code.as_str(), "not_found");
}

pub async fn an_expired_subscription_gets_no_copies_until_it_is_served_again<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.broker.declare(&[topic("t", false, &[subscription("s"), subscription("old")])]).await.unwrap();
    one.publish([message("before")]).await;
    assert!(
        !one.broker.expire("t", "old", Duration::from_secs(3600)).await.unwrap(),
        "it was served just now"
    );
    tokio::time::sleep(Duration::from_millis(30)).await;
    let after = Duration::from_millis(10);
    assert!(one.broker.expire("t", "old", after).await.unwrap());
    assert!(!one.broker.expire("t", "old", after).await.unwrap(), "only one caller ends the copies");
    assert!(known(&*one.broker, "old").await.unwrap().is_expired);
    one.publish([message("meanwhile")]).await;
    one.broker.declare(&[topic("t", false, &[subscription("s"), subscription("old")])]).await.unwrap();
    one.broker.serve(&[subscription("old")]).await.unwrap();
    one.publish([message("after")]).await;
    let consumer = one.broker.consume(&subscription("old")).await.unwrap();
    assert_eq!(drink(&*consumer, 2).await, ["before", "after"]);
    assert_eq!(drink(&*one.consumer, 3).await, ["before", "meanwhile", "after"]);
}

pub async fn what_waits_can_be_looked_at_and_stays<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([message("tried"), message("fresh"), delayed(harness, Duration::from_secs(600), "later")])
        .await;
    let tried = next(&*one.consumer).await;
    one.consumer.retry(&tried, Duration::ZERO).await.unwrap();
    drop(one.consumer);
    one.broker.declare(&[topic("t", false, &[subscription("s")])]).await.unwrap();
    let settled = tokio::time::Instant::now();
    let seen = loop {
        let seen = one.broker.peek("t", "s", 10).await.unwrap();
        let is_settled = seen.len() == 3 && seen.iter().all(|each| each.stand != Stand::InFlight);
        if is_settled || settled.elapsed() > super::fixture::WITHIN {
            break seen;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let mut told: Vec<(String, Stand, u32)> = seen
        .iter()
        .map(|each| (String::from_utf8_lossy(&each.body).into_owned(), each.stand, each.attempts))
        .collect();
    told.sort_by(|one, other| one.0.cmp(&other.0));
    let expected =
        [("\"fresh\"", Stand::Ready, 0), ("\"later\"", Stand::Delayed, 0), ("\"tried\"", Stand::Ready, 1)];
    assert_eq!(told, expected.map(|(text, stand, attempts)| (text.to_owned(), stand, attempts)));
    assert!(seen.iter().any(|each| each.due_at.is_some()));
    assert_eq!(one.broker.peek("t", "s", 1).await.unwrap().len(), 1);
    let consumer = one.broker.consume(&subscription("s")).await.unwrap();
    let mut again = [next(&*consumer).await, next(&*consumer).await].map(|each| (text(&each), each.attempt));
    again.sort();
    assert_eq!(again, [("fresh".to_owned(), 1), ("tried".to_owned(), 2)], "looking is no attempt");
}

pub async fn single_messages_can_be_deleted_and_unknown_ones_are_named<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let letters =
        [message("dead"), message("a"), message("b"), delayed(harness, Duration::from_secs(600), "later")];
    let ids: Vec<String> = letters.iter().map(|letter| letter.id.clone()).collect();
    one.publish([letters[0].clone()]).await;
    one.bury_next().await;
    let One { broker, consumer, .. } = one;
    drop(consumer);
    for letter in &letters[1..] {
        broker.publish(vec![letter.clone()]).await.unwrap();
    }
    let chosen = [ids[0].clone(), ids[1].clone(), ids[3].clone(), "no-such-id".to_owned()];
    let done = broker.delete("t", "s", &chosen).await.unwrap();
    assert_eq!(done, Done { count: 3, missing: vec!["no-such-id".to_owned()] });
    let consumer = broker.consume(&subscription("s")).await.unwrap();
    assert_eq!(drink(&*consumer, 1).await, ["b"]);
    nothing(&*consumer).await;
    assert!(broker.dead_letters("t", "s", 10, None).await.unwrap().is_empty());
    assert_eq!(broker.peek("t", "s", 10).await.unwrap().len(), 0);
}

pub async fn a_delayed_message_can_be_made_due<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let late = delayed(harness, Duration::from_secs(600), "late");
    let other = delayed(harness, Duration::from_secs(600), "other");
    one.publish([late.clone(), other]).await;
    let started = tokio::time::Instant::now();
    let chosen = [late.id, "no-such-id".to_owned()];
    let done = loop {
        // A broker that puts early messages aside needs a moment for it.
        let done = one.broker.promote("t", "s", &chosen).await.unwrap();
        if done.count > 0 || started.elapsed() > super::fixture::WITHIN {
            break done;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!(done, Done { count: 1, missing: vec!["no-such-id".to_owned()] });
    assert_eq!(drink(&*one.consumer, 1).await, ["late"]);
    nothing(&*one.consumer).await;
}

pub async fn all_messages_move_to_another_subscription_with_ids_and_attempts<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let later = delayed(harness, Duration::from_secs(3), "later");
    let letters = [message("dead"), message("tried"), message("a"), later];
    one.publish(letters.iter().cloned()).await;
    one.bury_next().await;
    let tried = next(&*one.consumer).await;
    one.consumer.retry(&tried, Duration::ZERO).await.unwrap();
    let One { broker, consumer, .. } = one;
    // A consumer that is dropped while it moves a delayed message leaves two copies.
    let settled = tokio::time::Instant::now();
    while broker.depth("t", "s").await.unwrap().delayed == 0 && settled.elapsed() < super::fixture::WITHIN {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(consumer);
    broker.declare(&[topic("t", false, &[subscription("to")])]).await.unwrap();
    let started = tokio::time::Instant::now();
    let mut moved = 0;
    while moved < 4 && started.elapsed() < super::fixture::WITHIN {
        moved += broker.move_all("t", "s", "to").await.unwrap();
    }
    assert_eq!(moved, 4);
    let left = broker.depth("t", "s").await.unwrap();
    assert_eq!((left.ready, left.delayed, left.dead), (0, 0, 0));
    let consumer = broker.consume(&subscription("to")).await.unwrap();
    harness.pass(Duration::from_secs(3) + H::DELAY_GRAIN).await;
    let mut got = Vec::new();
    for _ in 0..3 {
        let delivery = next(&*consumer).await;
        got.push((text(&delivery), delivery.id.clone(), delivery.attempt));
        consumer.acknowledge(&delivery).await.unwrap();
    }
    got.sort();
    let expected = [("a", 2, 1), ("later", 3, 1), ("tried", 1, 2)];
    assert_eq!(got, expected.map(|(text, at, attempt)| (text.to_owned(), letters[at].id.clone(), attempt)));
    let dead = broker.dead_letters("t", "to", 10, None).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((&dead[0].id, dead[0].attempts), (&letters[0].id, 1));
    assert_eq!(dead[0].burial.reason, DeadReason::RetriesExhausted);
    assert_eq!(dead[0].burial.error, burial(DeadReason::RetriesExhausted).error);
}

pub async fn an_ordered_subscription_moves_in_its_order<H: Harness>(harness: &mut H) {
    let own = |name: &str| Subscription { ordered: true, ..subscription(name) };
    let broker = harness.broker();
    broker.declare(&[topic("t", true, &[own("s")])]).await.unwrap();
    for number in 0..6 {
        let key = if number % 2 == 0 { "even" } else { "odd" };
        broker.publish(vec![keyed(key, &number.to_string())]).await.unwrap();
    }
    broker.declare(&[topic("t", true, &[own("to")])]).await.unwrap();
    assert_eq!(broker.move_all("t", "s", "to").await.unwrap(), 6);
    let consumer = broker.consume(&own("to")).await.unwrap();
    let got = drink(&*consumer, 6).await;
    let of = |parity: usize| -> Vec<&String> {
        got.iter().filter(|text| text.parse::<usize>().unwrap() % 2 == parity).collect()
    };
    assert_eq!(of(0), ["0", "2", "4"]);
    assert_eq!(of(1), ["1", "3", "5"]);
}

pub async fn a_subscription_can_be_deleted_with_its_messages<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.broker.declare(&[topic("t", false, &[subscription("old")])]).await.unwrap();
    one.publish([message("a"), message("b"), delayed(harness, Duration::from_secs(600), "c")]).await;
    let settled = tokio::time::Instant::now();
    while one.broker.depth("t", "old").await.unwrap().delayed == 0
        && settled.elapsed() < super::fixture::WITHIN
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(one.broker.remove("t", "old").await.unwrap(), 3);
    assert_eq!(known(&*one.broker, "old").await, None);
    one.publish([message("d")]).await;
    assert!(one.broker.remove("t", "old").await.is_err());
    assert_eq!(drink(&*one.consumer, 3).await, ["a", "b", "d"]);
    // The subscription can be created again and is then empty.
    one.broker.declare(&[topic("t", false, &[subscription("old")])]).await.unwrap();
    let depth = one.broker.depth("t", "old").await.unwrap();
    assert_eq!((depth.ready, depth.delayed, depth.dead), (0, 0, 0));
}

pub async fn a_renamed_subscription_keeps_its_messages_and_both_names<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([message("a"), message("b")]).await;
    let adopted = one.broker.declare(&[topic("t", false, &[renamed("new", "s")])]).await.unwrap();
    let told: Vec<_> = adopted.iter().map(|each| (each.from.as_str(), each.to.as_str())).collect();
    assert_eq!(told, [("s", "new")]);
    // The next start has nothing to take over.
    assert!(one.broker.declare(&[topic("t", false, &[renamed("new", "s")])]).await.unwrap().is_empty());
    one.publish([message("c")]).await;
    // A process with the old name and one that is started again with it share the messages.
    assert_eq!(drink(&*one.consumer, 1).await, ["a"]);
    drop(one.consumer);
    assert!(one.broker.declare(&[topic("t", false, &[subscription("s")])]).await.unwrap().is_empty());
    let names: Vec<String> = one.broker.known().await.unwrap().into_iter().map(|each| each.name).collect();
    assert_eq!(names, ["new"]);
    let consumer = one.broker.consume(&subscription("s")).await.unwrap();
    assert_eq!(drink(&*consumer, 1).await, ["b"]);
    drop(consumer);
    let consumer = one.broker.consume(&renamed("new", "s")).await.unwrap();
    assert_eq!(drink(&*consumer, 1).await, ["c"]);
    nothing(&*consumer).await;
}

pub async fn what_both_names_got_is_delivered_once_after_the_old_is_adopted<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([message("old")]).await;
    let One { broker, consumer, .. } = one;
    drop(consumer);
    tokio::time::sleep(Duration::from_millis(20)).await;
    // The new name is declared without its former one: each then has copies of its own.
    broker.declare(&[topic("t", false, &[subscription("new")])]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    broker.publish(vec![message("both")]).await.unwrap();
    let adopted = broker.declare(&[topic("t", false, &[renamed("new", "s")])]).await.unwrap();
    assert_eq!(adopted.len(), 1);
    assert_eq!(adopted[0].messages, 1);
    let consumer = broker.consume(&renamed("new", "s")).await.unwrap();
    let mut got = drink(&*consumer, 2).await;
    got.sort();
    assert_eq!(got, ["both", "old"]);
    nothing(&*consumer).await;
    assert_eq!(known(&*broker, "s").await, None);
}

pub async fn an_app_that_declares_both_names_has_two_subscriptions<H: Harness>(harness: &mut H) {
    let broker = harness.broker();
    broker.declare(&[topic("t", false, &[subscription("s")])]).await.unwrap();
    broker.declare(&[topic("t", false, &[renamed("new", "s")])]).await.unwrap();
    broker.declare(&[topic("t", false, &[subscription("new"), subscription("s")])]).await.unwrap();
    broker.publish(vec![message("a")]).await.unwrap();
    for name in ["new", "s"] {
        let consumer = broker.consume(&subscription(name)).await.unwrap();
        assert_eq!(drink(&*consumer, 1).await, ["a"], "{name}");
    }
}

pub async fn what_operators_noted_survives<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.broker.pause("t", "s", true).await.unwrap();
    one.broker.declare(&[topic("t", false, &[renamed("new", "s")])]).await.unwrap();
    let One { broker, consumer, .. } = one;
    drop((broker, consumer));
    harness.reopen().await;
    let broker = harness.broker();
    let found = known(&*broker, "new").await.unwrap();
    assert!(found.is_paused);
    assert_eq!(found.former, ["s"]);
}
