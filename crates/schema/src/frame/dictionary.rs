//! The dictionary of short texts: each is made a string once for a body, however often it occurs.

/// Longest text in the dictionary, in bytes. V8 copies strings of at most twelve characters when it cuts them out of others.
const MAX_BYTES: usize = 12;
/// Most entries.
const MAX_ENTRIES: usize = 512;
/// Places of the table, a power of two.
const PLACES: usize = 1024;
/// Most places that are looked at for one text, so that no input makes a search long.
const MAX_PROBES: usize = 8;
/// Searches after which the dictionary is given up, unless half of them have found their text.
const TRIAL: u32 = 64;

/// The short texts of one frame.
pub(crate) struct Dictionary {
    /// An entry's number plus one, or zero.
    places: Box<[u16; PLACES]>,
    keys: Vec<u128>,
    searched: u32,
    found: u32,
    is_given_up: bool,
}

/// What the dictionary says of a text.
pub(crate) enum DictionaryEntry {
    /// The text is the entry of this number.
    Known(usize),
    /// The text has become the next entry.
    New(usize),
    /// The text has no place here.
    None,
}

impl Dictionary {
    pub(crate) fn new() -> Self {
        Self { places: Box::new([0; PLACES]), keys: Vec::new(), searched: 0, found: 0, is_given_up: false }
    }

    /// Finds the entry of `text`, or makes it one.
    #[inline]
    pub(crate) fn entry(&mut self, text: &str) -> DictionaryEntry {
        if self.is_given_up || text.len() > MAX_BYTES {
            return DictionaryEntry::None;
        }
        self.search(key(text.as_bytes()))
    }

    fn search(&mut self, key: u128) -> DictionaryEntry {
        self.searched += 1;
        let mut place = hash(key);
        for _ in 0..MAX_PROBES {
            place &= PLACES - 1;
            let number = usize::from(self.places[place]);
            if number == 0 {
                return self.add(place, key);
            }
            if self.keys.get(number - 1) == Some(&key) {
                self.found += 1;
                return DictionaryEntry::Known(number - 1);
            }
            place += 1;
        }
        self.judge();
        DictionaryEntry::None
    }

    fn add(&mut self, place: usize, key: u128) -> DictionaryEntry {
        self.judge();
        if self.keys.len() == MAX_ENTRIES {
            return DictionaryEntry::None;
        }
        self.keys.push(key);
        self.places[place] = u16::try_from(self.keys.len()).unwrap_or(0);
        DictionaryEntry::New(self.keys.len() - 1)
    }

    /// Gives the dictionary up where most texts are new: each search costs more than the string that it may save.
    fn judge(&mut self) {
        if self.searched >= TRIAL && self.found < self.searched / 2 {
            self.is_given_up = true;
        }
    }
}

/// The bytes of a short text and their number as one integer.
#[inline]
fn key(text: &[u8]) -> u128 {
    let mut bytes = [0; 16];
    bytes[..text.len()].copy_from_slice(text);
    bytes[15] = u8::try_from(text.len()).unwrap_or(u8::MAX);
    u128::from_le_bytes(bytes)
}

#[inline]
#[allow(
    clippy::cast_possible_truncation,
    reason = "the halves of the key, and the highest bits of the product"
)]
fn hash(key: u128) -> usize {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mixed = (key as u64 ^ ((key >> 64) as u64).wrapping_mul(FACTOR)).wrapping_mul(FACTOR);
    (mixed >> 48) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(entry: &DictionaryEntry) -> Option<usize> {
        match entry {
            DictionaryEntry::Known(number) | DictionaryEntry::New(number) => Some(*number),
            DictionaryEntry::None => None,
        }
    }

    #[test]
    fn a_text_that_comes_again_is_the_same_entry() {
        let mut dictionary = Dictionary::new();
        for round in 0..3 {
            for (index, text) in ["", "a", "b", "a\0", "twelve bytes", "é"].into_iter().enumerate() {
                let entry = dictionary.entry(text);
                assert_eq!(
                    (number(&entry), matches!(entry, DictionaryEntry::New(_))),
                    (Some(index), round == 0)
                );
            }
        }
        assert!(matches!(dictionary.entry("thirteen byte"), DictionaryEntry::None));
    }

    #[test]
    fn texts_that_do_not_come_again_end_the_dictionary() {
        let mut dictionary = Dictionary::new();
        let made = (0..1000).filter(|index| number(&dictionary.entry(&index.to_string())).is_some()).count();
        assert!((60..=64).contains(&made), "{made}");
    }

    #[test]
    fn there_are_at_most_as_many_entries_as_have_room() {
        let mut dictionary = Dictionary::new();
        for index in 0..10_000 {
            let text = index.to_string();
            for _ in 0..3 {
                assert!(number(&dictionary.entry(&text)).is_none_or(|number| number < MAX_ENTRIES));
            }
        }
        assert!(dictionary.keys.len() <= MAX_ENTRIES);
    }
}
