//! Parsing of the `Cookie` header (RFC 6265, section 4.2.1).

use std::borrow::Cow;

use crate::request::percent;

/// Iterates over the name-value pairs of a `Cookie` header: names are case-sensitive, values are as they were sent, one pair of
/// quotes around a value is removed, and a part without `=` is skipped.
pub fn pairs(value: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    value.split(|byte| *byte == b';').filter_map(|part| {
        let part = part.trim_ascii();
        let equals = part.iter().position(|byte| *byte == b'=')?;
        let (name, rest) = part.split_at(equals);
        let value = rest.get(1..).unwrap_or_default().trim_ascii();
        let inside = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
        Some((name.trim_ascii(), inside.unwrap_or(value)))
    })
}

/// The text of a cookie's value, its percent escapes decoded as libraries of browsers and servers write them. A value whose
/// escapes are not whole, or stand for no UTF-8, was written by somebody who does not escape: it is the text as it was sent.
/// `None` for bytes that are no UTF-8.
pub(crate) fn text(value: &[u8]) -> Option<Cow<'_, str>> {
    let sent = std::str::from_utf8(value).ok()?;
    Some(percent::decode(sent, false).unwrap_or(Cow::Borrowed(sent)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_decoded_where_all_its_escapes_are_whole() {
        for (sent, expected) in [
            ("a%20b+c", "a b+c"),
            ("%C3%A9%3B%25", "é;%"),
            ("50%", "50%"),
            ("100%zz%20", "100%zz%20"),
            ("%ff", "%ff"),
        ] {
            assert_eq!(text(sent.as_bytes()).as_deref(), Some(expected), "{sent}");
        }
        assert_eq!(text(b"\xff"), None);
    }

    #[test]
    fn pairs_are_split_at_semicolons_and_the_first_equals_sign() {
        let header = b"a=1; b=\"two\";c = x=y ;; nothing; d=; =e; A=3; f=\"";
        let read: Vec<(&[u8], &[u8])> = pairs(header).collect();
        let expected: [(&[u8], &[u8]); 7] = [
            (b"a", b"1"),
            (b"b", b"two"),
            (b"c", b"x=y"),
            (b"d", b""),
            (b"", b"e"),
            (b"A", b"3"),
            (b"f", b"\""),
        ];
        assert_eq!(read, expected);
    }
}
