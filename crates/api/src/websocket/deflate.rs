//! Compression of messages: permessage-deflate without context takeover.
//!
//! Each message is compressed by itself, so that the compressors belong to the I/O threads and not to the connections: one of them
//! takes about 300 KB.
//!
//! Source: RFC 7692, section 7.2.

use std::cell::RefCell;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::websocket::close::Close;

/// The end of each compressed message, which is left out on the wire.
const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// The smallest and the largest exponent of a window.
pub(crate) const WINDOW_BITS: std::ops::RangeInclusive<u8> = 9..=15;

/// Most bytes by which a buffer grows at once, so that a bomb is noticed early.
const STEP_BYTES: usize = 64 << 10;

thread_local! {
    static INFLATER: RefCell<Option<Decompress>> = const { RefCell::new(None) };
    static DEFLATER: RefCell<Option<(u8, Compress)>> = const { RefCell::new(None) };
}

/// Inflates a message to at most `limit` bytes; `make_room` is asked before the buffer grows to a size.
pub(crate) fn inflate(
    packed: &[u8],
    limit: usize,
    mut make_room: impl FnMut(usize) -> Result<(), Close>,
) -> Result<Vec<u8>, Close> {
    INFLATER.with_borrow_mut(|kept| {
        let inflater = kept.get_or_insert_with(|| Decompress::new(false));
        inflater.reset(false);
        let mut out = Vec::new();
        for part in [packed, &TAIL] {
            inflate_part(inflater, part, limit, &mut out, &mut make_room)?;
        }
        Ok(out)
    })
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
    DEFLATER.with_borrow_mut(|kept| {
        let (_, deflater) = match kept {
            Some(fitting) if fitting.0 == window_bits => fitting,
            other => other.insert((
                window_bits,
                Compress::new_with_window_bits(Compression::fast(), false, window_bits),
            )),
        };
        deflater.reset();
        let mut rest = message;
        loop {
            if out.capacity() - out.len() < 64 {
                out.reserve((rest.len() / 2).max(256));
            }
            let before = deflater.total_in();
            let status = deflater.compress_vec(rest, out, FlushCompress::Sync);
            rest = &rest[usize::try_from(deflater.total_in() - before).unwrap_or(usize::MAX)..];
            let is_whole = rest.is_empty() && out.len() < out.capacity();
            if status.is_err() || out.len() - from > message.len() + TAIL.len() {
                break;
            }
            if is_whole {
                break;
            }
        }
        let is_smaller =
            rest.is_empty() && out[from..].ends_with(&TAIL) && out.len() - from - TAIL.len() < message.len();
        out.truncate(if is_smaller { out.len() - TAIL.len() } else { from });
        is_smaller
    })
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
