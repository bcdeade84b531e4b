//! The embedded provider keeps the promises, in a file of its own for each test.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "provider/suite.rs"]
mod provider;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use provider::{Harness, provider_suite};
use twinloop_pubsub::Broker;
use twinloop_pubsub::embedded::Embedded;

struct InFile {
    folder: PathBuf,
    broker: Arc<Embedded>,
}

impl InFile {
    async fn open(folder: &std::path::Path) -> Arc<Embedded> {
        Arc::new(Embedded::open(&folder.join("pubsub.redb")).await.unwrap())
    }
}

const LIMITED_BY_THE_ENGINE: &str = "one process is the whole fleet: the engine holds its limits";

impl Harness for InFile {
    const SKIPS: &'static [(&'static str, &'static str)] = &[("limits", LIMITED_BY_THE_ENGINE)];

    async fn fresh() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("twinloop-provider-{}-{number}", std::process::id()));
        let broker = Self::open(&folder).await;
        Self { folder, broker }
    }

    fn broker(&self) -> Arc<dyn Broker> {
        Arc::clone(&self.broker) as Arc<dyn Broker>
    }

    async fn reopen(&mut self) {
        self.broker.close().await.unwrap();
        self.broker = Self::open(&self.folder).await;
    }

    async fn finish(self) {
        std::fs::remove_dir_all(self.folder).unwrap();
    }
}

provider_suite!(InFile);
