//! What an isolate's answer means. Decides, and does nothing.

use std::time::Duration;

use serde::Deserialize;
use twinloop_mailbox::{Gone, Outcome, ReplyForm};

use crate::ledger::Status;

/// How an attempt has ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Done,
    Failed(Failed),
    /// It was not begun.
    Again,
}

/// An attempt that has failed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    pub(crate) status: Status,
    pub(crate) code: String,
    pub(crate) message: String,
    /// The isolate has logged it.
    pub(crate) is_told: bool,
}

/// As the isolate tells it.
#[derive(Deserialize)]
struct Thrown {
    code: String,
    message: String,
}

impl Failed {
    pub(crate) fn new(status: Status, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), is_told: false }
    }

    /// For the history.
    pub(crate) fn text(&self) -> String {
        format!("{}: {}", self.code, self.message)
    }
}

pub(crate) fn after(outcome: Outcome, limit: Duration) -> Verdict {
    Verdict::Failed(match outcome {
        Outcome::Reply(reply) if reply.form != ReplyForm::Error => return Verdict::Done,
        Outcome::Reply(reply) => match serde_json::from_slice::<Thrown>(&reply.body) {
            Ok(Thrown { code, message }) => Failed { status: Status::Failed, code, message, is_told: true },
            Err(_) => {
                Failed::new(Status::Failed, "internal", "the handler failed, and its error could not be read")
            }
        },
        Outcome::Stream(_) => Failed::new(Status::Failed, "internal", "a run was answered with a stream"),
        Outcome::Gone(Gone::Overloaded) => return Verdict::Again,
        Outcome::Gone(Gone::TimedOut) => Failed::new(
            Status::TimedOut,
            "deadline_exceeded",
            format!("the handler did not finish within its timeout of {} ms", limit.as_millis()),
        ),
        Outcome::Gone(Gone::IsolateGone) => {
            Failed::new(Status::Failed, "aborted", "the worker that had the run ended")
        }
    })
}
