//! A typed error on its way to an isolate.

use std::fmt;

use serde::Serialize;

use crate::code::Code;

/// A failure: a code, a message for people, and details for programs.
///
/// The message says what happened, where, and what to do next; it never holds a password, a secret or the body of a message.
///
/// ```
/// use twinloop_runtime::{Code, Failure};
///
/// let failure = Failure::not_found("there is no job `tidy`: list the jobs with `twinloop cron`");
/// assert_eq!(failure.code, Code::NotFound);
/// assert!(failure.to_json().starts_with(r#"{"code":"not_found","message":"there is no job"#));
/// ```
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failure {
    /// A code of `contract/errors.json`.
    pub code: Code,
    /// What happened, where, and what to do next.
    pub message: String,
    /// Details for programs; null where there are none.
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    pub details: serde_json::Value,
}

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident = $code:ident,)+) => {
        impl Failure {
            $(
                $(#[$doc])*
                pub fn $name(message: impl Into<String>) -> Self {
                    Self::new(Code::$code, message)
                }
            )+
        }
    };
}

constructors! {
    /// The failure of work that was given up before it was done.
    canceled = Canceled,
    /// A failure whose cause is not known.
    unknown = Unknown,
    /// The failure of a request that is wrong in itself.
    invalid_argument = InvalidArgument,
    /// The failure of work that was not done in time.
    deadline_exceeded = DeadlineExceeded,
    /// The failure of a request that names something which does not exist.
    not_found = NotFound,
    /// The failure of a request for which there is no room: a full disk, a bound that was reached.
    resource_exhausted = ResourceExhausted,
    /// The failure of a request that cannot be met now, or not in this state.
    failed_precondition = FailedPrecondition,
    /// The failure of work that other work has ended or taken over.
    aborted = Aborted,
    /// The failure of an operation that does not exist here.
    unimplemented = Unimplemented,
    /// A fault of this program.
    internal = Internal,
    /// The failure of a request to a service that could not be reached.
    unavailable = Unavailable,
}

impl Failure {
    /// A failure without details.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), details: serde_json::Value::Null }
    }

    /// Adds details for programs to the failure, in place of those that it has.
    #[must_use]
    pub fn with_details(self, details: serde_json::Value) -> Self {
        Self { details, ..self }
    }

    /// Puts the place where it happened in front of the message, unless the message names the place already.
    #[must_use]
    pub fn at(mut self, place: &str) -> Self {
        if !self.message.contains(place) {
            self.message = format!("{place}: {}", self.message);
        }
        self
    }

    /// Whether a service could not be reached, or did not answer in time.
    pub fn is_outage(&self) -> bool {
        self.code.is_outage()
    }

    /// The failure of an operation whose arguments could not be read: `internal`, because the package that calls and the
    /// addon do not agree.
    pub fn bad_arguments(operation: &impl fmt::Display, error: &impl fmt::Display) -> Self {
        Self::internal(format!("the arguments of {operation} could not be read: {error}"))
    }

    /// The failure as JSON: `{"code","message","details"?}`.
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
