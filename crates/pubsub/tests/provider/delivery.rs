//! Promises from a publish to its acknowledgement.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use tokio::time::timeout;
use twinloop_pubsub::{NewMessage, Published};

use super::fixture::{A_WHILE, One, SHORT_DEADLINE, drink, message, new_id, next, nothing, take, text};
use super::harness::Harness;

pub async fn a_message_arrives_as_it_was_published<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let published_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_700_000_000_123);
    let trace = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    let body = Bytes::from(r#"{"name":"Zoë \ud800 \u0000 ☃","n":1.5e300}"#);
    let sent = NewMessage { body, key: Some("kéy".into()), published_at, trace, ..message("") };
    assert_eq!(one.broker.publish(vec![sent.clone()]).await.unwrap(), [Published::Stored]);
    let got = next(&*one.consumer).await;
    assert_eq!((&got.id, &got.body, &got.key, &got.trace), (&sent.id, &sent.body, &sent.key, &sent.trace));
    assert_eq!((got.published_at, got.attempt), (published_at, 1));
    one.consumer.acknowledge(&got).await.unwrap();
}

pub async fn gives_no_more_than_there_is_room_for<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.broker.publish((0..10).map(|number| message(&number.to_string())).collect()).await.unwrap();
    let some = take(&*one.consumer, 4).await;
    assert_eq!(some.iter().map(text).collect::<Vec<_>>(), ["0", "1", "2", "3"]);
    assert_eq!(drink(&*one.consumer, 6).await, ["4", "5", "6", "7", "8", "9"]);
    nothing(&*one.consumer).await;
}

pub async fn waits_until_there_is_a_message<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let consumer = std::sync::Arc::clone(&one.consumer);
    let waiting = tokio::spawn(async move { text(&next(&*consumer).await) });
    tokio::time::sleep(A_WHILE).await;
    assert!(!waiting.is_finished());
    one.publish([message("a")]).await;
    assert_eq!(waiting.await.unwrap(), "a");
}

pub async fn giving_up_waiting_loses_no_message<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let mut texts = Vec::new();
    for number in 0..30 {
        let publishing = one.publish([message(&number.to_string())]);
        let (waited, ()) =
            tokio::join!(timeout(Duration::from_millis(number % 4), one.consumer.next(1)), publishing);
        for delivery in waited.into_iter().flat_map(Result::unwrap) {
            texts.push(text(&delivery));
            one.consumer.acknowledge(&delivery).await.unwrap();
        }
    }
    texts.extend(drink(&*one.consumer, 30 - texts.len()).await);
    texts.sort_unstable_by_key(|text| text.parse::<u32>().unwrap());
    assert_eq!(texts, (0..30).map(|number| number.to_string()).collect::<Vec<_>>());
}

pub async fn an_acknowledged_message_is_gone<H: Harness>(harness: &mut H) {
    let one = One::short(harness).await;
    one.publish([message("a")]).await;
    drink(&*one.consumer, 1).await;
    harness.pass(SHORT_DEADLINE + Duration::from_millis(500)).await;
    nothing(&*one.consumer).await;
    let depth = one.depth_becomes(|depth| depth.in_flight == 0).await;
    assert_eq!((depth.ready, depth.delayed, depth.dead), (0, 0, 0));
}

pub async fn a_batch_is_answered_one_by_one_and_in_order<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let batch: Vec<NewMessage> = (0..200).map(|number| message(&number.to_string())).collect();
    assert_eq!(one.broker.publish(batch).await.unwrap(), vec![Published::Stored; 200]);
    assert_eq!(one.broker.publish(Vec::new()).await.unwrap(), []);
    let texts: Vec<String> = take(&*one.consumer, 100).await.iter().map(text).collect();
    assert_eq!(texts, (0..100).map(|number| number.to_string()).collect::<Vec<_>>());
}

pub async fn a_large_message_arrives_whole<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    let body = Bytes::from(format!("\"{}\"", "x".repeat(1_000_000)));
    one.publish([NewMessage { id: new_id(), body: body.clone(), ..message("") }]).await;
    assert!(next(&*one.consumer).await.body == body);
}

pub async fn a_released_message_comes_again_uncounted<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    one.publish([message("a")]).await;
    for _ in 0..3 {
        let delivery = next(&*one.consumer).await;
        assert_eq!((text(&delivery).as_str(), delivery.attempt), ("a", 1));
        one.consumer.release(&delivery).await.unwrap();
    }
}

pub async fn depth_counts_what_waits_and_what_is_out<H: Harness>(harness: &mut H) {
    let one = One::of(harness).await;
    assert_eq!(one.depth().await, twinloop_pubsub::Depth::default());
    let old = NewMessage { published_at: harness.now() - Duration::from_secs(60), ..message("old") };
    one.publish([old, message("a"), message("b")]).await;
    let depth = one.depth_becomes(|depth| depth.ready == 3).await;
    assert_eq!((depth.delayed, depth.in_flight, depth.dead), (0, 0, 0));
    assert!((60_000..120_000).contains(&depth.oldest_ms), "{depth:?}");
    let delivery = next(&*one.consumer).await;
    let depth = one.depth_becomes(|depth| depth.in_flight == 1).await;
    assert_eq!((depth.ready, depth.delayed), (2, 0));
    one.consumer.retry(&delivery, Duration::from_secs(3600)).await.unwrap();
    let depth = one.depth_becomes(|depth| depth.delayed == 1).await;
    assert_eq!((depth.ready, depth.in_flight), (2, 0));
    one.bury_next().await;
    let depth = one.depth_becomes(|depth| depth.dead == 1).await;
    assert_eq!((depth.ready, depth.delayed, depth.in_flight), (1, 1, 0));
}
