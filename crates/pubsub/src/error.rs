//! What goes wrong between a topic and its subscriptions.

use std::fmt;

use twinloop_runtime::{Failure, SqlError};

/// A failure of this crate: a code of the contract and a message for people, which never holds a password or a body.
#[derive(Clone, Debug)]
pub struct Error(Box<Failure>);

impl Error {
    /// The broker could not be reached or did not confirm in time: a publish may or may not have happened.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new("unavailable", message)
    }

    /// What was asked for cannot be done with these arguments.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new("invalid_argument", message)
    }

    /// There is no room: a full disk, a bound that was reached.
    pub fn exhausted(message: impl Into<String>) -> Self {
        Self::new("resource_exhausted", message)
    }

    /// Not now, or not with this provider.
    pub fn precondition(message: impl Into<String>) -> Self {
        Self::new("failed_precondition", message)
    }

    /// A fault of ours.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new("internal", message)
    }

    /// The same, with where it happened in front.
    #[must_use]
    pub fn at(mut self, place: &str) -> Self {
        if !self.0.message.contains(place) {
            self.0.message = format!("{place}: {}", self.0.message);
        }
        self
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
