//! Which deliveries of a channel the broker is still to be told of, and in how few words.
//!
//! Tags are numbered by the broker from 1 on. One acknowledgement can stand for all up to a tag, which is right when none of
//! them is open any longer; those behind an open one are acknowledged one by one, so that they free their place.

use std::collections::VecDeque;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The broker waits for an answer, and there is none yet.
    Open,
    /// Done, and the broker does not know.
    Done,
    /// The broker knows.
    Told,
}

/// What is to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Acknowledgement {
    pub(super) tag: u64,
    /// It stands for all before it too.
    pub(super) multiple: bool,
}

#[derive(Debug)]
pub(super) struct Tags {
    /// The tag of the first state.
    first: u64,
    states: VecDeque<State>,
    /// Done and not told.
    done: Vec<u64>,
}

impl Tags {
    pub(super) fn new() -> Self {
        Self { first: 1, states: VecDeque::new(), done: Vec::new() }
    }

    /// One was delivered.
    pub(super) fn open(&mut self, tag: u64) {
        let next = self.first + self.states.len() as u64;
        for _ in next..=tag {
            self.states.push_back(State::Open);
        }
    }

    /// It is to be acknowledged.
    pub(super) fn done(&mut self, tag: u64) {
        if let Some(state @ State::Open) = self.state(tag) {
            *state = State::Done;
            self.done.push(tag);
        }
    }

    /// The broker was told otherwise.
    pub(super) fn told(&mut self, tag: u64) {
        if let Some(state) = self.state(tag) {
            *state = State::Told;
        }
    }

    pub(super) fn has_news(&self) -> bool {
        !self.done.is_empty()
    }

    fn state(&mut self, tag: u64) -> Option<&mut State> {
        let place = usize::try_from(tag.checked_sub(self.first)?).ok()?;
        self.states.get_mut(place)
    }

    /// All that the broker is to be told now.
    pub(super) fn news(&mut self) -> Vec<Acknowledgement> {
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
        let mut news: Vec<Acknowledgement> =
            up_to.map(|tag| Acknowledgement { tag, multiple: true }).into_iter().collect();
        for tag in done {
            self.told(tag);
            news.push(Acknowledgement { tag, multiple: false });
        }
        news
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
        assert_eq!(tags.news(), [up_to(99)]);
        assert!(!tags.has_news());
    }

    #[test]
    fn behind_one_that_is_open_each_is_told_by_itself_and_none_twice() {
        let mut tags = Tags::new();
        opened(&mut tags, 5);
        tags.done(4);
        tags.done(2);
        assert_eq!(tags.news(), [one(4), one(2)]);
        tags.done(1);
        tags.done(3);
        assert_eq!(tags.news(), [up_to(3)]);
        tags.done(4);
        assert_eq!(tags.news(), []);
    }

    #[test]
    fn what_was_given_back_is_not_acknowledged() {
        let mut tags = Tags::new();
        opened(&mut tags, 3);
        tags.told(2);
        tags.done(2);
        tags.done(3);
        assert_eq!(tags.news(), [one(3)]);
        tags.done(1);
        assert_eq!(tags.news(), [up_to(1)]);
    }

    proptest! {
        /// A broker that closes the channel for a tag it does not know, as the real one does.
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
                        for Acknowledgement { tag, multiple } in tags.news() {
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
