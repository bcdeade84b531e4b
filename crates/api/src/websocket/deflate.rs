//! Compression of messages: permessage-deflate without context takeover.
//!
//! Each message is compressed by itself, so that the compressors belong to the I/O threads and not to the connections: one of them
//! takes about 300 KB.
//!
//! Source: RFC 7692, section 7.2.

use std::cell::Cell;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::websocket::close::Close;

/// The end of each compressed message, which is left out on the wire.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// The smallest and the largest exponent of a window.
pub(crate) const WINDOW_BITS: std::ops::RangeInclusive<u8> = 9..=15;

/// Most bytes by which a buffer grows at once, so that a bomb is noticed early.
const STEP_BYTES: usize = 64 << 10;

/// How hard messages are compressed: the fastest level that searches for matches as the others do. Level 1 of zlib-rs 0.6 panics
/// where its output is given in pieces and does not shrink.
const LEVEL: u32 = 2;

thread_local! {
    // Taken out while they are used, so that a panic leaves none behind.
    static INFLATER: Cell<Option<Decompress>> = const { Cell::new(None) };
    static DEFLATER: Cell<Option<(u8, Compress)>> = const { Cell::new(None) };
}

/// Inflates a message to at most `limit` bytes; `make_room` is asked before the buffer grows to a size.
pub(crate) fn inflate(
    packed: &[u8],
    limit: usize,
    mut make_room: impl FnMut(usize) -> Result<(), Close>,
) -> Result<Vec<u8>, Close> {
    let mut inflater = INFLATER.take().unwrap_or_else(|| Decompress::new(false));
    inflater.reset(false);
    let mut out = Vec::new();
    let done = [packed, &TAIL]
        .into_iter()
        .try_for_each(|part| inflate_part(&mut inflater, part, limit, &mut out, &mut make_room));
    INFLATER.set(Some(inflater));
    done.map(|()| out)
}

fn inflate_part(
    inflater: &mut Decompress,
    part: &[u8],
    limit: usize,
    out: &mut Vec<u8>,
    make_room: &mut impl FnMut(usize) -> Result<(), Close>,
) -> Result<(), Close> {
    let mut rest = part;
    loop {
        if out.len() == out.capacity() {
            // One byte beyond the limit tells a message that is too large from one that just fits.
            let wanted = (out.len() * 2).max(512).min(out.len() + STEP_BYTES).min(limit + 1);
            if wanted == out.len() {
                return Err(Close::TOO_LARGE);
            }
            make_room(wanted)?;
            out.reserve_exact(wanted - out.len());
        }
        let (read, written) = (inflater.total_in(), inflater.total_out());
        let status =
            inflater.decompress_vec(rest, out, FlushDecompress::Sync).map_err(|_| Close::NOT_DEFLATE)?;
        let used = usize::try_from(inflater.total_in() - read).unwrap_or(usize::MAX);
        let is_still = used == 0 && inflater.total_out() == written;
        rest = &rest[used..];
        if out.len() > limit {
            return Err(Close::TOO_LARGE);
        }
        match status {
            // A client may end a message by a last block (RFC 7692, section 7.2.3.4); what follows is a new beginning.
            Status::StreamEnd => inflater.reset(false),
            Status::Ok | Status::BufError if rest.is_empty() && out.len() < out.capacity() => return Ok(()),
            Status::BufError if is_still && out.len() < out.capacity() => return Err(Close::NOT_DEFLATE),
            Status::Ok | Status::BufError => {}
        }
        if rest.is_empty() && status == Status::StreamEnd {
            return Ok(());
        }
    }
}

/// Compresses a message into `out`; false, with `out` as it was, where that does not make it smaller.
pub(crate) fn deflate(message: &[u8], window_bits: u8, out: &mut Vec<u8>) -> bool {
    let from = out.len();
    let kept = DEFLATER.take().filter(|(bits, _)| *bits == window_bits);
    let (_, mut deflater) = kept.unwrap_or_else(|| (window_bits, compressor(window_bits)));
    deflater.reset();
    // Room for as much as can be of use: what does not fit is not smaller.
    out.reserve(message.len() + TAIL.len());
    let done = deflater.compress_vec(message, out, FlushCompress::Sync);
    let is_whole = done.is_ok() && deflater.total_in() == message.len() as u64;
    let is_smaller =
        is_whole && out[from..].ends_with(&TAIL) && out.len() - from - TAIL.len() < message.len();
    out.truncate(if is_smaller { out.len() - TAIL.len() } else { from });
    // Put back only now: one in which a panic happened would mix messages.
    DEFLATER.set(Some((window_bits, deflater)));
    is_smaller
}

fn compressor(window_bits: u8) -> Compress {
    Compress::new_with_window_bits(Compression::new(LEVEL), false, window_bits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn inflated(packed: &[u8], limit: usize) -> Result<Vec<u8>, Close> {
        inflate(packed, limit, |_| Ok(()))
    }

    #[test]
    fn reads_the_examples_of_the_specification() {
        for packed in [
            &[0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00][..],
            &[0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00],
            &[0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00],
            &[0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00],
        ] {
            assert_eq!(inflated(packed, 100).unwrap(), b"Hello", "{packed:x?}");
        }
        assert_eq!(inflated(&[0x00], 100).unwrap(), b"");
    }

    #[test]
    fn what_does_not_shrink_is_left_alone() {
        let mut out = b"before".to_vec();
        assert!(!deflate(b"a", 15, &mut out));
        assert_eq!(out, b"before");
        assert!(deflate(&[b'a'; 1000], 9, &mut out));
        assert_eq!(inflated(&out[6..], 1000).unwrap(), [b'a'; 1000]);
    }

    #[test]
    fn room_is_asked_for_step_by_step() {
        let mut packed = Vec::new();
        deflate(&vec![7; 3 << 20], 15, &mut packed);
        let mut largest = 0;
        let refused = inflate(&packed, 100 << 20, |bytes| {
            largest = bytes;
            if bytes > 1 << 20 { Err(Close::NO_ROOM) } else { Ok(()) }
        });
        assert_eq!(refused, Err(Close::NO_ROOM));
        assert!(largest <= (1 << 20) + STEP_BYTES);
    }

    #[test]
    fn what_does_not_fit_leaves_nothing_in_the_compressor() {
        let noise: Vec<u8> = picture(300_000, 7).chunks(9).map(|some| some[0]).collect();
        let text = b"a text that is compressed by itself, whatever came before it; ".repeat(40);
        for size in (20_000..33_000).step_by(111) {
            let mut packed = Vec::new();
            deflate(&noise[..size], 15, &mut packed);
            packed.clear();
            assert!(deflate(&text, 15, &mut packed), "{size}");
            assert_eq!(inflated(&packed, text.len()).unwrap(), text, "{size}");
        }
    }

    /// Bytes of which some can be compressed and some cannot, as in a picture.
    fn picture(bytes: usize, mut state: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(bytes);
        while out.len() < bytes {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let [byte, kind, back, ..] = state.to_be_bytes();
            let from = out.len().saturating_sub(usize::from(back) * 97 + 8);
            if kind < 40 && out.len() > from + 8 {
                out.extend_from_within(from..from + 8);
            } else {
                out.push(byte);
            }
        }
        out.truncate(bytes);
        out
    }

    #[test]
    fn messages_of_a_picture_stand_by_themselves() {
        let sizes = [300, 1_000, 16_384, 65_536, 131_072];
        for bits in [9, 12, 15] {
            for (seed, size) in (0..10).zip(sizes.into_iter().cycle()) {
                let message = picture(size, seed);
                let mut packed = Vec::new();
                if deflate(&message, bits, &mut packed) {
                    // A new decompressor with the window that was told: it has nothing of the message before, and no more.
                    let mut out = Vec::with_capacity(size + 1);
                    packed.extend_from_slice(&TAIL);
                    let mut fresh = Decompress::new_with_window_bits(false, bits);
                    let read = fresh.decompress_vec(&packed, &mut out, FlushDecompress::Sync);
                    assert!(read.is_ok() && out == message, "{bits} {seed} {size} {read:?}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_packed_is_what_is_unpacked(seed in any::<Vec<u8>>(), repeat in 1usize..2000, bits in WINDOW_BITS) {
            let message = seed.repeat(repeat);
            let mut packed = Vec::new();
            if deflate(&message, bits, &mut packed) {
                prop_assert_eq!(inflated(&packed, message.len()).unwrap(), message.clone());
                prop_assert_eq!(inflated(&packed, message.len() - 1), Err(Close::TOO_LARGE));
            }
        }

        #[test]
        fn garbage_ends(bytes in any::<Vec<u8>>()) {
            let _ = inflated(&bytes, 10_000);
        }
    }
}
