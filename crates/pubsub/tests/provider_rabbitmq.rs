//! The RabbitMQ provider keeps the promises, in a vhost of its own for each test of the broker at `AMQP_URL`.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "provider/suite.rs"]
mod provider;
#[path = "rabbitmq/vhost.rs"]
mod vhost;

use std::sync::Arc;

use provider::{Harness, provider_suite};
use twinloop_pubsub::Broker;
use twinloop_pubsub::rabbitmq::RabbitMq;
use vhost::Vhost;

struct InVhost {
    vhost: Vhost,
    broker: Arc<RabbitMq>,
}

const NO_PRIORITIES: &str = "RabbitMQ's quorum queues have no priorities";
const NO_LIMITS: &str = "RabbitMQ limits no more than one consumer";
const NO_RECALL: &str = "RabbitMQ finds no message by its id";
const NO_UNIQUE_KEYS: &str = "RabbitMQ keeps no unique keys";
const NO_DEDUPE_KEYS: &str = "RabbitMQ keeps no dedupe keys: the app's database does";

impl Harness for InVhost {
    const SKIPS: &'static [(&'static str, &'static str)] = &[
        ("dedupe", NO_DEDUPE_KEYS),
        ("dedupe_keys_survive", NO_DEDUPE_KEYS),
        ("the_greatest_priority_comes_first_and_the_oldest_within_one", NO_PRIORITIES),
        ("a_repeated_message_keeps_its_priority", NO_PRIORITIES),
        ("a_delayed_message_has_its_priority_when_it_is_due", NO_PRIORITIES),
        ("a_redriven_dead_letter_has_its_priority", NO_PRIORITIES),
        ("priorities_survive", NO_PRIORITIES),
        ("unique", NO_UNIQUE_KEYS),
        ("recall", NO_RECALL),
        ("limits", NO_LIMITS),
    ];

    /// Precision of delays: a delay consists of up to ten shorter ones, each of which the broker may end some milliseconds
    /// late.
    const DELAY_GRAIN: std::time::Duration = std::time::Duration::from_millis(400);

    fn unavailable() -> Option<&'static str> {
        vhost::unavailable()
    }

    async fn fresh() -> Self {
        let vhost = Vhost::new().await;
        let broker = vhost.open();
        Self { vhost, broker }
    }

    fn broker(&self) -> Arc<dyn Broker> {
        Arc::clone(&self.broker) as Arc<dyn Broker>
    }

    async fn reopen(&mut self) {
        self.broker.close().await.unwrap();
        self.broker = self.vhost.open();
    }

    async fn finish(self) {
        self.vhost.delete().await;
    }
}

provider_suite!(InVhost);
