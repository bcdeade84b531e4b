//! The ids of traces and spans.

use std::fmt;

use crate::telemetry::random::random_u64;

/// The id of a trace: 16 bytes, not all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(pub [u8; 16]);

/// The id of a span: 8 bytes, not all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpanId(pub [u8; 8]);

impl TraceId {
    /// Draws a new id, random in every byte.
    pub fn random() -> Self {
        let (high, low) = (random_u64(), random_u64().max(1));
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&high.to_be_bytes());
        bytes[8..].copy_from_slice(&low.to_be_bytes());
        Self(bytes)
    }

    /// Reads 32 lower-case hexadecimal digits; `None` for anything else, and for zero.
    pub fn read(digits: &str) -> Option<Self> {
        read(digits.as_bytes()).map(Self)
    }

    /// The 32 lower-case hexadecimal digits.
    pub fn digits(self) -> [u8; 32] {
        let mut digits = [0; 32];
        for (half, bytes) in digits.as_chunks_mut().0.iter_mut().zip(self.0.as_chunks().0) {
            *half = hex(u64::from_be_bytes(*bytes));
        }
        digits
    }

    /// The low 8 bytes as a number, by which samplers choose.
    pub fn low(self) -> u64 {
        self.0[8..].iter().fold(0, |number, &byte| (number << 8) | u64::from(byte))
    }
}

impl SpanId {
    /// Draws a new id.
    pub fn random() -> Self {
        Self(random_u64().max(1).to_be_bytes())
    }

    /// The id of the part `number` of this span, such as its handler: whoever knows the span's id knows this one, without being told.
    ///
    /// Source: the last steps of `SplitMix64` (Steele, Lea, Flood 2014), which map 64 bits one to one.
    #[must_use]
    pub fn part(self, number: u64) -> Self {
        let mut mixed =
            u64::from_be_bytes(self.0).wrapping_add((number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self((mixed ^ (mixed >> 31)).max(1).to_be_bytes())
    }

    /// The 16 lower-case hexadecimal digits.
    pub fn digits(self) -> [u8; 16] {
        hex(u64::from_be_bytes(self.0))
    }

    /// Reads 16 lower-case hexadecimal digits; `None` for anything else, and for zero.
    pub fn read(digits: &str) -> Option<Self> {
        read(digits.as_bytes()).map(Self)
    }
}

/// Reads lower-case hexadecimal digits, two a byte.
fn read<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    if digits.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = (digit(pair[0])? << 4) | digit(pair[1])?;
    }
    bytes.iter().any(|&byte| byte != 0).then_some(bytes)
}

fn digit(letter: u8) -> Option<u8> {
    match letter {
        b'0'..=b'9' => Some(letter - b'0'),
        b'a'..=b'f' => Some(letter - b'a' + 10),
        _ => None,
    }
}

/// The 16 hexadecimal digits of a number, eight at a time.
fn hex(number: u64) -> [u8; 16] {
    let mut digits = [0; 16];
    let halves = [number >> 32, number & 0xffff_ffff];
    for (eight, half) in digits.as_chunks_mut().0.iter_mut().zip(halves) {
        *eight = hex_of_half(half);
    }
    digits
}

/// The 8 hexadecimal digits of a number below 2^32.
fn hex_of_half(number: u64) -> [u8; 8] {
    let words = (number | number << 16) & 0x0000_ffff_0000_ffff;
    let bytes = (words | words << 8) & 0x00ff_00ff_00ff_00ff;
    let nibbles = (bytes | bytes << 4) & 0x0f0f_0f0f_0f0f_0f0f;
    // A nibble above nine carries into the next four bits, and is a letter.
    let letters = ((nibbles + 0x0606_0606_0606_0606) >> 4) & 0x0101_0101_0101_0101;
    (nibbles + 0x3030_3030_3030_3030 + letters * u64::from(b'a' - b'9' - 1)).to_be_bytes()
}

fn write(digits: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(std::str::from_utf8(digits).unwrap_or_default())
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(&self.digits(), f)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(&self.digits(), f)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(&self.digits(), f)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(&self.digits(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_number() {
        for number in [0, 1, 0x0123_4567_89ab_cdef, u64::MAX, 0x9a_a9_0f_f0_9f_a0_0a_f9] {
            assert_eq!(hex(number), format!("{number:016x}").as_bytes());
        }
    }

    #[test]
    fn an_id_is_written_as_it_is_read() {
        let digits = "4bf92f3577b34da6a3ce929d0e0e4736";
        assert_eq!(TraceId::read(digits).unwrap().to_string(), digits);
        assert_eq!(TraceId::read(digits).unwrap().low(), 0xa3ce_929d_0e0e_4736);
        assert_eq!(SpanId::read("00f067aa0ba902b7").unwrap().to_string(), "00f067aa0ba902b7");
        for bad in ["", "0000000000000000", "00F067AA0BA902B7", "00f067aa0ba902b", "00f067aa0ba902b7a"] {
            assert_eq!(SpanId::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn drawn_ids_differ() {
        let drawn: std::collections::HashSet<_> =
            (0..1000).map(|_| (TraceId::random(), SpanId::random())).collect();
        assert_eq!(drawn.len(), 1000);
    }
}
