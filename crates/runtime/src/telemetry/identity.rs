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

fn write(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 32];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    f.write_str(std::str::from_utf8(&text[..2 * bytes.len()]).unwrap_or_default())
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(&self.0, f)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(&self.0, f)
    }
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(&self.0, f)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
