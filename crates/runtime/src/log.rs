//! Log levels, numbered as pino numbers them, and the redaction of lines that the runtime itself prints.

use std::sync::OnceLock;

/// Removes secrets from a text; `None` if there are none in it.
type Redact = fn(&str) -> Option<String>;

static REDACT: OnceLock<Redact> = OnceLock::new();

/// Sets the function that removes secrets from lines that the runtime itself prints. Only the first call counts.
pub fn redact_with(redact: Redact) {
    let _ = REDACT.set(redact);
}

/// The line without secrets, where a component of this build knows any.
pub fn redacted(line: String) -> String {
    redaction(&line).unwrap_or(line)
}

/// The text without secrets; `None` where it has none.
pub fn redaction(text: &str) -> Option<String> {
    REDACT.get().and_then(|redact| redact(text))
}

/// The severity of a log line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Details that follow one request or run.
    Debug = 20,
    /// Ordinary events.
    Info = 30,
    /// Something an operator should look at.
    Warn = 40,
    /// Something failed.
    Error = 50,
}
