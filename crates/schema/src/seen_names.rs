//! The names of a record that were met, so that none is met twice.

use std::borrow::Cow;
use std::collections::HashSet;

/// Names searched one by one; with more of them a hash set (keyed at random, so that no input can slow it).
const FEW: usize = 8;

/// A set of names.
#[derive(Debug, Default)]
pub(crate) struct SeenNames<'i> {
    few: Vec<Cow<'i, str>>,
    many: Option<HashSet<Cow<'i, str>>>,
}

impl<'i> SeenNames<'i> {
    /// Adds `name`; false when it was there.
    pub(crate) fn insert(&mut self, name: Cow<'i, str>) -> bool {
        if let Some(many) = &mut self.many {
            return many.insert(name);
        }
        if self.few.contains(&name) {
            return false;
        }
        self.few.push(name);
        if self.few.len() > FEW {
            self.many = Some(self.few.drain(..).collect());
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_new_once_however_many_there_are() {
        let mut seen = SeenNames::default();
        for round in 0..2 {
            for index in 0..100 {
                assert_eq!(seen.insert(Cow::Owned(format!("name{index}"))), round == 0);
            }
        }
    }
}
