//! What things are called at the broker.

use lapin::types::ShortString;

use crate::error::Error;

/// The longest name that AMQP has.
const MAX_NAME_BYTES: usize = 255;

/// The exchange of a topic: what goes in there is for each of its subscriptions.
pub(super) fn exchange(topic: &str) -> Result<ShortString, Error> {
    short(format!("twinloop.{topic}"))
}

/// The queues of one subscription.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Names {
    /// Where its messages wait.
    pub(super) main: ShortString,
    /// What was given up.
    pub(super) dead: ShortString,
}

impl Names {
    /// Errors: `invalid_argument` for names that are too long.
    pub(super) fn new(topic: &str, subscription: &str) -> Result<Self, Error> {
        let main = short(format!("twinloop.{topic}.{subscription}"))?;
        let names = Self { dead: short(format!("{main}.dead"))?, main };
        // The longest of them.
        names.level(super::levels::LONGEST_MS)?;
        Ok(names)
    }

    /// Where messages wait for this long.
    pub(super) fn level(&self, ms: u64) -> Result<ShortString, Error> {
        short(format!("{}.delay.{ms}", self.main))
    }
}

fn short(name: String) -> Result<ShortString, Error> {
    let bytes = name.len();
    ShortString::try_new(name).map_err(|_| {
        Error::invalid(format!(
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
        assert_eq!(error.code(), "invalid_argument");
        assert!(Names::new("t", &"x".repeat(200)).is_ok());
        assert!(exchange(&"é".repeat(200)).is_err());
    }
}
