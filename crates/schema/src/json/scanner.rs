//! A scanner for JSON tokens (RFC 8259) in valid UTF-8.

use std::borrow::Cow;

use crate::json::syntax_error::{SyntaxError, SyntaxErrorKind};
use crate::json::unescape::{read_escape, unescape};

/// Most nested containers; one more is an error.
pub(crate) const MAX_DEPTH: u32 = 128;

/// The raw text of a string in the input, without its quotes.
#[derive(Clone, Copy)]
pub(crate) struct StringToken<'i> {
    pub(crate) raw: &'i str,
    /// Whether `raw` holds a backslash.
    pub(crate) escaped: bool,
}

impl<'i> StringToken<'i> {
    /// The decoded text of the string.
    pub(crate) fn decoded(&self) -> Cow<'i, str> {
        if self.escaped { Cow::Owned(unescape(self.raw)) } else { Cow::Borrowed(self.raw) }
    }

    /// Whether the decoded text begins with U+0000, which can only be written as an escape.
    pub(crate) fn begins_with_nul(&self) -> bool {
        self.escaped && self.raw.starts_with("\\u0000")
    }
}

/// The raw text of a number in the input, checked against the grammar alone.
#[derive(Clone, Copy)]
pub(crate) struct NumberToken<'i> {
    pub(crate) raw: &'i str,
    /// Whether the number has neither fraction nor exponent.
    pub(crate) integral: bool,
}

/// Most digits of an integer that certainly is within the range of a double.
const SURE_DIGITS: usize = 300;

impl NumberToken<'_> {
    /// The double that JavaScript reads: correctly rounded, infinite on overflow.
    #[inline]
    pub(crate) fn double(&self) -> f64 {
        short_double(self.raw.as_bytes()).unwrap_or_else(|| self.raw.parse().unwrap_or(f64::INFINITY))
    }

    /// Whether the double is finite.
    pub(crate) fn is_finite(&self) -> bool {
        (self.integral && self.raw.len() <= SURE_DIGITS) || self.double().is_finite()
    }
}

/// The double of a number without an exponent of at most 15 digits: an integer and a power of ten that doubles hold exactly, so that
/// one division rounds correctly.
///
/// Source: Clinger, "How to Read Floating Point Numbers Accurately" (1990).
#[inline]
fn short_double(raw: &[u8]) -> Option<f64> {
    const POWERS: [f64; 16] =
        [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
    /// Fifteen digits, whose integer is below 2^53.
    const MAX_BYTES: usize = 15;
    let (digits, is_negative) = match raw {
        [b'-', digits @ ..] => (digits, true),
        digits => (digits, false),
    };
    if digits.len() > MAX_BYTES {
        return None;
    }
    let (mut integer, mut fraction, mut is_fraction) = (0_u64, 0, 0);
    for byte in digits {
        match byte {
            b'0'..=b'9' => {
                integer = integer * 10 + u64::from(byte - b'0');
                fraction += is_fraction;
            }
            b'.' => is_fraction = 1,
            _ => return None,
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "below 10^15")]
    let double = integer as f64 / POWERS.get(fraction).copied()?;
    Some(if is_negative { -double } else { double })
}

/// A scalar value.
#[derive(Clone, Copy)]
pub(crate) enum Scalar<'i> {
    Null,
    Boolean(bool),
    Number(NumberToken<'i>),
    String(StringToken<'i>),
}

/// A position in a document. After an error of any method, the document is refused and the scanner must not be used.
pub(crate) struct Scanner<'i> {
    /// The whole document; its encoding is checked before.
    text: &'i str,
    /// The bytes of the document.
    bytes: &'i [u8],
    /// The byte that is read next.
    pub(crate) position: usize,
    /// How many containers are open; at most 128.
    pub(crate) depth: u32,
}

impl<'i> Scanner<'i> {
    pub(crate) fn new(text: &'i str) -> Self {
        Self { text, bytes: text.as_bytes(), position: 0, depth: 0 }
    }

    /// The input between two positions, each next to an ASCII byte.
    pub(crate) fn slice(&self, start: usize, end: usize) -> &'i str {
        self.text.get(start..end).unwrap_or_default()
    }

    /// Skips white space and returns the next byte without consuming it.
    #[inline]
    pub(crate) fn peek(&mut self) -> Result<u8, SyntaxError> {
        while let Some(&byte) = self.bytes.get(self.position) {
            if byte > b' ' || !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Ok(byte);
            }
            self.position += 1;
        }
        Err(self.fault(SyntaxErrorKind::Unexpected))
    }

    /// Skips white space and consumes `expected`, or fails.
    #[inline]
    pub(crate) fn expect(&mut self, expected: u8) -> Result<(), SyntaxError> {
        if self.peek()? == expected {
            self.position += 1;
            Ok(())
        } else {
            Err(self.fault(SyntaxErrorKind::Unexpected))
        }
    }

    /// Consumes the `[` or `{` at the position and enters the container.
    #[inline]
    pub(crate) fn open(&mut self) -> Result<(), SyntaxError> {
        if self.depth >= MAX_DEPTH {
            return Err(self.fault(SyntaxErrorKind::Depth));
        }
        self.depth += 1;
        self.position += 1;
        Ok(())
    }

    /// Consumes `close` if it comes next: the container is empty.
    #[inline]
    pub(crate) fn close_if(&mut self, close: u8) -> Result<bool, SyntaxError> {
        let closes = self.peek()? == close;
        if closes {
            self.position += 1;
            self.depth -= 1;
        }
        Ok(closes)
    }

    /// Consumes a comma (true) or `close` (false).
    #[inline]
    pub(crate) fn more(&mut self, close: u8) -> Result<bool, SyntaxError> {
        let byte = self.peek()?;
        if byte == b',' {
            self.position += 1;
            Ok(true)
        } else if byte == close {
            self.position += 1;
            self.depth -= 1;
            Ok(false)
        } else {
            Err(self.fault(SyntaxErrorKind::Unexpected))
        }
    }

    /// Consumes a key and its colon.
    #[inline]
    pub(crate) fn key(&mut self) -> Result<StringToken<'i>, SyntaxError> {
        if self.peek()? != b'"' {
            return Err(self.fault(SyntaxErrorKind::Unexpected));
        }
        let key = self.string()?;
        self.expect(b':')?;
        Ok(key)
    }

    /// Consumes the key at the position if the bytes after its opening quote are `wire`, which includes the closing quote.
    #[inline]
    pub(crate) fn take_key(&mut self, wire: &[u8]) -> bool {
        let key = self.bytes.get(self.position..).and_then(|rest| rest.strip_prefix(b"\""));
        let found = key.is_some_and(|key| key.starts_with(wire));
        if found {
            self.position += 1 + wire.len();
        }
        found
    }

    /// Consumes the string whose opening quote is at the position.
    pub(crate) fn string(&mut self) -> Result<StringToken<'i>, SyntaxError> {
        let start = self.position + 1;
        let mut escaped = false;
        self.position = start;
        loop {
            self.position = plain_end(self.bytes, self.position);
            match self.bytes.get(self.position) {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    match read_escape(self.bytes, self.position) {
                        Ok((_, next)) => self.position = next,
                        Err(kind) => return Err(self.fault(kind)),
                    }
                }
                Some(_) => return Err(self.fault(SyntaxErrorKind::Control)),
                None => return Err(self.fault(SyntaxErrorKind::Unexpected)),
            }
        }
        let raw = self.slice(start, self.position);
        self.position += 1;
        Ok(StringToken { raw, escaped })
    }

    /// Consumes the number whose first byte (`-` or a digit) is at the position.
    pub(crate) fn number(&mut self) -> Result<NumberToken<'i>, SyntaxError> {
        let start = self.position;
        match number_end(self.bytes, start) {
            Ok((end, integral)) => {
                self.position = end;
                Ok(NumberToken { raw: self.slice(start, end), integral })
            }
            Err(at) => {
                self.position = at;
                Err(self.fault(SyntaxErrorKind::Unexpected))
            }
        }
    }

    /// Consumes a word (`null`, `true`, `false`) whose first byte is at the position.
    #[inline]
    pub(crate) fn word(&mut self, word: &[u8]) -> Result<(), SyntaxError> {
        for &expected in word {
            if self.bytes.get(self.position) != Some(&expected) {
                return Err(self.fault(SyntaxErrorKind::Unexpected));
            }
            self.position += 1;
        }
        Ok(())
    }

    /// Consumes the scalar that begins with `first`, the byte at the position.
    pub(crate) fn scalar(&mut self, first: u8) -> Result<Scalar<'i>, SyntaxError> {
        match first {
            b'"' => self.string().map(Scalar::String),
            b'-' | b'0'..=b'9' => self.number().map(Scalar::Number),
            b't' => self.word(b"true").map(|()| Scalar::Boolean(true)),
            b'f' => self.word(b"false").map(|()| Scalar::Boolean(false)),
            b'n' => self.word(b"null").map(|()| Scalar::Null),
            _ => Err(self.fault(SyntaxErrorKind::Unexpected)),
        }
    }

    /// Fails unless only white space is left.
    pub(crate) fn finish(&mut self) -> Result<(), SyntaxError> {
        match self.peek() {
            Ok(_) => Err(self.fault(SyntaxErrorKind::Trailing)),
            Err(_) => Ok(()),
        }
    }

    /// Makes a fault at the position.
    #[cold]
    pub(crate) fn fault(&self, kind: SyntaxErrorKind) -> SyntaxError {
        SyntaxError { offset: self.position, kind }
    }
}

/// The position of the next quote, backslash or control character. Most strings end within a few words of eight bytes; of longer
/// ones blocks are passed whole, by code that the compiler makes vector instructions of.
#[inline]
fn plain_end(bytes: &[u8], position: usize) -> usize {
    const SHORT_BYTES: usize = 16;
    const BLOCK_BYTES: usize = 32;
    let end = plain_end_by_words(bytes, position, position + SHORT_BYTES);
    if end < position + SHORT_BYTES || end >= bytes.len() {
        return end;
    }
    let mut position = end;
    while let Some(block) = bytes.get(position..).and_then(<[u8]>::first_chunk::<BLOCK_BYTES>) {
        let stops = |stops, &byte: &u8| stops | u8::from(byte < 0x20 || byte == b'"' || byte == b'\\');
        if block.iter().fold(0, stops) != 0 {
            break;
        }
        position += BLOCK_BYTES;
    }
    plain_end_by_words(bytes, position, usize::MAX)
}

/// The position of the next quote, backslash or control character, by words of eight bytes. Ends at `limit` or at most seven bytes behind, if nothing was found before.
#[inline]
fn plain_end_by_words(bytes: &[u8], mut position: usize, limit: usize) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    while position < limit
        && let Some(chunk) = bytes.get(position..).and_then(<[u8]>::first_chunk::<8>)
    {
        let word = u64::from_le_bytes(*chunk);
        let quote = word ^ (ONES * 0x22);
        let backslash = word ^ (ONES * 0x5c);
        let stops = (quote.wrapping_sub(ONES) & !quote)
            | (backslash.wrapping_sub(ONES) & !backslash)
            | (word.wrapping_sub(ONES * 0x20) & !word);
        // The subtraction's borrow can mark wrong bytes only above the first right one, so the lowest mark is right.
        let stops = stops & HIGHS;
        if stops != 0 {
            return position + (stops.trailing_zeros() / 8) as usize;
        }
        position += 8;
    }
    while position < limit
        && bytes.get(position).is_some_and(|&byte| byte >= 0x20 && byte != b'"' && byte != b'\\')
    {
        position += 1;
    }
    position
}

/// The end of the number at `start` and whether it is a plain integer; the error is the position of the wrong byte.
pub(crate) fn number_end(bytes: &[u8], start: usize) -> Result<(usize, bool), usize> {
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let some_digits = |at: usize| {
        let end = digits(at);
        if end == at { Err(at) } else { Ok(end) }
    };
    let first = start + usize::from(bytes.get(start) == Some(&b'-'));
    let mut end = if bytes.get(first) == Some(&b'0') { first + 1 } else { some_digits(first)? };
    let mut integral = true;
    if bytes.get(end) == Some(&b'.') {
        integral = false;
        end = some_digits(end + 1)?;
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        integral = false;
        end = some_digits(end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-'))))?;
    }
    Ok((end, integral))
}

/// Parses the whole of `text` as a number.
pub(crate) fn whole_number(text: &str) -> Option<NumberToken<'_>> {
    match number_end(text.as_bytes(), 0) {
        Ok((end, integral)) if end == text.len() => Some(NumberToken { raw: text, integral }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_grammar_is_that_of_json() {
        let good = [
            "0",
            "-0",
            "1",
            "-1",
            "10",
            "0.5",
            "-0.5",
            "1e5",
            "1E+5",
            "1e-5",
            "1.5e10",
            "1e400",
            "0e0",
            "123456789012345678901",
        ];
        let bad = [
            "", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x10", "1_000", "NaN", "inf", "Infinity",
            "1 ", " 1", "1.e5", "--1", "1e5.5", "١",
        ];
        for text in good {
            assert!(whole_number(text).is_some(), "{text}");
        }
        for text in bad {
            assert!(whole_number(text).is_none(), "{text}");
        }
    }

    #[test]
    fn short_numbers_are_the_doubles_that_the_standard_library_reads() {
        let parts =
            ["0", "7", "10", "99", "0.1", "0.375", "12.5", "123456.789", "99999999999999", "1.0000000000001"];
        let long = ["999999999999999", "9999999999999999", "0.00000000000000", "1e5", "0.1234567890123456"];
        for text in parts.iter().chain(&long) {
            for text in [(*text).to_owned(), format!("-{text}")] {
                let (double, expected) =
                    (whole_number(&text).unwrap().double(), text.parse::<f64>().unwrap());
                assert_eq!(double.to_bits(), expected.to_bits(), "{text}");
            }
        }
        assert!(parts.iter().all(|text| short_double(text.as_bytes()).is_some()));
        assert!(short_double(b"1e5").is_none() && short_double(b"9999999999999999").is_none());
    }

    #[test]
    fn plain_end_agrees_with_a_byte_by_byte_search() {
        for special in [b'"', b'\\', 0, 0x1f, b'\n'] {
            for length in 0..140 {
                for filler in [b'a', 0x20, 0x7f, 0x80, 0xff, 0x21, 0x23, 0x5b, 0x5d] {
                    let mut bytes = vec![filler; length];
                    bytes.push(special);
                    bytes.extend_from_slice(&[b'x'; 9]);
                    assert_eq!(plain_end(&bytes, 0), length, "{special} after {length} of {filler}");
                }
            }
        }
        assert_eq!(plain_end(b"abc", 0), 3);
        assert_eq!(plain_end(b"abcdefgh", 0), 8);
    }

    #[test]
    fn only_the_four_white_space_bytes_are_white_space() {
        assert_eq!(Scanner::new(" \t\r\n1").peek(), Ok(b'1'));
        for text in ["\u{b}1", "\u{c}1", "\u{a0}1", "\u{feff}1", "\u{0}1"] {
            assert_ne!(Scanner::new(text).peek(), Ok(b'1'));
        }
    }
}
