//! Messages of the memory and of the embedded provider tell of themselves.

#[path = "telemetry/suite.rs"]
mod telemetry;

use telemetry::app::{App, core};
use telemetry::telemetry_suite;

struct Place(&'static str);

impl Place {
    async fn app(&self) -> App {
        App::open(core(None), self.0, &[]).await
    }

    #[allow(clippy::unused_async, reason = "other providers have something to remove")]
    async fn remove(self) {}
}

mod memory {
    use super::{Place, telemetry_suite};
    telemetry_suite!(std::future::ready(Place("memory:")));
}

mod embedded {
    use super::{Place, telemetry_suite};
    telemetry_suite!(std::future::ready(Place("embedded:messages.redb")));
}
