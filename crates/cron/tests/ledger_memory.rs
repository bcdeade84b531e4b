//! The ledger of a process alone.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "ledger/suite.rs"]
mod ledger;

use std::sync::Arc;

use ledger::{Harness, ledger_suite, now};
use twinloop_cron::WallClock;
use twinloop_cron::ledger::Ledger;
use twinloop_cron::ledger::memory::MemoryLedger;

struct InMemory(Arc<MemoryLedger>);

impl Harness for InMemory {
    async fn fresh() -> Self {
        let memory = Arc::new(MemoryLedger::new(Arc::new(WallClock), "here/1"));
        let ledger: Arc<dyn Ledger> = Arc::clone(&memory) as _;
        ledger.declare("job", "times", now()).await.unwrap();
        Self(memory)
    }

    fn ledger(&self) -> Arc<dyn Ledger> {
        Arc::clone(&self.0) as Arc<dyn Ledger>
    }

    async fn finish(self) {}
}

ledger_suite!(InMemory);
