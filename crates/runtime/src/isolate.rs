//! One attached isolate.

use std::sync::{Arc, OnceLock};

use serde_json::Value;
use twinloop_mailbox::{Kind, Note, Port, Text};

use crate::batch_progress::BatchProgress;
use crate::blobs::Blobs;
use crate::failure::Failure;
use crate::log::Level;
use crate::unopened::UnopenedResults;

/// A JavaScript isolate as the runtime sees it: a port, stores of blobs and of unopened results, a number.
pub struct Isolate {
    /// Process-wide number, never reused.
    pub id: u32,
    /// The isolate's mailbox and outbox.
    pub port: Arc<Port>,
    /// Binary bodies in transit.
    pub blobs: Blobs,
    /// Results of operations that the isolate has not opened.
    pub unopened: UnopenedResults,
    /// Tells how far the isolate has come; set by the binding, and absent where no JavaScript runs.
    progress: OnceLock<Box<dyn Fn() -> BatchProgress + Send + Sync>>,
}

impl Isolate {
    pub(crate) fn new(id: u32, port: Arc<Port>) -> Self {
        Self {
            id,
            port,
            blobs: Blobs::default(),
            unopened: UnopenedResults::default(),
            progress: OnceLock::new(),
        }
    }

    /// Sets who tells how far the isolate has come. Called by threads other than the isolate's, while it runs.
    pub fn progress_by(&self, progress: impl Fn() -> BatchProgress + Send + Sync + 'static) {
        let _ = self.progress.set(Box::new(progress));
    }

    /// How far the isolate has come with its last batch.
    pub(crate) fn progress(&self) -> BatchProgress {
        self.progress.get().map(|progress| progress()).unwrap_or_default()
    }

    /// Answers the call `id` of the job `job`. The isolate looks at the call alone; the job says later whom the answer has resumed.
    pub(crate) fn complete(&self, id: u32, job: u32, answer: Result<Text, Failure>) {
        let (kind, text) = match answer {
            Ok(text) => (Kind::Completed, text),
            Err(failure) => (Kind::Failed, Text::from(failure.to_json())),
        };
        self.port.post(Note { kind, target: 0, id, aux: job.cast_signed(), text });
    }

    /// Prints a line through the isolate's logger.
    pub fn log(&self, level: Level, message: &str, fields: &Value) {
        let text = Text::from(serde_json::json!({ "msg": message, "fields": fields }).to_string());
        self.port.post(Note { kind: Kind::Log, target: 0, id: 0, aux: level as i32, text });
    }
}
