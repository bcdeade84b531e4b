//! The canonical spelling of paths.
//!
//! A character of a path may be percent-encoded or not, and the digits of an escape may be in either case. Declared and
//! requested paths are converted to the canonical spelling before they are compared.
//!
//! Source: RFC 3986, sections 6.2.2.1 and 6.2.2.2. Delimiters are decoded too, as in other servers that decode segments after
//! splitting: `%3A` is `:`. An encoded slash stays data of its segment.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The canonical spelling of a requested path; borrowed where the path is canonical.
pub(crate) fn canonical(path: &str) -> Cow<'_, str> {
    if !has_either(path.as_bytes()) {
        return Cow::Borrowed(path);
    }
    let mut out = String::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((byte, is_escaped, after)) = next(rest) {
        match byte {
            b'/' if !is_escaped => out.push('/'),
            // A broken escape is kept; decoding the parameter refuses it.
            b'%' if !is_escaped => out.push('%'),
            _ => push(&mut out, byte),
        }
        rest = after;
    }
    Cow::Owned(out)
}

/// Whether a path has a character that may have another spelling. A vector search costs more than a short path.
fn has_either(path: &[u8]) -> bool {
    if path.len() < 24 {
        return path.iter().any(|byte| matches!(byte, b'%' | b'|'));
    }
    memchr::memchr2(b'%', b'|', path).is_some()
}

/// Appends a byte of a declared or decoded segment in canonical spelling: percent-encoded where the plain byte is not allowed
/// in a path or has a meaning there.
pub(crate) fn push(out: &mut String, byte: u8) {
    if byte.is_ascii_graphic() && !b"\"#%/<>?\\^`|".contains(&byte) {
        out.push(char::from(byte));
    } else {
        let _ = write!(out, "%{byte:02X}");
    }
}

/// Decodes the first byte: returns it, whether it was escaped, and the rest.
pub(crate) fn next(rest: &[u8]) -> Option<(u8, bool, &[u8])> {
    let hex = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    match *rest {
        [b'%', high, low, ref after @ ..] => match (hex(high), hex(low)) {
            (Some(high), Some(low)) => Some((high << 4 | low, true, after)),
            _ => Some((b'%', false, &rest[1..])),
        },
        [byte, ref after @ ..] => Some((byte, false, after)),
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equivalent_paths_have_one_spelling() {
        for (sent, spelled) in [
            ("/%7Euser", "/~user"),
            ("/caf%c3%a9/1", "/caf%C3%A9/1"),
            ("/it%65ms/x", "/items/x"),
            ("/a%3Ab%2bc", "/a:b+c"),
            ("/a%2fb", "/a%2Fb"),
            ("/a%252f", "/a%252f"),
            ("/a|b%7c", "/a%7Cb%7C"),
            ("/%zz%4", "/%zz%4"),
            ("/%3F%23%25", "/%3F%23%25"),
            ("/%00%0a", "/%00%0A"),
        ] {
            assert_eq!(canonical(sent), spelled, "{sent}");
        }
        assert!(matches!(canonical("/plain/:x"), Cow::Borrowed(_)));
    }

    proptest! {
        #[test]
        fn a_spelling_is_its_own(path in "(/|%|2|5|7|c|C|f|a|\\||:|~){0,16}") {
            let once = canonical(&path).into_owned();
            prop_assert_eq!(&canonical(&once), &once);
        }

        #[test]
        fn no_segment_comes_or_goes(path in "(/|%2f|%2F|%25|a|%zz){0,12}") {
            prop_assert_eq!(canonical(&path).matches('/').count(), path.matches('/').count());
        }
    }
}
