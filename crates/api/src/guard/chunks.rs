//! A strict scanner for chunked bodies. Source: RFC 9112, section 7.1.

use crate::guard::characters::{is_control, is_token};
use crate::guard::violation::Violation;

/// The limits of chunk extensions and trailers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChunkLimits {
    pub(crate) extension_bytes: usize,
    pub(crate) trailer_bytes: usize,
    pub(crate) trailers: usize,
}

/// Most hexadecimal digits of a chunk size: 60 bits cannot overflow.
const MAX_SIZE_DIGITS: u8 = 15;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Size {
        digits: u8,
        size: u64,
    },
    Extension {
        size: u64,
    },
    SizeLineFeed {
        size: u64,
    },
    Data {
        left: u64,
    },
    DataReturn,
    DataLineFeed,
    /// The beginning of a trailer or of the last line.
    TrailerStart,
    TrailerName,
    TrailerValue,
    TrailerLineFeed,
    LastLineFeed,
}

/// The state of the scan of a chunked body.
#[derive(Clone, Debug)]
pub(crate) struct ChunkScan {
    state: State,
    extension_bytes: usize,
    trailer_bytes: usize,
    trailers: usize,
}

impl ChunkScan {
    pub(crate) fn new() -> Self {
        let state = State::Size { digits: 0, size: 0 };
        Self { state, extension_bytes: 0, trailer_bytes: 0, trailers: 0 }
    }

    /// Scans on: returns how many bytes belong to the body, and whether it ends with them. The error holds the number of bytes
    /// before the violation.
    pub(crate) fn follow(
        &mut self,
        bytes: &[u8],
        limits: ChunkLimits,
    ) -> Result<(usize, bool), (usize, Violation)> {
        let mut at = 0;
        while at < bytes.len() {
            if let State::Data { left } = self.state {
                let taken = left.min((bytes.len() - at) as u64);
                at += usize::try_from(taken).unwrap_or(usize::MAX);
                self.state =
                    if taken == left { State::DataReturn } else { State::Data { left: left - taken } };
                continue;
            }
            let byte = bytes[at];
            match self.step(byte, limits).map_err(|violation| (at, violation))? {
                None => return Ok((at + 1, true)),
                Some(next) => self.state = next,
            }
            at += 1;
        }
        Ok((at, false))
    }

    /// Scans one byte that is not data; `None` when it was the body's last.
    fn step(&mut self, byte: u8, limits: ChunkLimits) -> Result<Option<State>, Violation> {
        let next = match (self.state, byte) {
            (State::Size { digits, size }, byte) if byte.is_ascii_hexdigit() && digits < MAX_SIZE_DIGITS => {
                State::Size { digits: digits + 1, size: size * 16 + hex(byte) }
            }
            (State::Size { digits: 1.., size }, b';') => State::Extension { size },
            (State::Size { digits: 1.., size } | State::Extension { size }, b'\r') => {
                State::SizeLineFeed { size }
            }
            (State::Extension { size }, byte) if !is_control(byte) => {
                self.extension_bytes += 1;
                if self.extension_bytes > limits.extension_bytes {
                    return Err(Violation::ChunkExtension);
                }
                State::Extension { size }
            }
            (State::SizeLineFeed { size: 0 }, b'\n') => State::TrailerStart,
            (State::SizeLineFeed { size }, b'\n') => State::Data { left: size },
            (State::DataReturn, b'\r') => State::DataLineFeed,
            (State::DataLineFeed, b'\n') => State::Size { digits: 0, size: 0 },
            (State::LastLineFeed, b'\n') => return Ok(None),
            (State::TrailerStart, b'\r') => State::LastLineFeed,
            (
                State::TrailerStart | State::TrailerName | State::TrailerValue | State::TrailerLineFeed,
                byte,
            ) => {
                return self.trailer(byte, limits).map(Some);
            }
            _ => return Err(Violation::Chunk),
        };
        Ok(Some(next))
    }

    fn trailer(&mut self, byte: u8, limits: ChunkLimits) -> Result<State, Violation> {
        self.trailer_bytes += 1;
        if self.trailer_bytes > limits.trailer_bytes {
            return Err(Violation::Trailer);
        }
        match (self.state, byte) {
            (State::TrailerStart, byte) if is_token(byte) && self.trailers < limits.trailers => {
                self.trailers += 1;
                Ok(State::TrailerName)
            }
            (State::TrailerName, b':') => Ok(State::TrailerValue),
            (State::TrailerName, byte) if is_token(byte) => Ok(State::TrailerName),
            (State::TrailerValue, b'\r') => Ok(State::TrailerLineFeed),
            (State::TrailerValue, byte) if !is_control(byte) => Ok(State::TrailerValue),
            (State::TrailerLineFeed, b'\n') => Ok(State::TrailerStart),
            _ => Err(Violation::Trailer),
        }
    }
}

fn hex(digit: u8) -> u64 {
    u64::from(match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20) - b'a' + 10,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LIMITS: ChunkLimits = ChunkLimits { extension_bytes: 8, trailer_bytes: 24, trailers: 2 };

    fn follow(body: &str) -> Result<(usize, bool), (usize, Violation)> {
        ChunkScan::new().follow(body.as_bytes(), LIMITS)
    }

    #[test]
    fn finds_the_end_of_well_formed_bodies() {
        for body in [
            "0\r\n\r\n",
            "5\r\nhello\r\n0\r\n\r\n",
            "A\r\n0123456789\r\n00\r\n\r\n",
            "1;a=b\r\nx\r\n0\r\n\r\n",
            "0\r\na: b\r\nc:\r\n\r\n",
        ] {
            assert_eq!(follow(&format!("{body}GET")), Ok((body.len(), true)), "{body:?}");
        }
    }

    #[test]
    fn refuses_what_can_be_read_in_two_ways() {
        for bad in [
            "\r\n",
            "+5\r\nhello\r\n",
            "-1\r\n",
            " 5\r\n",
            "5 \r\n",
            "0x5\r\n",
            "5\nhello",
            "5\r\nhelloX",
            "5\r\nhello\n0",
            "g\r\n",
            "ffffffffffffffff\r\n",
            "0000000000000005\r\n",
            "5;\n",
            "5;\0\r\n",
            "5\rX",
            "0\n\n",
            "٥\r\n",
        ] {
            assert_eq!(follow(bad).map_err(|(_, violation)| violation), Err(Violation::Chunk), "{bad:?}");
        }
    }

    #[test]
    fn extensions_and_trailers_are_bounded() {
        let extensions = follow("1;12345\r\nx\r\n1;1234\r\nx\r\n").unwrap_err();
        assert_eq!(extensions.1, Violation::ChunkExtension);
        for bad in
            ["0\r\na b: c\r\n", "0\r\n b: c\r\n", "0\r\na\r\n", "0\r\na: \0", "0\r\na:\r\nb:\r\nc:\r\n"]
        {
            assert_eq!(follow(bad).unwrap_err().1, Violation::Trailer, "{bad:?}");
        }
        assert_eq!(follow("0\r\nlong: aaaaaaaaaaaaaaaaaaaaaaaaa").unwrap_err().1, Violation::Trailer);
    }

    proptest! {
        #[test]
        fn the_verdict_does_not_depend_on_how_the_bytes_arrive(body in "([0-9a-f]{1,2}\r\n|[ -~]|\r\n|0\r\n\r\n){0,8}", cut in 0usize..40) {
            let whole = follow(&body);
            let cut = cut.min(body.len());
            let mut scan = ChunkScan::new();
            let split = match scan.follow(&body.as_bytes()[..cut], LIMITS) {
                Ok((taken, false)) => scan
                    .follow(&body.as_bytes()[cut..], LIMITS)
                    .map(|(more, ended)| (taken + more, ended))
                    .map_err(|(more, violation)| (taken + more, violation)),
                settled => settled,
            };
            prop_assert_eq!(whole, split);
        }
    }
}
