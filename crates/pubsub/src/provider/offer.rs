//! What a provider offers beyond the promises that every provider keeps.

/// The features that not every provider has. An app that declares one which its provider lacks is refused at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "features that do not depend on one another")]
pub struct Offer {
    /// Delivers the messages of greater priority first.
    pub priorities: bool,
    /// Who holds the limits of a subscription over the whole fleet; `None` where nobody does.
    pub limits: Option<LimitKeeper>,
    /// Finds a message by its id, to cancel it or to give it another time.
    pub recall: bool,
    /// Keeps unique keys: one message of a key at a time.
    pub unique_keys: bool,
    /// Keeps the history of a topic and replays it.
    pub history: bool,
}

impl Offer {
    /// The features of a provider whose messages are all in one process.
    pub(crate) const OF_ONE_PROCESS: Self = Self {
        priorities: true,
        limits: Some(LimitKeeper::Engine),
        recall: true,
        unique_keys: true,
        history: false,
    };
}

/// Who holds the limits of a subscription over the whole fleet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitKeeper {
    /// The engine: the provider belongs to one process, which is the whole fleet.
    Engine,
    /// The provider: its consumers receive no more than the limits allow.
    Provider,
}
