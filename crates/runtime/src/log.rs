//! Log levels, numbered as pino numbers them.

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
