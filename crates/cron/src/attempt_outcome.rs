//! Decides what an isolate's answer to a run means. Pure: no I/O.

use std::time::Duration;

use serde::Deserialize;
use twinloop_mailbox::{Gone, Outcome, ReplyForm};
use twinloop_runtime::Code;

use crate::ledger::Status;

/// How one attempt of a run has ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AttemptOutcome {
    /// The handler returned.
    Done,
    /// The handler threw, timed out, or lost its isolate.
    Failed(Failed),
    /// The isolate refused the attempt before the handler began; another isolate may take it.
    Again,
}

/// Why an attempt has failed, for the history and the log.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    pub(crate) status: Status,
    pub(crate) code: String,
    pub(crate) message: String,
    /// Whether the isolate has logged the error already.
    pub(crate) is_told: bool,
}

/// An error that a handler threw, as the isolate encodes it.
#[derive(Deserialize)]
struct Thrown {
    code: String,
    message: String,
}

impl Failed {
    pub(crate) fn new(status: Status, code: Code, message: impl Into<String>) -> Self {
        Self { status, code: code.to_string(), message: message.into(), is_told: false }
    }

    /// The error as the history shows it: `code: message`, or the message alone for an error without a code.
    pub(crate) fn text(&self) -> String {
        // An error without a code of its own says all in its message.
        if self.code == Code::Unknown.as_str() {
            self.message.clone()
        } else {
            format!("{}: {}", self.code, self.message)
        }
    }
}

/// The verdict on an attempt after its outcome; `limit` is the job's timeout.
pub(crate) fn after(outcome: Outcome, limit: Duration) -> AttemptOutcome {
    AttemptOutcome::Failed(match outcome {
        Outcome::Reply(reply) if reply.form != ReplyForm::Error => return AttemptOutcome::Done,
        Outcome::Reply(reply) => match serde_json::from_slice::<Thrown>(&reply.body) {
            Ok(Thrown { code, message }) => Failed { status: Status::Failed, code, message, is_told: true },
            Err(_) => Failed::new(
                Status::Failed,
                Code::Internal,
                "the handler failed, and its error could not be read",
            ),
        },
        Outcome::Stream(_) => Failed::new(Status::Failed, Code::Internal, "a run was answered with a stream"),
        Outcome::Gone(Gone::Overloaded) => return AttemptOutcome::Again,
        Outcome::Gone(Gone::TimedOut) => Failed::new(
            Status::TimedOut,
            Code::DeadlineExceeded,
            format!("the handler did not finish within its timeout of {} ms", limit.as_millis()),
        ),
        Outcome::Gone(Gone::IsolateGone) => {
            Failed::new(Status::Failed, Code::Aborted, "the worker that had the run ended")
        }
    })
}
