//! A typed error on its way to an isolate.

use std::fmt;

use serde::Serialize;

/// What went wrong, in the words of `contract/errors.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Failure {
    /// A code of the contract.
    pub code: &'static str,
    /// What happened, where, and what to do next.
    pub message: String,
    /// Anything a program may want to read.
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    pub details: serde_json::Value,
}

impl Failure {
    /// A failure without details.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: serde_json::Value::Null }
    }

    /// The same failure with details.
    #[must_use]
    pub fn with_details(self, details: serde_json::Value) -> Self {
        Self { details, ..self }
    }

    /// The isolate's own frame could not be read.
    pub fn bad_arguments(error: &impl fmt::Display) -> Self {
        Self::new("internal", format!("the arguments of a native call could not be read: {error}"))
    }

    /// `{"code","message","details"?}`.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| format!(r#"{{"code":"{}","message":""}}"#, self.code))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Failure {}
