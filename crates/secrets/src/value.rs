//! A value that is wiped when it is dropped.

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::{Zeroize, Zeroizing};

/// The text of a secret. It is wiped when it is dropped, and cannot be printed by mistake.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes a text over, without the one line break that an editor or `echo` may have left at its end.
    pub fn new(text: String) -> Self {
        let mut text = Zeroizing::new(text);
        if text.ends_with('\n') {
            text.pop();
            if text.ends_with('\r') {
                text.pop();
            }
        }
        Self(text)
    }

    /// The same for bytes; `None`, wiped, where they are not UTF-8.
    pub fn from_bytes(mut bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => Some(Self::new(text)),
            Err(error) => {
                error.into_bytes().zeroize();
                None
            }
        }
    }

    /// The text itself, for whoever has to have it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_break_at_the_end_is_cut_and_no_more() {
        for (given, kept) in
            [("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("a\r", "a\r"), ("\n", ""), (" a ", " a ")]
        {
            assert_eq!(SecretText::new(given.to_owned()).expose(), kept);
        }
    }

    #[test]
    fn what_is_not_utf8_is_no_value() {
        assert!(SecretText::from_bytes(Zeroizing::new(vec![0xff, 0xfe])).is_none());
    }

    #[test]
    fn it_does_not_print_itself() {
        assert_eq!(format!("{:?}", SecretText::new("hunter22".to_owned())), "[secret]");
    }
}
