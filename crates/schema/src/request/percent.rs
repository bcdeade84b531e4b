//! Strict percent-decoding (RFC 3986, section 2.1).

use std::borrow::Cow;

/// Decodes `%XX`, and with `plus_is_space` (a query) also `+`. `None` for an incomplete escape or invalid UTF-8.
pub(crate) fn decode(text: &str, plus_is_space: bool) -> Option<Cow<'_, str>> {
    let special = |byte: &u8| *byte == b'%' || (plus_is_space && *byte == b'+');
    if !text.as_bytes().iter().any(special) {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            b'+' if plus_is_space => b' ',
            other => other,
        });
    }
    String::from_utf8(decoded).ok().map(Cow::Owned)
}

fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_decoded_and_a_plus_only_where_it_is_a_space() {
        assert_eq!(decode("a%20b%2Fc+d", false).as_deref(), Some("a b/c+d"));
        assert_eq!(decode("a+b%2B", true).as_deref(), Some("a b+"));
        assert_eq!(decode("%e4%b8%ad%F0%9F%98%80", false).as_deref(), Some("中😀"));
        assert_eq!(decode("%00%7f", false).as_deref(), Some("\0\u{7f}"));
        assert_eq!(decode("%2525", false).as_deref(), Some("%25"));
    }

    #[test]
    fn what_is_no_escape_or_no_utf8_is_refused() {
        for text in
            ["%", "%2", "%zz", "a%", "%-1", "%ff", "%c0%80", "%ed%a0%80", "%e4%b8", "%%20", "% 20", "%é1"]
        {
            assert_eq!(decode(text, false), None, "{text}");
        }
    }
}
