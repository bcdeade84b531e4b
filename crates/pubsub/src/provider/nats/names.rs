//! The names of streams, subjects and consumers at the server.
//!
//! A name of the app becomes one token of a subject: letters, digits and `-` stand for themselves, every other byte is `_` and two
//! hexadecimal digits. Streams of topics are called `<prefix>-<topic>`, those of the provider `<prefix>_<purpose>`, so that no topic can
//! be taken for one of them.

use std::fmt::Write as _;

/// The kinds of messages that a subscription has, each with a subject of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Messages to be delivered.
    In,
    /// Delayed messages.
    Later,
    /// Dead letters.
    Dead,
    /// The note of which deliveries are not to be counted.
    Note,
}

impl Part {
    fn token(self) -> &'static str {
        match self {
            Self::In => "in",
            Self::Later => "later",
            Self::Dead => "dead",
            Self::Note => "note",
        }
    }
}

/// Returns a name as one token of a subject.
pub(super) fn token(name: &str) -> String {
    let mut token = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || byte == b'-' {
            token.push(char::from(byte));
        } else {
            let _ = write!(token, "_{byte:02X}");
        }
    }
    token
}

/// The names under one prefix.
#[derive(Clone, Debug)]
pub(super) struct Names {
    prefix: String,
}

impl Names {
    pub(super) fn new(prefix: String) -> Self {
        Self { prefix }
    }

    /// The stream of the catalogue, whose subjects each hold one topic.
    pub(super) fn catalogue(&self) -> String {
        format!("{}_catalogue", self.prefix)
    }

    /// The stream of dedupe keys.
    pub(super) fn dedupe(&self) -> String {
        format!("{}_dedupe", self.prefix)
    }

    /// The stream that tells which process receives an ordered subscription.
    pub(super) fn owners(&self) -> String {
        format!("{}_owners", self.prefix)
    }

    /// The stream of a topic.
    pub(super) fn stream(&self, topic: &str) -> String {
        format!("{}-{}", self.prefix, token(topic))
    }

    /// All subjects of a topic's stream.
    pub(super) fn subjects(&self, topic: &str) -> String {
        format!("{}.{}.*.*", self.prefix, token(topic))
    }

    /// The names of one subscription, by the name that it had when it was created.
    pub(super) fn queue(&self, topic: &str, queue: &str) -> QueueNames {
        let (of, queue) = (token(topic), token(queue));
        QueueNames {
            stream: self.stream(topic),
            before: format!("{}.{of}", self.prefix),
            owner: format!("{}_owners.{of}.{queue}", self.prefix),
            queue,
        }
    }
}

/// The names of one subscription.
#[derive(Clone, Debug)]
pub(super) struct QueueNames {
    pub(super) stream: String,
    before: String,
    pub(super) owner: String,
    queue: String,
}

impl QueueNames {
    pub(super) fn subject(&self, part: Part) -> String {
        format!("{}.{}.{}", self.before, part.token(), self.queue)
    }

    /// The subjects of all parts.
    pub(super) fn all(&self) -> String {
        format!("{}.*.{}", self.before, self.queue)
    }

    /// The durable consumer of a part.
    pub(super) fn consumer(&self, part: Part) -> String {
        format!("{}-{}", part.token(), self.queue)
    }

    /// The id by which the server finds that a copy was stored already (`Nats-Msg-Id`).
    pub(super) fn copy_id(&self, sequence: u64) -> String {
        format!("{}/{sequence}", self.queue)
    }

    /// The id of a published message's copy for this subscription.
    pub(super) fn message_id(&self, id: &str) -> String {
        format!("{}/{id}", self.queue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_token_and_no_two_names_share_it() {
        assert_eq!(token("order-placed"), "order-placed");
        assert_eq!(token("a.b*c_d é"), "a_2Eb_2Ac_5Fd_20_C3_A9");
        let names = Names::new("twinloop".into());
        assert_eq!(names.stream("dedupe"), "twinloop-dedupe");
        assert_ne!(names.stream("dedupe"), names.dedupe());
        let queue = names.queue("t", "s");
        assert_eq!(queue.subject(Part::Later), "twinloop.t.later.s");
        assert_eq!(queue.consumer(Part::In), "in-s");
    }
}
