//! The wire format of protobuf: what is written of it, and what is read of a collector's answer.
//!
//! Source: Protocol Buffers, "Encoding".

/// How a field's value is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WireType {
    Varint = 0,
    Fixed64 = 1,
    Length = 2,
    Fixed32 = 5,
}

/// Adds a number of variable length.
pub(super) fn varint(into: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        into.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    into.push((value & 0x7f) as u8);
}

fn tag(into: &mut Vec<u8>, field: u32, kind: WireType) {
    varint(into, u64::from(field << 3 | kind as u32));
}

/// Adds a whole number, unless it is the default.
pub(super) fn number(into: &mut Vec<u8>, field: u32, value: u64) {
    if value != 0 {
        always_number(into, field, value);
    }
}

/// Adds a whole number.
pub(super) fn always_number(into: &mut Vec<u8>, field: u32, value: u64) {
    tag(into, field, WireType::Varint);
    varint(into, value);
}

/// Adds a number of eight bytes.
pub(super) fn fixed64(into: &mut Vec<u8>, field: u32, value: u64) {
    tag(into, field, WireType::Fixed64);
    into.extend_from_slice(&value.to_le_bytes());
}

/// Adds a number of four bytes, unless it is the default.
pub(super) fn fixed32(into: &mut Vec<u8>, field: u32, value: u32) {
    if value != 0 {
        tag(into, field, WireType::Fixed32);
        into.extend_from_slice(&value.to_le_bytes());
    }
}

/// Adds a number with fractions.
pub(super) fn double(into: &mut Vec<u8>, field: u32, value: f64) {
    fixed64(into, field, value.to_bits());
}

/// Adds bytes, unless there are none.
pub(super) fn bytes(into: &mut Vec<u8>, field: u32, value: &[u8]) {
    if !value.is_empty() {
        always_bytes(into, field, value);
    }
}

/// Adds bytes, also where there are none: a value of a choice.
pub(super) fn always_bytes(into: &mut Vec<u8>, field: u32, value: &[u8]) {
    into.reserve(value.len() + 2 * MAX_PREFIX);
    head(into, field, value.len());
    into.extend_from_slice(value);
}

/// Adds the tag and the length of a field whose bytes follow.
pub(super) fn head(into: &mut Vec<u8>, field: u32, length: usize) {
    tag(into, field, WireType::Length);
    varint(into, length as u64);
}

/// The number of bytes that a field with a tag of one byte and so many bytes takes.
pub(super) fn size_of_field(length: usize) -> usize {
    1 + prefix_length(length) + length
}

/// Adds a message of a text and a message of a value, fields 1 and 2, where both are so short that each length takes one byte. The
/// value is given in two parts. Returns whether they are.
pub(super) fn short_pair(into: &mut Vec<u8>, field: u32, name: &[u8], value: [&[u8]; 2]) -> bool {
    let value_length = value[0].len() + value[1].len();
    let length = 4 + name.len() + value_length;
    let (Ok(length @ ..0x80), Ok(tag @ ..0x80)) =
        (u8::try_from(length), u8::try_from(field << 3 | WireType::Length as u32))
    else {
        return false;
    };
    into.reserve(2 + usize::from(length));
    // Each is shorter than the whole, whose length fits.
    let [name_length, value_length] = [name.len(), value_length].map(|length| length.to_le_bytes()[0]);
    into.extend_from_slice(&[tag, length, 0x0a, name_length]);
    into.extend_from_slice(name);
    into.extend_from_slice(&[0x12, value_length]);
    into.extend_from_slice(value[0]);
    into.extend_from_slice(value[1]);
    true
}

/// Adds numbers of eight bytes, packed, unless there are none.
pub(super) fn packed64(into: &mut Vec<u8>, field: u32, values: impl ExactSizeIterator<Item = u64>) {
    if values.len() > 0 {
        tag(into, field, WireType::Length);
        varint(into, 8 * values.len() as u64);
        values.for_each(|value| into.extend_from_slice(&value.to_le_bytes()));
    }
}

/// Adds a message, which `write` fills.
pub(super) fn message(into: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    // Most messages are shorter than 128 bytes.
    message_of(into, field, 1, write);
}

/// Adds a message like [`message`], of which most are from 128 bytes to 16 KiB long.
pub(super) fn long_message(into: &mut Vec<u8>, field: u32, write: impl FnOnce(&mut Vec<u8>)) {
    message_of(into, field, 2, write);
}

/// The most bytes that the length of a field takes.
const MAX_PREFIX: usize = 10;

/// The number of bytes that a length takes.
fn prefix_length(length: usize) -> usize {
    let bits = usize::BITS - (length | 1).leading_zeros();
    bits.div_ceil(7) as usize
}

/// Adds a message with room for a length of `expected` bytes; one with another length is moved.
fn message_of(into: &mut Vec<u8>, field: u32, expected: usize, write: impl FnOnce(&mut Vec<u8>)) {
    tag(into, field, WireType::Length);
    let begin = into.len();
    let body = begin + expected;
    into.resize(body, 0);
    write(into);
    let end = into.len();
    let length = end - body;
    let needed = prefix_length(length);
    if needed != expected {
        into.resize(end + needed.saturating_sub(expected), 0);
        into.copy_within(body..end, begin + needed);
        into.truncate(begin + needed + length);
    }
    let mut rest = length;
    for byte in &mut into[begin..begin + needed] {
        *byte = rest.to_le_bytes()[0] | 0x80;
        rest >>= 7;
    }
    into[begin + needed - 1] &= 0x7f;
}

/// A field that was read.
#[derive(Debug, PartialEq)]
pub(super) enum Field<'a> {
    /// A whole number, or a fixed one.
    Number(u64),
    /// Bytes, a text or a message.
    Bytes(&'a [u8]),
}

/// Reads the fields of a message; ends at the first that is none.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Field<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Field::Number(self.varint()?),
            1 => Field::Number(u64::from_le_bytes(self.take(8)?.try_into().ok()?)),
            2 => {
                let length = usize::try_from(self.varint()?).ok()?;
                Field::Bytes(self.take(length)?)
            }
            5 => Field::Number(u64::from(u32::from_le_bytes(self.take(4)?.try_into().ok()?))),
            _ => return None,
        };
        Some((tag >> 3, value))
    }
}

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn messages_of_any_length_nest() {
        for length in [0, 1, 127, 128, 16_383, 16_384, 3_000_000] {
            let text = vec![b'x'; length];
            let mut written = Vec::new();
            long_message(&mut written, 1, |inner| {
                message(inner, 2, |innermost| always_bytes(innermost, 3, &text));
            });
            assert_eq!(written.len(), size_of_field(size_of_field(size_of_field(length))));
            let read = |bytes| match Fields(bytes).next() {
                Some((field, Field::Bytes(inner))) => (field, inner),
                other => panic!("{other:?}"),
            };
            let (outer, inner) = read(&written);
            let (middle, innermost) = read(inner);
            let (field, value) = read(innermost);
            assert_eq!((outer, middle, field, value), (1, 2, 3, text.as_slice()));
        }
    }

    #[test]
    fn a_short_pair_is_the_message_of_both() {
        for length in [0, 1, 60, 110, 118, 119, 120, 200] {
            let (name, text) = (b"name".as_slice(), vec![b'x'; length]);
            let mut expected = Vec::new();
            message(&mut expected, 9, |pair| {
                bytes(pair, 1, name);
                message(pair, 2, |any| always_bytes(any, 1, &text));
            });
            let mut written = Vec::new();
            let length_of_text = u8::try_from(length).unwrap();
            if short_pair(&mut written, 9, name, [&[0x0a, length_of_text], &text]) {
                assert_eq!(written, expected);
            } else {
                assert!(length >= 118 && written.is_empty(), "{length}");
            }
        }
    }

    proptest! {
        #[test]
        fn numbers_are_read_as_they_were_written(value in any::<u64>(), fixed in any::<u64>()) {
            let mut written = Vec::new();
            always_number(&mut written, 7, value);
            fixed64(&mut written, 8, fixed);
            let read: Vec<_> = Fields(&written).collect();
            prop_assert_eq!(read, vec![(7, Field::Number(value)), (8, Field::Number(fixed))]);
        }

        #[test]
        fn garbage_ends(bytes in any::<Vec<u8>>()) {
            prop_assert!(Fields(&bytes).count() <= bytes.len());
        }
    }
}
