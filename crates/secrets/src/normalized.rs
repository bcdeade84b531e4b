//! Texts from which escaping or layout was removed, with the original position of each byte.
//!
//! Escaping puts backslashes before characters, twice as many at each depth. Without any backslash a text is the same at
//! every depth, and so is a value. The layout of number lists adds blanks, line breaks and indices.

/// A text with the original position of each byte.
pub(crate) struct NormalizedText {
    pub(crate) bytes: Vec<u8>,
    /// The original start of each byte.
    places: Vec<usize>,
    /// The original end of each byte, kept only where the original may be longer than one byte.
    ends: Vec<usize>,
}

impl NormalizedText {
    /// Removes backslashes; `None` where there are none.
    pub(crate) fn without_escapes(text: &str) -> Option<Self> {
        text.contains('\\').then(|| {
            let mut normalized = Self::of(text.len());
            for (place, byte) in text.bytes().enumerate() {
                if byte != b'\\' {
                    normalized.push(byte, place);
                }
            }
            normalized
        })
    }

    /// Removes escaped line breaks, blanks and the indices of array-like objects; `None` where there is no list of numbers.
    pub(crate) fn without_layout(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let is_separator =
            |pair: &&[u8]| pair[0].is_ascii_digit() && matches!(pair[1], b',' | b' ' | b'\n' | b'\\');
        let is_list = text.contains("Buffer")
            || bytes.windows(2).filter(is_separator).take(LEAST_NUMBERS).count() == LEAST_NUMBERS;
        if !is_list {
            return None;
        }
        let mut normalized = Self::of(text.len());
        let mut place = 0;
        while let Some(byte) = bytes.get(place) {
            let skipped = skipped(&bytes[place..]);
            if skipped == 0 {
                normalized.push(*byte, place);
            }
            place += skipped.max(1);
        }
        Some(normalized)
    }

    /// Decodes percent-encoding and HTML entities, whichever characters they stand for, and removes backslashes; `None`
    /// where there are none of these.
    pub(crate) fn decoded(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let is_encoded = |place: usize| decode(&bytes[place..]).is_some();
        if !text.bytes().enumerate().any(|(place, byte)| matches!(byte, b'%' | b'&') && is_encoded(place)) {
            return None;
        }
        let mut normalized = Self::of(text.len());
        let mut place = 0;
        while let Some(&byte) = bytes.get(place) {
            let (byte, length) = decode(&bytes[place..]).unwrap_or((byte, 1));
            if byte != b'\\' {
                normalized.push(if length > 1 { letter_of(byte) } else { byte }, place);
                normalized.ends.push(place + length);
            }
            place += length;
        }
        Some(normalized)
    }

    /// Returns the original start and end of a part.
    pub(crate) fn span(&self, start: usize, end: usize) -> (usize, usize) {
        let last = self.ends.get(end - 1).copied().unwrap_or(self.places[end - 1] + 1);
        (self.places[start], last)
    }

    fn of(most: usize) -> Self {
        Self { bytes: Vec::with_capacity(most), places: Vec::with_capacity(most), ends: Vec::new() }
    }

    fn push(&mut self, byte: u8, place: usize) {
        self.bytes.push(byte);
        self.places.push(place);
    }
}

/// Decodes the percent-encoded byte or the entity at the start of the text. Returns the byte and the length of its encoding.
fn decode(text: &[u8]) -> Option<(u8, usize)> {
    match text {
        [b'%', high, low, ..] => {
            let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            Some((digit(*high)? << 4 | digit(*low)?, 3))
        }
        [b'&', rest @ ..] => {
            let length = rest.iter().take(LONGEST_ENTITY).position(|byte| *byte == b';')?;
            let name = std::str::from_utf8(&rest[..length]).ok()?;
            Some((entity(name)?, length + 2))
        }
        _ => None,
    }
}

/// Length of the longest entity that programs write, `#x0027;`.
const LONGEST_ENTITY: usize = 7;

/// Returns the ASCII character of an entity; programs escape no others for HTML and XML.
fn entity(name: &str) -> Option<u8> {
    let number = |digits: &str, radix| u8::from_str_radix(digits, radix).ok().filter(u8::is_ascii);
    match name {
        "amp" => Some(b'&'),
        "lt" => Some(b'<'),
        "gt" => Some(b'>'),
        "quot" => Some(b'"'),
        "apos" => Some(b'\''),
        _ => match name.strip_prefix('#')? {
            digits if digits.starts_with(['x', 'X']) => number(&digits[1..], 16),
            digits => number(digits, 10),
        },
    }
}

/// Returns the letter of an encoded line break, as an escaped one has it without its backslash, so that one form covers
/// both.
fn letter_of(byte: u8) -> u8 {
    match byte {
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => byte,
    }
}

/// Returns the decoded form of a value that itself has something to decode, for texts whose encoder has left that unchanged.
pub(crate) fn decoded_value(value: &str) -> Option<Vec<u8>> {
    NormalizedText::decoded(value).map(|normalized| normalized.bytes.into_iter().map(letter_of).collect())
}

/// Least count of numbers in a list that may be a value: shorter values are not looked for.
const LEAST_NUMBERS: usize = 4;

/// Returns how many bytes of layout the text begins with.
fn skipped(text: &[u8]) -> usize {
    match text {
        [b' ' | b'\n' | b'\r' | b'\t', ..] => 1,
        [b'\\', ..] => {
            let backslashes = text.iter().take_while(|byte| **byte == b'\\').count();
            // The quote of an index stays; a line break is removed together with its letter.
            backslashes + usize::from(matches!(text.get(backslashes), Some(b'n' | b'r' | b't')))
        }
        [b'"', rest @ ..] => {
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            let after = &rest[digits..];
            let backslashes = after.iter().take_while(|byte| **byte == b'\\').count();
            let is_index = digits > 0 && after[backslashes..].starts_with(b"\":");
            if is_index { 1 + digits + backslashes + 2 } else { 0 }
        }
        _ => 0,
    }
}
