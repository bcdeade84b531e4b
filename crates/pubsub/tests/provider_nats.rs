//! The NATS provider keeps the promises, with a prefix of its own for each test at the server of `NATS_URL`.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "nats/place.rs"]
mod place;
#[path = "provider/suite.rs"]
mod provider;

use std::sync::Arc;

use place::Place;
use provider::{Harness, provider_suite};
use twinloop_pubsub::Broker;
use twinloop_pubsub::nats::Nats;

struct AtPlace {
    place: Place,
    broker: Arc<Nats>,
}

const NO_PRIORITIES: &str = "a stream of NATS has one order";
const NO_LIMITS: &str = "NATS limits what is in flight, and not by key or rate";
const NO_RECALL: &str = "NATS finds no message by its id";
const NO_UNIQUE_KEYS: &str = "unique keys are not there on NATS";

impl Harness for AtPlace {
    const SKIPS: &'static [(&'static str, &'static str)] = &[
        ("the_greatest_priority_comes_first_and_the_oldest_within_one", NO_PRIORITIES),
        ("a_repeated_message_keeps_its_priority", NO_PRIORITIES),
        ("a_delayed_message_has_its_priority_when_it_is_due", NO_PRIORITIES),
        ("a_redriven_dead_letter_has_its_priority", NO_PRIORITIES),
        ("priorities_survive", NO_PRIORITIES),
        ("a_unique_key_is_taken_until_its_message_is_done", NO_UNIQUE_KEYS),
        ("a_unique_key_is_free_when_its_message_is_dead_or_deleted", NO_UNIQUE_KEYS),
        ("a_unique_key_is_taken_while_any_subscription_has_its_message", NO_UNIQUE_KEYS),
        ("unique_keys_of_a_batch_and_of_other_topics_are_told_apart", NO_UNIQUE_KEYS),
        ("of_many_publishes_at_once_one_takes_the_unique_key", NO_UNIQUE_KEYS),
        ("unique_keys_survive", NO_UNIQUE_KEYS),
        ("a_waiting_message_is_cancelled_and_told_of_each_subscription", NO_RECALL),
        ("what_is_in_flight_dead_or_unknown_is_told_and_stays", NO_RECALL),
        ("a_message_of_another_topic_is_left_alone", NO_RECALL),
        ("a_message_gets_another_time", NO_RECALL),
        ("a_recalled_message_lets_its_key_go_on", NO_RECALL),
        ("a_message_that_is_retried_keeps_its_attempts_and_its_place", NO_RECALL),
        ("a_recall_survives", NO_RECALL),
        ("no_more_are_in_flight_than_the_limit_over_all_consumers", NO_LIMITS),
        ("a_lease_that_ran_out_makes_room_within_the_limit", NO_LIMITS),
        ("keys_stay_in_order_within_a_limit", NO_LIMITS),
        ("no_more_begin_than_the_rate_allows", NO_LIMITS),
    ];

    /// Precision of delays: the server delivers again in its own time, and a due message is then stored anew.
    const DELAY_GRAIN: std::time::Duration = std::time::Duration::from_millis(400);

    fn unavailable() -> Option<&'static str> {
        place::unavailable()
    }

    async fn fresh() -> Self {
        let place = Place::new();
        let broker = place.open();
        Self { place, broker }
    }

    fn broker(&self) -> Arc<dyn Broker> {
        Arc::clone(&self.broker) as Arc<dyn Broker>
    }

    async fn reopen(&mut self) {
        self.broker.close().await.unwrap();
        self.broker = self.place.open();
    }

    async fn finish(self) {
        self.place.delete().await;
    }
}

provider_suite!(AtPlace);
