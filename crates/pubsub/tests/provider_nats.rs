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
        ("unique", NO_UNIQUE_KEYS),
        ("recall", NO_RECALL),
        ("limits", NO_LIMITS),
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
