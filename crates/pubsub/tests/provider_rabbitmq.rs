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

const NO_DEDUPE_KEYS: &str = "RabbitMQ keeps no dedupe keys: the app's database does";

impl Harness for InVhost {
    const SKIPS: &'static [(&'static str, &'static str)] = &[
        ("a_second_message_of_a_dedupe_key_is_not_stored", NO_DEDUPE_KEYS),
        ("duplicates_within_a_batch_are_found", NO_DEDUPE_KEYS),
        ("a_dedupe_key_is_free_after_its_window", NO_DEDUPE_KEYS),
        ("a_dedupe_key_belongs_to_its_topic", NO_DEDUPE_KEYS),
        ("dedupe_keys_survive", NO_DEDUPE_KEYS),
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
