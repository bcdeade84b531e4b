//! What an isolate may ask for. `contract/cases/pubsub/operations.json` holds the same numbers for both languages.

/// The operations by their number in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Operation {
    /// Opens the broker of a URL with the app's topics, or finds it.
    Open = 1,
    /// Publishes one message.
    Publish = 2,
    /// Publishes several.
    PublishBatch = 3,
    /// The isolate takes messages from now on.
    Subscribe = 4,
    /// It takes no more, and what it has is waited for.
    Drain = 5,
    /// It needs the broker no longer.
    Close = 6,
    /// A subscription pulls no more.
    Pause = 7,
    /// It pulls again.
    Resume = 8,
    /// What waits in a subscription.
    Depth = 9,
    /// What this process has done with it.
    Stats = 10,
    /// What was given up.
    DeadLetters = 11,
    /// Dead letters back into their subscription.
    Redrive = 12,
    /// Deletes messages.
    Purge = 13,
    /// Notes in a transaction that a message was handled.
    Inbox = 14,
    /// Moves the memory provider's time on.
    Advance = 15,
    /// Waits until the memory provider has nothing to deliver.
    Settle = 16,
    /// What was published to the memory provider.
    Published = 17,
}

impl Operation {
    const ALL: [Self; 17] = [
        Self::Open,
        Self::Publish,
        Self::PublishBatch,
        Self::Subscribe,
        Self::Drain,
        Self::Close,
        Self::Pause,
        Self::Resume,
        Self::Depth,
        Self::Stats,
        Self::DeadLetters,
        Self::Redrive,
        Self::Purge,
        Self::Inbox,
        Self::Advance,
        Self::Settle,
        Self::Published,
    ];

    pub(crate) fn from_number(number: u16) -> Option<Self> {
        Self::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_contract() {
        let contract = include_str!("../../../contract/cases/pubsub/operations.json");
        let contract: std::collections::HashMap<String, u16> = serde_json::from_str(contract).unwrap();
        assert_eq!(contract.len(), Operation::ALL.len());
        for (name, number) in contract {
            let found =
                Operation::from_number(number).map(|operation| format!("{operation:?}").to_lowercase());
            assert_eq!(found, Some(name.to_lowercase()));
        }
    }
}
