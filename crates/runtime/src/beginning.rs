//! The beginning of a text that is too long.

/// The beginning of `text` in at most `most` bytes, whole characters.
pub fn begin_of(text: &str, most: usize) -> &str {
    let fits = |&end: &usize| text.is_char_boundary(end);
    let end = (0..=most.min(text.len())).rev().find(fits).unwrap_or_default();
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_not_cut() {
        assert_eq!(begin_of("\u{e9}\u{e9}", 3), "\u{e9}");
        assert_eq!(begin_of("ab", 9), "ab");
        assert_eq!(begin_of("\u{1f600}", 3), "");
    }
}
