//! The names of exchanges and queues at the broker.

use lapin::types::ShortString;
use twinloop_runtime::Failure;

/// Greatest length of a name in bytes (AMQP 0-9-1, short string).
const MAX_NAME_BYTES: usize = 255;

/// Returns the exchange of a topic, from which each of its subscriptions gets a copy.
pub(super) fn exchange(topic: &str) -> Result<ShortString, Failure> {
    short(format!("twinloop.{topic}"))
}

/// Returns the stream that keeps the history of a topic. No subscription has a queue of such a name.
pub(super) fn history(topic: &str) -> Result<ShortString, Failure> {
    short(format!("twinloop.{topic}~history"))
}

/// The queues of one subscription.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Names {
    /// The queue from which messages are delivered.
    pub(super) main: ShortString,
    /// The queue of dead letters.
    pub(super) dead: ShortString,
}

impl Names {
    /// Creates the names.
    ///
    /// Errors: `invalid_argument` for names that are too long.
    pub(super) fn new(topic: &str, subscription: &str) -> Result<Self, Failure> {
        let main = short(format!("twinloop.{topic}.{subscription}"))?;
        let names = Self { dead: short(format!("{main}.dead"))?, main };
        // The longest name of all.
        names.level(crate::provider::rabbitmq::levels::LONGEST_MS)?;
        Ok(names)
    }

    /// Returns the delay queue of this many milliseconds.
    pub(super) fn level(&self, ms: u64) -> Result<ShortString, Failure> {
        short(format!("{}.delay.{ms}", self.main))
    }
}

fn short(name: String) -> Result<ShortString, Failure> {
    let bytes = name.len();
    ShortString::try_new(name).map_err(|_| {
        Failure::invalid_argument(format!(
            "a topic and a subscription make a name of {bytes} bytes, and RabbitMQ takes {MAX_NAME_BYTES}: shorten theirs"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_too_long_is_refused_and_does_no_harm() {
        let error = Names::new("t", &"x".repeat(250)).unwrap_err();
        assert_eq!(error.code, twinloop_runtime::Code::InvalidArgument);
        assert!(Names::new("t", &"x".repeat(200)).is_ok());
        assert!(exchange(&"é".repeat(200)).is_err());
    }
}
