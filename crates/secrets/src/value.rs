//! The text of a secret in memory that is wiped on drop.

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::{Zeroize, Zeroizing};

/// The text of a secret: wiped on drop, and no part of it is in its `Debug` form.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Creates a secret from a text, without one line break at its end, which an editor or `echo` may have added.
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

    /// Creates a secret from a text unchanged, as for a quoted value.
    pub fn exact(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Creates a secret like [`SecretText::new`] from UTF-8 bytes; `None` for others, which are wiped.
    pub fn from_bytes(mut bytes: Zeroizing<Vec<u8>>) -> Option<Self> {
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => Some(Self::new(text)),
            Err(error) => {
                error.into_bytes().zeroize();
                None
            }
        }
    }

    /// Returns the text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Returns whether the text is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl AsRef<str> for SecretText {
    fn as_ref(&self) -> &str {
        &self.0
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
