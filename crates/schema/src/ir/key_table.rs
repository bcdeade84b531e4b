//! A map from names to indices: an open-addressed hash table that is at most a quarter full.

/// A map from the names of an object's properties, or of a place's fields, to their indices. The map holds only names of the
/// schema, so that no input can slow it.
#[derive(Debug, Clone)]
pub(crate) struct KeyTable {
    /// The slots, a power of two in number: an index plus one, or zero for an empty slot.
    slots: Vec<u32>,
    longest: usize,
}

impl KeyTable {
    pub(crate) fn new<'k>(names: impl ExactSizeIterator<Item = &'k str>) -> Self {
        let size = (names.len() * 4).next_power_of_two().max(4);
        let mut table = Self { slots: vec![0; size], longest: 0 };
        for (number, name) in (1..).zip(names) {
            table.longest = table.longest.max(name.len());
            let mut slot = table.first_slot(name);
            while table.slots[slot] != 0 {
                slot = (slot + 1) & (size - 1);
            }
            table.slots[slot] = number;
        }
        table
    }

    /// The index of `name`; `name_of` gives the name of an index.
    #[inline]
    pub(crate) fn find<'k>(&self, name: &str, name_of: impl Fn(usize) -> Option<&'k str>) -> Option<usize> {
        if name.len() > self.longest {
            return None;
        }
        let mut slot = self.first_slot(name);
        loop {
            let index = match self.slots[slot] {
                0 => return None,
                number => number as usize - 1,
            };
            if name_of(index) == Some(name) {
                return Some(index);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    #[inline]
    fn first_slot(&self, name: &str) -> usize {
        const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut hash = name.len() as u64;
        for chunk in name.as_bytes().chunks(8) {
            let word = match chunk.first_chunk::<8>() {
                Some(whole) => u64::from_le_bytes(*whole),
                None => chunk.iter().fold(0, |word, &byte| (word << 8) | u64::from(byte)),
            };
            hash = (hash ^ word).wrapping_mul(FACTOR).rotate_left(23);
        }
        (hash.wrapping_mul(FACTOR) >> 32) as usize & (self.slots.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found_and_no_other() {
        for size in [0, 1, 2, 7, 64, 1000] {
            let names: Vec<String> = (0..size).map(|index| format!("name{index}")).collect();
            let table = KeyTable::new(names.iter().map(String::as_str));
            let find = |name: &str| table.find(name, |index| names.get(index).map(String::as_str));
            for (index, name) in names.iter().enumerate() {
                assert_eq!(find(name), Some(index));
            }
            for name in ["", "nam", "namf0", "name1000000", "Name0"] {
                assert_eq!(find(name), None);
            }
        }
    }

    #[test]
    fn names_that_differ_in_one_byte_are_kept_apart() {
        let names = ["", "a", "b", "ab", "ba", "abcdefgh", "abcdefgi", "abcdefghi", "\u{0}", "é"];
        let table = KeyTable::new(names.into_iter());
        for (index, name) in names.into_iter().enumerate() {
            assert_eq!(table.find(name, |index| names.get(index).copied()), Some(index));
        }
    }
}
