//! The delivery tags of a channel that are to be acknowledged, in as few frames as possible.
//!
//! The broker numbers tags from 1. One acknowledgement can cover all tags up to its own (`multiple`), which is right when
//! none of them is open any longer; tags behind an open one are acknowledged one by one, so that they free their part of the
//! prefetch.

use std::collections::VecDeque;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The delivery is not settled yet.
    Open,
    /// The delivery is settled, and the broker was not told.
    Done,
    /// The broker was told.
    Told,
}

/// An acknowledgement to be sent (AMQP 0-9-1, `basic.ack`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Acknowledgement {
    pub(super) tag: u64,
    /// Whether the acknowledgement covers all earlier tags too.
    pub(super) multiple: bool,
}

/// The delivery tags of one channel by their state.
#[derive(Debug)]
pub(super) struct Tags {
    /// The tag of the first state.
    first: u64,
    states: VecDeque<State>,
    /// Tags that are settled and not acknowledged.
    done: Vec<u64>,
}

impl Tags {
    pub(super) fn new() -> Self {
        Self { first: 1, states: VecDeque::new(), done: Vec::new() }
    }

    /// Records a delivered tag.
    pub(super) fn open(&mut self, tag: u64) {
        let next = self.first + self.states.len() as u64;
        for _ in next..=tag {
            self.states.push_back(State::Open);
        }
    }

    /// Records that a tag is to be acknowledged.
    pub(super) fn done(&mut self, tag: u64) {
        if let Some(state @ State::Open) = self.state(tag) {
            *state = State::Done;
            self.done.push(tag);
        }
    }

    /// Records that the broker was told about a tag in another way.
    pub(super) fn told(&mut self, tag: u64) {
        if let Some(state) = self.state(tag) {
            *state = State::Told;
        }
    }

    pub(super) fn has_due(&self) -> bool {
        !self.done.is_empty()
    }

    fn state(&mut self, tag: u64) -> Option<&mut State> {
        let place = usize::try_from(tag.checked_sub(self.first)?).ok()?;
        self.states.get_mut(place)
    }

    /// Returns all acknowledgements that can be sent now.
    pub(super) fn take_due(&mut self) -> Vec<Acknowledgement> {
        let mut up_to = None;
        while let Some(state @ (State::Done | State::Told)) = self.states.front().copied() {
            if state == State::Done {
                up_to = Some(self.first);
            }
            self.states.pop_front();
            self.first += 1;
        }
        let mut done = std::mem::take(&mut self.done);
        let first = self.first;
        done.retain(|tag| *tag >= first);
        let mut due: Vec<Acknowledgement> =
            up_to.map(|tag| Acknowledgement { tag, multiple: true }).into_iter().collect();
        for tag in done {
            self.told(tag);
            due.push(Acknowledgement { tag, multiple: false });
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn opened(tags: &mut Tags, up_to: u64) {
        for tag in 1..=up_to {
            tags.open(tag);
        }
    }

    fn one(tag: u64) -> Acknowledgement {
        Acknowledgement { tag, multiple: false }
    }

    fn up_to(tag: u64) -> Acknowledgement {
        Acknowledgement { tag, multiple: true }
    }

    #[test]
    fn what_was_done_in_order_is_told_at_once() {
        let mut tags = Tags::new();
        opened(&mut tags, 100);
        for tag in 1..=99 {
            tags.done(tag);
        }
        assert_eq!(tags.take_due(), [up_to(99)]);
        assert!(!tags.has_due());
    }

    #[test]
    fn behind_one_that_is_open_each_is_told_by_itself_and_none_twice() {
        let mut tags = Tags::new();
        opened(&mut tags, 5);
        tags.done(4);
        tags.done(2);
        assert_eq!(tags.take_due(), [one(4), one(2)]);
        tags.done(1);
        tags.done(3);
        assert_eq!(tags.take_due(), [up_to(3)]);
        tags.done(4);
        assert_eq!(tags.take_due(), []);
    }

    #[test]
    fn what_was_given_back_is_not_acknowledged() {
        let mut tags = Tags::new();
        opened(&mut tags, 3);
        tags.told(2);
        tags.done(2);
        tags.done(3);
        assert_eq!(tags.take_due(), [one(3)]);
        tags.done(1);
        assert_eq!(tags.take_due(), [up_to(1)]);
    }

    proptest! {
        /// A model of the broker that closes the channel for an unknown tag, as RabbitMQ does.
        #[test]
        fn the_broker_is_told_of_each_once_and_of_none_that_is_open(steps in prop::collection::vec((0..4u8, 0..30u64), 1..200)) {
            let (mut tags, mut last) = (Tags::new(), 0);
            let (mut unknown, mut open) = (std::collections::BTreeSet::new(), std::collections::BTreeSet::new());
            for (step, number) in steps {
                match step {
                    0 | 1 => {
                        last += 1;
                        tags.open(last);
                        unknown.insert(last);
                        open.insert(last);
                    }
                    2 => {
                        let tag = last.saturating_sub(number);
                        tags.done(tag);
                        open.remove(&tag);
                    }
                    _ => {
                        for Acknowledgement { tag, multiple } in tags.take_due() {
                            prop_assert!(unknown.contains(&tag));
                            let told = |other: &u64| *other == tag || (multiple && *other < tag);
                            prop_assert!(!open.iter().any(told));
                            unknown.retain(|other| !told(other));
                        }
                        prop_assert_eq!(&unknown, &open);
                    }
                }
            }
        }
    }
}
