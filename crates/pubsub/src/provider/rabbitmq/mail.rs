//! A message on its way to the broker, and what it is made of.

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::types::ShortString;

/// What becomes a message for the broker when it is sent, and again if it has to be sent twice.
///
/// Properties are made anew each time and then given away: a copy of them costs more than all else that Twinloop does for a
/// publish, and hardly ever is one sent again.
pub(super) trait Mail {
    /// Makes the message.
    fn outgoing(&self) -> Outgoing;
}

impl Mail for Outgoing {
    fn outgoing(&self) -> Outgoing {
        self.clone()
    }
}

/// A message on its way to the broker.
#[derive(Clone, Debug)]
pub(super) struct Outgoing {
    pub(super) exchange: ShortString,
    pub(super) routing_key: ShortString,
    /// Whether the message is returned if it reaches no queue (AMQP 0-9-1, `basic.publish`).
    pub(super) mandatory: bool,
    pub(super) properties: BasicProperties,
    pub(super) body: Bytes,
}
