//! Splices: the places in an answer's text where results go that the isolate has never opened.
//!
//! The isolate writes a mark, U+0001 and two numbers: `\u{1}7:3` is the result 7, written in the form 3. JSON has no such character
//! raw, and after a value only a comma, a bracket or the end of the text, so that a mark needs no end of its own.

use bytes::Bytes;

use crate::frame::FrameError;

/// What an isolate has in Rust by number, for the entries of its outbox that name it. A function from a number to a blob is one.
pub trait OutboxStore {
    /// Takes out the blob of this number.
    fn take_blob(&mut self, number: u32) -> Option<Bytes>;

    /// The unopened result of this number as JSON, which it was written as in the form `form`.
    fn splice(&mut self, _number: u32, _form: u32) -> Option<Bytes> {
        None
    }

    /// Drops the unopened result of this number, if it is there still.
    fn release(&mut self, _number: u32) {}
}

impl<F: FnMut(u32) -> Option<Bytes>> OutboxStore for F {
    fn take_blob(&mut self, number: u32) -> Option<Bytes> {
        self(number)
    }
}

const MARK: u8 = 1;

/// The text with each mark replaced by its result. A text that is one mark is the result itself, and is not copied.
pub(crate) fn spliced(text: &Bytes, stored: &mut impl OutboxStore) -> Result<Bytes, FrameError> {
    let mut out = Vec::new();
    let mut rest = &text[..];
    while let Some(at) = memchr::memchr(MARK, rest) {
        let (before, mark) = (&rest[..at], &rest[at + 1..]);
        let (number, mark) = digits(mark);
        let (form, after) = digits(mark.strip_prefix(b":").ok_or(FrameError::UnknownSplice(number))?);
        let result = stored.splice(number, form).ok_or(FrameError::UnknownSplice(number))?;
        if out.is_empty() && before.is_empty() && after.is_empty() {
            return Ok(result);
        }
        out.reserve(before.len() + result.len() + after.len());
        out.extend_from_slice(before);
        out.extend_from_slice(&result);
        rest = after;
    }
    if out.is_empty() {
        return Ok(text.clone());
    }
    out.extend_from_slice(rest);
    Ok(Bytes::from(out))
}

/// The number that the text begins with, 0 without one, and what comes after it.
fn digits(text: &[u8]) -> (u32, &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (number, after) = text.split_at(end);
    (std::str::from_utf8(number).ok().and_then(|number| number.parse().ok()).unwrap_or(0), after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Results whose JSON is a list of their number and form.
    struct Lists;

    impl OutboxStore for Lists {
        fn take_blob(&mut self, _: u32) -> Option<Bytes> {
            None
        }

        fn splice(&mut self, number: u32, form: u32) -> Option<Bytes> {
            (number != 0).then(|| Bytes::from(format!("[{number},{form}]")))
        }
    }

    fn read(text: &'static str) -> Result<Bytes, FrameError> {
        spliced(&Bytes::from_static(text.as_bytes()), &mut Lists)
    }

    #[test]
    fn each_mark_is_replaced_by_its_result() {
        assert_eq!(read("\u{1}7:3").unwrap(), "[7,3]");
        assert_eq!(read("{\"rows\":\u{1}7:3}").unwrap(), "{\"rows\":[7,3]}");
        assert_eq!(
            read("{\"a\":\u{1}7:3,\"b\":[\u{1}8:1],\"c\":\u{1}7:3}").unwrap(),
            "{\"a\":[7,3],\"b\":[[8,1]],\"c\":[7,3]}"
        );
        assert_eq!(read("{\"a\":1}").unwrap(), "{\"a\":1}");
    }

    #[test]
    fn a_mark_that_names_no_result_is_an_error() {
        for text in ["\u{1}", "\u{1}7", "\u{1}7;3", "\u{1}0:1", "\u{1}99999999999:1"] {
            assert!(matches!(read(text), Err(FrameError::UnknownSplice(_))), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_on_arbitrary_texts(text in any::<Vec<u8>>()) {
            let _ = spliced(&Bytes::from(text), &mut Lists);
        }
    }
}
