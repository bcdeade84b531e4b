//! A meter of the frames that cost the server work and the client nothing.
//!
//! h2 bounds what a connection holds. A client that opens and resets streams, or asks for acknowledgements, as fast as it can holds
//! nothing and still keeps the server busy; the meter ends such a connection.
//! Source: CVE-2023-44487 (Rapid Reset), CVE-2019-9512 (pings), CVE-2019-9515 (settings), CVE-2019-9513 (priorities).

use crate::connection::clock::{Moment, elapsed};

/// The length of the preface in front of the first frame, and of a frame's header. Source: RFC 9113, sections 3.4 and 4.1.
const PREFACE_BYTES: usize = 24;
const HEADER_BYTES: usize = 9;

/// Resets that a client may send at once, and per second. Source: the defaults of nghttp2.
const RESETS: Allowance = Allowance { burst: 1000, per_second: 33 };

/// Other frames that carry nothing: pings, settings, priorities, unknown ones.
const CONTROLS: Allowance = Allowance { burst: 1000, per_second: 100 };

/// A frame's kind. Source: RFC 9113, section 6.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

#[derive(Clone, Copy, Debug)]
struct Allowance {
    burst: u32,
    per_second: u32,
}

/// A token bucket.
#[derive(Debug, Default)]
struct Used {
    count: u32,
    since: Moment,
}

impl Used {
    /// Takes one; false when none is left.
    fn take(&mut self, allowance: Allowance, now: Moment) -> bool {
        let freed = u64::from(elapsed(self.since, now)) * u64::from(allowance.per_second) / 1000;
        if freed > 0 {
            self.count = self.count.saturating_sub(u32::try_from(freed).unwrap_or(u32::MAX));
            self.since = now;
        }
        self.count += 1;
        self.count <= allowance.burst
    }
}

/// The meter of one connection.
#[derive(Debug)]
pub(crate) struct FrameMeter {
    /// Bytes until the next frame's header.
    skip: usize,
    header: [u8; HEADER_BYTES],
    filled: usize,
    resets: Used,
    controls: Used,
}

impl FrameMeter {
    pub(crate) fn new(now: Moment) -> Self {
        let used = || Used { count: 0, since: now };
        Self { skip: PREFACE_BYTES, header: [0; HEADER_BYTES], filled: 0, resets: used(), controls: used() }
    }

    /// Follows received bytes; false when the client has sent too many frames that carry nothing.
    pub(crate) fn follow(&mut self, mut bytes: &[u8], now: Moment) -> bool {
        while !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            let taken = (HEADER_BYTES - self.filled).min(bytes.len());
            self.header[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
            self.filled += taken;
            bytes = &bytes[taken..];
            if self.filled == HEADER_BYTES {
                let [a, b, c, kind, ..] = self.header;
                self.skip = u32::from_be_bytes([0, a, b, c]) as usize;
                self.filled = 0;
                let is_within = match kind {
                    DATA | HEADERS | WINDOW_UPDATE | CONTINUATION => true,
                    RST_STREAM => self.resets.take(RESETS, now),
                    _ => self.controls.take(CONTROLS, now),
                };
                if !is_within {
                    return false;
                }
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(kind: u8, length: u16) -> Vec<u8> {
        let [high, low] = length.to_be_bytes();
        [&[0, high, low, kind, 0, 0, 0, 0, 1][..], &vec![7; usize::from(length)]].concat()
    }

    fn begun() -> FrameMeter {
        let mut meter = FrameMeter::new(1);
        assert!(meter.follow(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 1));
        meter
    }

    #[test]
    fn a_flood_is_noticed_and_time_gives_back() {
        for (kind, allowance) in
            [(RST_STREAM, RESETS), (6, CONTROLS), (4, CONTROLS), (2, CONTROLS), (200, CONTROLS)]
        {
            let mut meter = begun();
            assert!((0..allowance.burst).all(|_| meter.follow(&frame(kind, 8), 1)), "{kind}");
            assert!(!meter.follow(&frame(kind, 8), 1), "{kind}");
            assert!(meter.follow(&frame(kind, 8), 1001), "{kind}");
        }
    }

    #[test]
    fn frames_that_carry_something_are_free() {
        let mut meter = begun();
        for kind in [DATA, HEADERS, WINDOW_UPDATE, CONTINUATION] {
            assert!((0..5000).all(|_| meter.follow(&frame(kind, 4), 1)), "{kind}");
        }
    }

    proptest! {
        #[test]
        fn pieces_are_followed_like_the_whole(
            frames in prop::collection::vec((0u8..12, 0u16..300), 0..40),
            cut in 1usize..40,
        ) {
            let bytes: Vec<u8> = frames.iter().flat_map(|&(kind, length)| frame(kind, length)).collect();
            let (mut whole, mut pieces) = (begun(), begun());
            whole.follow(&bytes, 1);
            bytes.chunks(cut).for_each(|piece| { pieces.follow(piece, 1); });
            prop_assert_eq!(whole.resets.count, pieces.resets.count);
            prop_assert_eq!(whole.controls.count, pieces.controls.count);
            prop_assert_eq!((pieces.skip, pieces.filled), (0, 0));
        }
    }
}
