//! What goes wrong with a job.

use std::fmt;

use twinloop_runtime::{Failure, SqlError};

/// A failure of this crate: a code of the contract and a message for people, which never holds a password.
#[derive(Clone, Debug)]
pub struct Error(Box<Failure>);

impl Error {
    /// What was asked for cannot be done with these arguments.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new("invalid_argument", message)
    }

    /// Not now, or not in this state.
    pub fn precondition(message: impl Into<String>) -> Self {
        Self::new("failed_precondition", message)
    }

    /// Another has it by now.
    pub fn aborted(message: impl Into<String>) -> Self {
        Self::new("aborted", message)
    }

    /// A fault of ours.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new("internal", message)
    }

    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self(Box::new(Failure::new(code, message)))
    }

    /// A code of the contract.
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// For people.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Error {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        *error.0
    }
}

impl From<SqlError> for Error {
    fn from(error: SqlError) -> Self {
        Self(error.failure)
    }
}
