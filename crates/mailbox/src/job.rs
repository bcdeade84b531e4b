//! What is put into a mailbox: jobs that must be answered, notes that need no answer.

use std::sync::Arc;
use std::time::Duration;

use crate::frame::{AbortReason, Kind};

/// Text for the isolate, usually JSON.
#[derive(Clone, Debug)]
pub struct Text {
    /// UTF-8.
    pub bytes: Vec<u8>,
    /// No byte is 0x80 or above, so that it can cross as a one-byte string.
    pub ascii: bool,
    /// Dates, big integers and bytes are marked inside strings.
    pub tagged: bool,
}

/// No text, which is ASCII too.
impl Default for Text {
    fn default() -> Self {
        Self { bytes: Vec::new(), ascii: true, tagged: false }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        let ascii = text.is_ascii();
        Self { bytes: text.into_bytes(), ascii, tagged: false }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

/// What stays in Rust with a job until the isolate asks for it (the headers of a request).
pub trait Context: Send + Sync {
    /// One named value, or `None` where there is none.
    fn get(&self, name: &str) -> Option<String>;
    /// All values as one JSON text.
    fn all(&self) -> String;
}

/// Work that the isolate must answer.
pub struct Job {
    /// What to do.
    pub kind: Kind,
    /// On which endpoint, subscription or job of the manifest.
    pub target: u16,
    /// With what input.
    pub text: Text,
    /// What can be asked for later.
    pub context: Option<Arc<dyn Context>>,
    /// How long the answer may take, from now, waiting included; `None` has no limit.
    pub timeout: Option<Duration>,
}

/// Something the isolate is told, without an answer.
#[derive(Debug)]
pub struct Note {
    /// What is told.
    pub kind: Kind,
    /// About which target.
    pub target: u16,
    /// About which operation.
    pub id: u32,
    /// A small number whose meaning depends on the kind.
    pub aux: i32,
    /// The rest.
    pub text: Text,
}

impl Note {
    pub(crate) fn abort(id: u32, reason: AbortReason) -> Self {
        Self { kind: Kind::Abort, target: 0, id, aux: reason as i32, text: Text::default() }
    }
}
