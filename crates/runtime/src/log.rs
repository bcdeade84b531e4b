//! Log levels, numbered as pino numbers them, and what keeps secrets out of lines that no isolate prints.

use std::sync::OnceLock;

/// Gives the text without secrets, or `None` where it has none.
type Redact = fn(&str) -> Option<String>;

static REDACT: OnceLock<Redact> = OnceLock::new();

/// Has `redact` take secrets out of what the runtime itself prints. The first one stays.
pub fn redact_with(redact: Redact) {
    let _ = REDACT.set(redact);
}

pub(crate) fn redacted(line: String) -> String {
    REDACT.get().and_then(|redact| redact(&line)).unwrap_or(line)
}

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For following one request through.
    Debug = 20,
    /// Ordinary events.
    Info = 30,
    /// Something to look at.
    Warn = 40,
    /// Something failed.
    Error = 50,
}
