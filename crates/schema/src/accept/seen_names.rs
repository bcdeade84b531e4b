//! A set of the names of a record, to find duplicates.

use std::borrow::Cow;
use std::collections::HashSet;

/// Most names in the linear search; more names go to a hash set (randomly keyed, so that no input can slow it).
const FEW: usize = 8;

/// A set of names.
#[derive(Debug, Default)]
pub(crate) struct SeenNames<'i> {
    few: Vec<Cow<'i, str>>,
    many: Option<HashSet<Cow<'i, str>>>,
}

impl<'i> SeenNames<'i> {
    /// Adds `name`; false when the set has it already.
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
