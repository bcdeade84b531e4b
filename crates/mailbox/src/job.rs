//! The contents of a mailbox: jobs, which must be answered, and notes, which need no answer.

use std::sync::Arc;
use std::time::Duration;

use crate::context::Context;
use crate::feed::Intake;
use crate::frame::{AbortReason, Kind};

/// Text for the isolate, usually JSON.
#[derive(Clone, Debug)]
pub struct Text {
    /// The text in UTF-8.
    pub bytes: Vec<u8>,
    /// Whether no byte is 0x80 or above, so that the text can cross as a one-byte string.
    pub ascii: bool,
    /// Whether dates, big integers and bytes are marked inside strings (tagged text).
    pub tagged: bool,
    /// Whether `bytes` are no text but a frame of values, for an isolate that has asked for frames.
    pub framed: bool,
}

/// The empty text, which is ASCII.
impl Default for Text {
    fn default() -> Self {
        Self { bytes: Vec::new(), ascii: true, tagged: false, framed: false }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        let ascii = text.is_ascii();
        Self { bytes: text.into_bytes(), ascii, tagged: false, framed: false }
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

/// Work that the isolate must answer.
pub struct Job {
    /// The number of the component whose work it is.
    pub component: u16,
    /// Whether the job counts against [`Limits::max_in_flight`](crate::Limits::max_in_flight).
    ///
    /// Requests arrive unasked and are bounded here. Messages and cron runs are pulled, and bounded by the component that pulls
    /// them; counted together, slow message handlers would keep requests out.
    pub is_counted: bool,
    /// The index of the endpoint, subscription or cron job of the component.
    pub target: u16,
    /// The input of the handler.
    pub text: Text,
    /// The values that the isolate can ask for later.
    pub context: Option<Arc<dyn Context>>,
    /// The time limit of the answer, from now, waiting included; `None` has no limit.
    pub timeout: Option<Duration>,
    /// The intake of input that comes in pieces, made by [`feed`](crate::feed()); `None` where all input is in `text`.
    pub intake: Option<Intake>,
}

/// A note to the isolate, which needs no answer.
#[derive(Debug)]
pub struct Note {
    /// The kind of the note.
    pub kind: Kind,
    /// The target that the note concerns.
    pub target: u16,
    /// The id of the operation that the note concerns.
    pub id: u32,
    /// A small number whose meaning depends on the kind.
    pub aux: i32,
    /// The text of the note.
    pub text: Text,
}

impl Note {
    pub(crate) fn abort(id: u32, reason: AbortReason) -> Self {
        Self { kind: Kind::Abort, target: 0, id, aux: reason as i32, text: Text::default() }
    }
}
