//! The memory provider keeps the promises except durability.

#[path = "provider/suite.rs"]
mod provider;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use provider::{Harness, provider_suite};
use twinloop_pubsub::Broker;
use twinloop_pubsub::memory::{Memory, OffsetClock};

struct InMemory {
    broker: Arc<Memory>,
    clock: Arc<OffsetClock>,
}

const LIMITED_BY_THE_ENGINE: &str = "one process is the whole fleet: the engine holds its limits";
const SURVIVES_NOTHING: &str = "memory survives nothing";

impl Harness for InMemory {
    const SKIPS: &'static [(&'static str, &'static str)] = &[
        ("durable", SURVIVES_NOTHING),
        ("what_operators_noted_survives", SURVIVES_NOTHING),
        ("priorities_survive", SURVIVES_NOTHING),
        ("unique_keys_survive", SURVIVES_NOTHING),
        ("a_recall_survives", SURVIVES_NOTHING),
        ("limits", LIMITED_BY_THE_ENGINE),
    ];

    async fn fresh() -> Self {
        let clock = Arc::<OffsetClock>::default();
        Self { broker: Arc::new(Memory::with_clock(10_000, Arc::clone(&clock))), clock }
    }

    fn broker(&self) -> Arc<dyn Broker> {
        Arc::clone(&self.broker) as Arc<dyn Broker>
    }

    async fn reopen(&mut self) {
        unreachable!("{SURVIVES_NOTHING}")
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }

    fn now(&self) -> SystemTime {
        self.clock.now()
    }
}

provider_suite!(InMemory);
