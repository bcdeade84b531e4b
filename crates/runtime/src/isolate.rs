//! One attached isolate.

use std::sync::Arc;

use serde_json::Value;
use twinloop_mailbox::{Kind, Note, Port, Text};

use crate::blobs::Blobs;
use crate::failure::Failure;
use crate::log::Level;

/// A JavaScript isolate as the runtime sees it: a port, a store of blobs, a number.
pub struct Isolate {
    /// Process-wide number, never reused.
    pub id: u32,
    /// The isolate's mailbox and outbox.
    pub port: Arc<Port>,
    /// Binary bodies in transit.
    pub blobs: Blobs,
}

impl Isolate {
    /// Answers the call `id`.
    pub fn complete(&self, id: u32, answer: Result<Text, Failure>) {
        let (kind, text) = match answer {
            Ok(text) => (Kind::Completed, text),
            Err(failure) => (Kind::Failed, Text::from(failure.to_json())),
        };
        self.port.post(Note { kind, target: 0, id, aux: 0, text });
    }

    /// Prints a line through the isolate's logger.
    pub fn log(&self, level: Level, message: &str, fields: &Value) {
        let text = Text::from(serde_json::json!({ "msg": message, "fields": fields }).to_string());
        self.port.post(Note { kind: Kind::Log, target: 0, id: 0, aux: level as i32, text });
    }
}
