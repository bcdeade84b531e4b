use bytes::Bytes;

use super::*;

const LEASE: Duration = Duration::from_secs(30);

fn held(sequence: u64, key: Option<&str>, delivered: u32) -> Held {
    let letter = Letter {
        id: format!("id{sequence}"),
        body: Bytes::new(),
        key: key.map(str::to_owned),
        published_at: SystemTime::UNIX_EPOCH + Duration::from_secs(sequence),
        trace: None,
        attempts: 0,
        due_at: None,
    };
    Held { sequence, reply: format!("reply.{sequence}").into(), letter, delivered, uncounted: 0, extra: 0 }
}

fn stock(ordered: bool, all: impl IntoIterator<Item = Held>) -> Stock {
    let mut stock = Stock::new(ordered, LEASE);
    all.into_iter().for_each(|held| stock.arrive(held));
    stock
}

fn take(stock: &mut Stock) -> Vec<Delivery> {
    stock.take(10, Instant::now())
}

fn ids(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery.id.as_str()).collect()
}

#[test]
fn a_key_goes_on_when_its_front_is_done() {
    let mut stock =
        stock(true, [held(1, Some("a"), 1), held(2, Some("a"), 1), held(3, Some("b"), 1), held(4, None, 1)]);
    let taken = take(&mut stock);
    assert_eq!(ids(&taken), ["id1", "id3", "id4"]);
    assert_eq!(stock.finish(taken[0].lease).map(|held| held.sequence), Some(1));
    let next = take(&mut stock);
    assert_eq!(ids(&next), ["id2"]);
    stock.finish(next[0].lease);
    stock.arrive(held(5, Some("a"), 1));
    assert_eq!(ids(&take(&mut stock)), ["id5"]);
}

#[test]
fn a_retried_front_holds_back_its_key_until_it_comes_again() {
    let mut stock = stock(true, [held(1, Some("a"), 1), held(2, Some("a"), 1), held(3, Some("b"), 1)]);
    let taken = take(&mut stock);
    assert!(stock.pause(taken[0].lease, Duration::from_secs(5)).is_some());
    stock.finish(taken[1].lease);
    stock.arrive(held(4, Some("a"), 1));
    assert!(take(&mut stock).is_empty());
    assert_eq!((stock.counts().ready, stock.counts().paused), (2, 1));
    stock.arrive(held(1, Some("a"), 2));
    let again = take(&mut stock);
    assert_eq!((ids(&again), again[0].attempt), (vec!["id1"], 2));
}

#[test]
fn what_a_former_owner_had_keeps_its_place_and_only_a_front_was_with_a_handler() {
    let mut stock = Stock::new(true, LEASE);
    for sequence in [3, 5] {
        stock.await_again(sequence, Some("a".into()), 0, Instant::now());
    }
    stock.arrive(held(9, Some("a"), 1));
    stock.arrive(held(5, Some("a"), 2));
    assert!(take(&mut stock).is_empty());
    stock.arrive(held(3, Some("a"), 2));
    let mut told = Vec::new();
    for _ in 0..3 {
        let taken = take(&mut stock);
        told.push((taken[0].id.clone(), taken[0].attempt));
        stock.finish(taken[0].lease);
    }
    assert_eq!(told, [("id3".into(), 2), ("id5".into(), 1), ("id9".into(), 1)]);
}

#[test]
fn what_does_not_come_again_is_given_up_and_its_key_goes_on() {
    let mut stock = Stock::new(true, LEASE);
    stock.await_again(3, Some("a".into()), 0, Instant::now());
    stock.arrive(held(4, Some("a"), 1));
    assert_eq!(stock.overdue(Instant::now() + Duration::from_secs(1)), [3]);
    stock.forget(3);
    assert_eq!(ids(&take(&mut stock)), ["id4"]);
}

#[test]
fn deliveries_that_no_handler_began_are_not_counted() {
    let mut stock = Stock::new(true, LEASE);
    stock.await_again(1, None, 2, Instant::now());
    stock.arrive(held(1, None, 3));
    let taken = take(&mut stock);
    assert_eq!(taken[0].attempt, 1);
    assert!(stock.release(taken[0].lease));
    assert_eq!(take(&mut stock)[0].attempt, 1);
    let (held, _) = stock.clear();
    assert_eq!((held[0].uncounted, held[0].sequence), (2, 1));
}

#[test]
fn a_lease_that_ran_out_is_the_servers_or_stays_in_front_of_its_key() {
    let late = Instant::now() + LEASE * 2;
    let mut free = stock(false, [held(1, Some("a"), 1)]);
    let first = take(&mut free);
    free.pass(late);
    assert!(free.finish(first[0].lease).is_none());
    free.arrive(held(1, Some("a"), 2));
    assert_eq!(take(&mut free)[0].attempt, 2);
    let mut ordered = stock(true, [held(1, Some("a"), 1), held(2, Some("a"), 1)]);
    take(&mut ordered);
    ordered.pass(late);
    let again = take(&mut ordered);
    assert_eq!((ids(&again), again[0].attempt), (vec!["id1"], 2));
}

#[test]
fn what_is_not_out_can_be_taken_away() {
    let all = [held(1, Some("a"), 1), held(2, Some("a"), 1), held(3, Some("b"), 1), held(4, Some("b"), 1)];
    let mut stock = stock(true, all);
    let out = stock.take(1, Instant::now());
    assert_eq!(stock.empty().iter().map(|held| held.sequence).collect::<Vec<_>>(), [2, 3, 4]);
    stock.arrive(held(6, Some("a"), 1));
    stock.arrive(held(7, Some("b"), 1));
    assert_eq!(ids(&take(&mut stock)), ["id7"]);
    stock.finish(out[0].lease);
    assert_eq!(ids(&take(&mut stock)), ["id6"]);
}
