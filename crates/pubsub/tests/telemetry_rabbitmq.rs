//! Messages of RabbitMQ tell of themselves, in a vhost of its own for each test of the broker at `AMQP_URL`.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "telemetry/suite.rs"]
mod telemetry;
#[path = "rabbitmq/vhost.rs"]
mod vhost;

use telemetry::app::{App, core};
use telemetry::telemetry_suite;
use vhost::Vhost;

struct Place(Vhost);

impl Place {
    async fn app(&self) -> App {
        App::open(core(None), &self.0.url(), &[]).await
    }

    async fn remove(self) {
        self.0.delete().await;
    }
}

telemetry_suite!(async { Place(Vhost::new().await) });
