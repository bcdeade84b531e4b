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

impl Harness for AtPlace {
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
