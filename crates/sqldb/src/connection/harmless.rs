//! A cache of function names that were found to leave no session state behind, so that the server is asked once per name.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long an answer holds: a function may be replaced by one that leaves state behind.
const FRESH: Duration = Duration::from_secs(60);
/// Most names remembered; beyond it all are forgotten.
const MOST: usize = 1024;

/// Names that no volatile function of the database's own had, each with the time of the lookup.
#[derive(Default)]
pub(crate) struct Harmless(HashMap<String, Instant>);

impl Harmless {
    /// The names among `names` that have to be looked up in the server.
    pub(crate) fn unknown<'a>(&self, names: &'a [String], now: Instant) -> Vec<&'a String> {
        let is_fresh = |asked: &Instant| now.duration_since(*asked) < FRESH;
        names.iter().filter(|name| !self.0.get(*name).is_some_and(is_fresh)).collect()
    }

    /// Remembers that no function among `names` leaves session state behind.
    pub(crate) fn learn(&mut self, names: &[String], now: Instant) {
        if self.0.len() + names.len() > MOST {
            self.0.clear();
        }
        self.0.extend(names.iter().map(|name| (name.clone(), now)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_asked_for_once_a_minute() {
        let mut harmless = Harmless::default();
        let start = Instant::now();
        let names = ["f".to_owned(), "g".to_owned()];
        assert_eq!(harmless.unknown(&names, start), [&names[0], &names[1]]);
        harmless.learn(&names[..1], start);
        assert_eq!(harmless.unknown(&names, start + FRESH / 2), [&names[1]]);
        assert_eq!(harmless.unknown(&names, start + FRESH), [&names[0], &names[1]]);
    }

    #[test]
    fn names_without_end_are_not_kept() {
        let mut harmless = Harmless::default();
        let now = Instant::now();
        for number in 0..5 * MOST {
            harmless.learn(&[number.to_string()], now);
        }
        assert!(harmless.0.len() <= MOST);
    }
}
