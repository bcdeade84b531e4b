//! Rules for byte strings, given as base64 text (RFC 4648).

use std::borrow::Cow;

/// The length limits of a byte string.
#[derive(Debug, Clone)]
pub(crate) struct BytesRules {
    /// The least number of decoded bytes.
    pub(crate) min: usize,
    /// The greatest number of decoded bytes.
    pub(crate) max: usize,
    /// The rule in words, for issues.
    pub(crate) expected: Box<str>,
}

/// Base64 text in the standard alphabet with padding, and the number of bytes it encodes.
pub(crate) struct Base64<'t> {
    pub(crate) standard: Cow<'t, str>,
    pub(crate) length: usize,
}

/// Reads base64 or base64url, with or without padding.
///
/// Refuses a mix of both alphabets, wrong padding, white space, and non-zero bits after the last byte, so that each byte
/// string has one text per alphabet and padding.
pub(crate) fn base64(text: &str) -> Option<Base64<'_>> {
    let body = text.trim_end_matches('=');
    let padding = text.len() - body.len();
    let tail = body.len() % 4;
    let wanted = (4 - tail) % 4;
    if tail == 1 || (padding != 0 && padding != wanted) {
        return None;
    }
    let (mut standard, mut url) = (false, false);
    let mut last = 0;
    for byte in body.bytes() {
        last = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        standard |= matches!(byte, b'+' | b'/');
        url |= matches!(byte, b'-' | b'_');
    }
    let spare = match tail {
        2 => last & 0b1111,
        3 => last & 0b11,
        _ => 0,
    };
    if spare != 0 || (standard && url) {
        return None;
    }
    let length = body.len() / 4 * 3 + tail.saturating_sub(1);
    let standard = if url || padding != wanted {
        let mut text = body.replace('-', "+").replace('_', "/");
        text.extend(std::iter::repeat_n('=', wanted));
        Cow::Owned(text)
    } else {
        Cow::Borrowed(text)
    };
    Some(Base64 { standard, length })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_alphabets_read_with_padding_and_without() {
        for (text, standard, length) in [
            ("", "", 0),
            ("Zg==", "Zg==", 1),
            ("Zg", "Zg==", 1),
            ("Zm8=", "Zm8=", 2),
            ("Zm8", "Zm8=", 2),
            ("Zm9v", "Zm9v", 3),
            ("-_8", "+/8=", 2),
            ("+/8=", "+/8=", 2),
        ] {
            let read = base64(text).unwrap();
            assert_eq!((read.standard.as_ref(), read.length), (standard, length), "{text}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for text in [
            "Z", "Zg=", "Zg===", "=", "====", "Zh==", "Zm9=", "-/8=", "Zm 8", "Zm8=\n", "Zm9vZ", "Zm8é",
            "Zg==Zg==",
        ] {
            assert!(base64(text).is_none(), "{text}");
        }
    }
}
