//! Messages of NATS tell of themselves, with a prefix of its own for each test at the server of `NATS_URL`.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "nats/place.rs"]
mod place;
#[path = "telemetry/suite.rs"]
mod telemetry;

use place::Place;
use telemetry::app::{App, core};
use telemetry::telemetry_suite;

struct AtPlace(Place);

impl AtPlace {
    async fn app(&self) -> App {
        App::open(core(None), &self.0.url(), &[]).await
    }

    async fn remove(self) {
        self.0.delete().await;
    }
}

telemetry_suite!(async { AtPlace(Place::new()) });
