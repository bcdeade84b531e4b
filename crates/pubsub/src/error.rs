//! Failures that only a broker has.

use twinloop_runtime::{Code, Failure};

/// The failure of an operation on a subscription that the broker does not have.
pub(crate) fn no_subscription(topic: &str, name: &str) -> Failure {
    Failure::not_found(format!(
        "the broker has no subscription {topic}/{name}: `twinloop topics` lists those that it has"
    ))
}

/// The failure of an operation on a topic that the broker does not have.
pub(crate) fn no_topic(topic: &str) -> Failure {
    Failure::not_found(format!(
        "the broker has no topic {topic}, or the topic has no subscription: `twinloop topics` lists what it has"
    ))
}

/// A failure as the outcome of a publish that may have been stored: `unavailable`, whatever the provider and the cause.
pub(crate) fn uncertain(failure: Failure) -> Failure {
    match failure.code {
        Code::DeadlineExceeded | Code::Canceled => {
            Failure::unavailable(format!("{}; what was published may have been stored", failure.message))
        }
        _ => failure,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publish_that_may_have_been_stored_has_one_code() {
        for code in [Code::DeadlineExceeded, Code::Canceled, Code::Unavailable] {
            assert_eq!(uncertain(Failure::new(code, "no answer")).code, Code::Unavailable);
        }
        assert_eq!(uncertain(Failure::resource_exhausted("no room")).code, Code::ResourceExhausted);
    }
}
