//! The verdict on an attempt: what happens to a message after it. Pure decisions without I/O.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde::Deserialize;
use twinloop_mailbox::{Gone, Outcome, ReplyForm};
use twinloop_runtime::{Code, Level, backoff};

use crate::engine::deliver::subscriber::Policy;
use crate::provider::message::{Burial, DeadReason, Delivery};
use crate::request::milliseconds;

/// The fate of a message after an attempt.
#[derive(Debug)]
pub(crate) enum Disposition {
    Acknowledge,
    Retry {
        delay: Duration,
        error: String,
        /// The level at which the retry is logged; a failure that the isolate reported was logged by the isolate itself.
        level: Level,
    },
    Bury(Burial),
    /// The message was given to no handler: its attempt does not count, and it is buried.
    Refuse(Burial),
    /// The attempt was not begun: the message is released.
    Release,
    /// Do nothing: the lease is with another process.
    Nothing,
}

/// How a handler failed, as the isolate reports it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Failed {
    code: String,
    message: String,
    stack: Option<String>,
    #[serde(default)]
    unrecoverable: bool,
    /// Milliseconds before the next attempt, where the handler has chosen them.
    retry_after_ms: Option<f64>,
    /// The messages of a batch that the handler had failed by themselves before.
    #[serde(default)]
    messages: Vec<FailedMessage>,
}

/// How a handler failed one message of its batch.
#[derive(Clone, Debug, Deserialize)]
struct FailedMessage {
    /// The message's place in the batch.
    index: usize,
    #[serde(flatten)]
    failed: Failed,
}

impl Failed {
    fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code: code.to_string(),
            message: message.into(),
            stack: None,
            unrecoverable: false,
            retry_after_ms: None,
            messages: Vec::new(),
        }
    }
}

/// Decides before an attempt whether a message is buried instead, because of its age or its attempts.
pub(crate) fn before(policy: &Policy, delivery: &Delivery, now: SystemTime) -> Option<Burial> {
    let age = now.duration_since(delivery.replayed_at.unwrap_or(delivery.published_at)).unwrap_or_default();
    if age > policy.retention {
        let error =
            format!("it is {} s old, and is kept for {} s", age.as_secs(), policy.retention.as_secs());
        return Some(Burial { reason: DeadReason::Expired, error, stack: None });
    }
    // Earlier attempts without an answer were not buried then: each ended together with its worker or process.
    let exhausted = policy.max_retries.is_some_and(|most| delivery.attempt > most.saturating_add(1));
    let error = "aborted: the worker or process that had it ended, at each attempt".to_owned();
    exhausted.then_some(Burial { reason: DeadReason::RetriesExhausted, error, stack: None })
}

/// Decides what happens to a message after an isolate has answered.
pub(crate) fn after(policy: &Policy, attempt: u32, outcome: Outcome) -> Disposition {
    match answered(policy, outcome) {
        Answered::Done(_) => Disposition::Acknowledge,
        Answered::Failed(failed, level) => judge(policy, attempt, failed, level),
        Answered::NotBegun => Disposition::Release,
    }
}

/// Decides what happens to each message of a batch after an isolate has answered; `attempts` are theirs, in the order of the batch.
pub(crate) fn after_batch(policy: &Policy, attempts: &[u32], outcome: Outcome) -> Vec<Disposition> {
    let (failed_by_itself, rest) = match answered(policy, outcome) {
        Answered::NotBegun => return attempts.iter().map(|_| Disposition::Release).collect(),
        Answered::Done(body) if body.is_empty() => (Vec::new(), None),
        Answered::Done(body) => match serde_json::from_slice(&body) {
            Ok(failed) => (failed, None),
            Err(_) => (Vec::new(), Some((unreadable(), Level::Debug))),
        },
        Answered::Failed(mut failed, level) => (std::mem::take(&mut failed.messages), Some((failed, level))),
    };
    let mut own: HashMap<usize, Failed> =
        failed_by_itself.into_iter().map(|one| (one.index, one.failed)).collect();
    let verdict = |(index, attempt): (usize, &u32)| match (own.remove(&index), &rest) {
        (Some(failed), _) => judge(policy, *attempt, failed, Level::Debug),
        (None, Some((failed, level))) => judge(policy, *attempt, failed.clone(), *level),
        (None, None) => Disposition::Acknowledge,
    };
    attempts.iter().enumerate().map(verdict).collect()
}

/// What an isolate has said of its job.
enum Answered {
    /// The handler has returned, and the isolate answered with this body.
    Done(Bytes),
    /// The handler has failed; the level is that of the log line for it.
    Failed(Failed, Level),
    /// No handler has begun.
    NotBegun,
}

fn answered(policy: &Policy, outcome: Outcome) -> Answered {
    let failed = match outcome {
        Outcome::Reply(reply) if reply.form != ReplyForm::Error => return Answered::Done(reply.body),
        // A failure that the isolate reports was logged by the isolate itself.
        Outcome::Reply(reply) => {
            let failed = serde_json::from_slice(&reply.body).unwrap_or_else(|_| unreadable());
            return Answered::Failed(failed, Level::Debug);
        }
        Outcome::Stream(_) => Failed::new(Code::Internal, "a message was answered with a stream"),
        Outcome::Gone(Gone::Overloaded) => return Answered::NotBegun,
        Outcome::Gone(Gone::TimedOut) => {
            let limit = policy.timeout.as_millis();
            Failed::new(
                Code::DeadlineExceeded,
                format!("the handler did not finish within its timeout of {limit} ms"),
            )
        }
        Outcome::Gone(Gone::IsolateGone) => Failed::new(Code::Aborted, "the worker that had it ended"),
    };
    Answered::Failed(failed, Level::Warn)
}

fn unreadable() -> Failed {
    Failed::new(Code::Internal, "the handler failed, and its error could not be read")
}

fn judge(policy: &Policy, attempt: u32, failed: Failed, level: Level) -> Disposition {
    // An error without a code of its own is described by its message alone.
    let error = if failed.code == Code::Unknown.as_str() {
        failed.message
    } else {
        format!("{}: {}", failed.code, failed.message)
    };
    let reason = if failed.unrecoverable {
        DeadReason::Unrecoverable
    } else if policy.max_retries.is_some_and(|most| attempt > most) {
        DeadReason::RetriesExhausted
    } else {
        let chosen = failed.retry_after_ms.map(milliseconds);
        let delay = chosen.unwrap_or_else(|| backoff(policy.min_backoff, policy.max_backoff, attempt));
        return Disposition::Retry { delay, error, level };
    };
    Disposition::Bury(Burial { reason, error, stack: failed.stack })
}

#[cfg(test)]
mod tests {
    use twinloop_mailbox::Reply;

    use super::*;
    use crate::provider::message::Lease;

    fn policy(max_retries: Option<u32>) -> Policy {
        Policy {
            timeout: Duration::from_secs(5),
            retention: Duration::from_secs(60),
            min_backoff: Duration::from_secs(1),
            max_backoff: Duration::from_secs(8),
            max_retries,
            batch: None,
            filter: None,
            keep_results: None,
        }
    }

    fn reply(form: ReplyForm, body: &'static str) -> Outcome {
        Outcome::Reply(Reply {
            form,
            status: 200,
            headers: Bytes::new(),
            body: Bytes::from_static(body.as_bytes()),
        })
    }

    fn delivery(attempt: u32, age: Duration) -> Delivery {
        Delivery {
            id: "id".into(),
            attempt,
            body: Bytes::new(),
            key: None,
            replayed_at: None,
            published_at: SystemTime::now() - age,
            trace: None,
            lease: Lease(1),
        }
    }

    #[test]
    fn an_answer_acknowledges() {
        assert!(matches!(after(&policy(None), 1, reply(ReplyForm::Json, "")), Disposition::Acknowledge));
    }

    #[test]
    fn an_error_is_retried_until_the_retries_are_used_up() {
        let error = r#"{"code":"unknown","message":"it broke","stack":"at handler"}"#;
        for attempt in 1..=3 {
            let Disposition::Retry { delay, .. } =
                after(&policy(Some(3)), attempt, reply(ReplyForm::Error, error))
            else {
                panic!("attempt {attempt} is not retried");
            };
            assert!(delay <= Duration::from_secs(8));
        }
        let Disposition::Bury(burial) = after(&policy(Some(3)), 4, reply(ReplyForm::Error, error)) else {
            panic!("the fourth attempt is the last");
        };
        assert_eq!(burial.reason, DeadReason::RetriesExhausted);
        assert_eq!((burial.error.as_str(), burial.stack.as_deref()), ("it broke", Some("at handler")));
    }

    #[test]
    fn without_an_end_it_is_retried_for_ever() {
        let verdict = after(&policy(None), u32::MAX, Outcome::Gone(Gone::TimedOut));
        assert!(
            matches!(verdict, Disposition::Retry { error, .. } if error.starts_with("deadline_exceeded"))
        );
    }

    #[test]
    fn an_unrecoverable_error_is_buried_at_once() {
        let error = r#"{"code":"internal","message":"no","unrecoverable":true}"#;
        let verdict = after(&policy(Some(3)), 1, reply(ReplyForm::Error, error));
        assert!(matches!(verdict, Disposition::Bury(burial) if burial.reason == DeadReason::Unrecoverable));
    }

    #[test]
    fn a_pause_that_the_handler_chose_replaces_the_backoff_and_obeys_the_limit_of_retries() {
        let error = r#"{"code":"retry_after","message":"later","retryAfterMs":90000}"#;
        let verdict = after(&policy(Some(1)), 1, reply(ReplyForm::Error, error));
        assert!(
            matches!(verdict, Disposition::Retry { delay, .. } if delay == Duration::from_secs(90)),
            "{verdict:?}"
        );
        let verdict = after(&policy(Some(1)), 2, reply(ReplyForm::Error, error));
        assert!(
            matches!(verdict, Disposition::Bury(burial) if burial.reason == DeadReason::RetriesExhausted)
        );
    }

    #[test]
    fn a_batch_acknowledges_what_the_handler_did_not_fail() {
        let body = r#"[{"index":1,"code":"unknown","message":"no"},{"index":2,"code":"x","message":"y","unrecoverable":true}]"#;
        let verdicts = after_batch(&policy(Some(3)), &[1, 2, 1, 4], reply(ReplyForm::Json, body));
        assert!(
            matches!(
                &verdicts[..],
                [Disposition::Acknowledge, Disposition::Retry { .. }, Disposition::Bury(burial), Disposition::Acknowledge]
                    if burial.reason == DeadReason::Unrecoverable
            ),
            "{verdicts:?}"
        );
        let verdicts = after_batch(&policy(None), &[1, 1], reply(ReplyForm::Json, ""));
        assert!(verdicts.iter().all(|verdict| matches!(verdict, Disposition::Acknowledge)), "{verdicts:?}");
    }

    #[test]
    fn a_batch_whose_handler_throws_fails_each_message_by_its_own_attempts() {
        let body =
            r#"{"code":"unknown","message":"all","messages":[{"index":0,"code":"unknown","message":"one"}]}"#;
        let verdicts = after_batch(&policy(Some(1)), &[1, 2, 1], reply(ReplyForm::Error, body));
        let [
            Disposition::Retry { error, .. },
            Disposition::Bury(burial),
            Disposition::Retry { error: rest, .. },
        ] = &verdicts[..]
        else {
            panic!("{verdicts:?}");
        };
        assert_eq!((error.as_str(), burial.error.as_str(), rest.as_str()), ("one", "all", "all"));
        for outcome in
            [reply(ReplyForm::Json, "{"), reply(ReplyForm::Error, "{"), Outcome::Gone(Gone::TimedOut)]
        {
            let verdicts = after_batch(&policy(Some(1)), &[1, 1], outcome);
            assert!(
                verdicts.iter().all(|verdict| matches!(verdict, Disposition::Retry { .. })),
                "{verdicts:?}"
            );
        }
        let verdicts = after_batch(&policy(None), &[1], Outcome::Gone(Gone::Overloaded));
        assert!(matches!(verdicts[..], [Disposition::Release]));
    }

    #[test]
    fn what_was_not_begun_is_released() {
        assert!(matches!(after(&policy(Some(0)), 1, Outcome::Gone(Gone::Overloaded)), Disposition::Release));
    }

    #[test]
    fn an_ended_worker_is_a_failed_attempt() {
        let verdict = after(&policy(Some(0)), 1, Outcome::Gone(Gone::IsolateGone));
        assert!(matches!(verdict, Disposition::Bury(burial) if burial.error.starts_with("aborted")));
    }

    #[test]
    fn what_is_too_old_is_buried_unseen() {
        assert!(before(&policy(None), &delivery(1, Duration::from_secs(30)), SystemTime::now()).is_none());
        let burial = before(&policy(None), &delivery(1, Duration::from_secs(90)), SystemTime::now()).unwrap();
        assert_eq!(burial.reason, DeadReason::Expired);
    }

    #[test]
    fn what_took_its_worker_with_it_each_time_is_buried_unseen() {
        let now = SystemTime::now();
        assert!(before(&policy(Some(2)), &delivery(3, Duration::ZERO), now).is_none());
        let burial = before(&policy(Some(2)), &delivery(4, Duration::ZERO), now).unwrap();
        assert_eq!(burial.reason, DeadReason::RetriesExhausted);
    }
}
