//! The encoders: brotli, gzip and zstd behind one interface.
//!
//! The levels are those of answers that are made once and sent once: a few percent of size for several times the speed.

use std::io::{self, Write};

use brotli::CompressorWriter;
use bytes::Bytes;
use flate2::write::GzEncoder;

use crate::answer::encoding::Encoding;

/// Brotli's quality, of 0 to 11.
const BROTLI_QUALITY: u32 = 4;
/// Gzip's level, of 0 to 9.
const GZIP_LEVEL: u32 = 5;
/// Zstandard's level, of 1 to 22.
const ZSTD_LEVEL: i32 = 3;

/// The base-2 logarithm of the window of bytes in which repetitions are found, and with it the memory of a stream.
const WINDOW_BITS: u32 = 17;
/// The greatest window of content in memory, whose encoder lives for a moment. Decoders must take 8 MiB (RFC 9659).
const MAX_WINDOW_BITS: u32 = 22;

const BUFFER_BYTES: usize = 4 << 10;

/// An encoder that writes to memory.
pub(super) enum Encoder {
    Brotli(Box<CompressorWriter<Vec<u8>>>),
    Gzip(GzEncoder<Vec<u8>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Encoder {
    /// Makes an encoder of a stream, with a small window: 0.3 to 1.5 MiB of memory.
    pub(super) fn of_stream(encoding: Encoding) -> io::Result<Self> {
        Self::new(encoding, WINDOW_BITS, Vec::new())
    }

    fn new(encoding: Encoding, window_bits: u32, out: Vec<u8>) -> io::Result<Self> {
        Ok(match encoding {
            Encoding::Brotli => {
                let writer = CompressorWriter::new(out, BUFFER_BYTES, BROTLI_QUALITY, window_bits);
                Self::Brotli(Box::new(writer))
            }
            Encoding::Gzip => Self::Gzip(GzEncoder::new(out, flate2::Compression::new(GZIP_LEVEL))),
            Encoding::Zstd => {
                let mut encoder = zstd::stream::write::Encoder::new(out, ZSTD_LEVEL)?;
                encoder.window_log(window_bits)?;
                Self::Zstd(encoder)
            }
        })
    }

    /// Takes a piece and returns what can be sent. With `flushes`, that is all of the piece.
    pub(super) fn write(&mut self, piece: &[u8], flushes: bool) -> io::Result<Bytes> {
        let writer: &mut dyn Write = match self {
            Self::Brotli(writer) => writer,
            Self::Gzip(writer) => writer,
            Self::Zstd(writer) => writer,
        };
        writer.write_all(piece)?;
        if flushes {
            writer.flush()?;
        }
        Ok(Bytes::from(std::mem::take(self.out())))
    }

    fn out(&mut self) -> &mut Vec<u8> {
        match self {
            Self::Brotli(writer) => writer.get_mut(),
            Self::Gzip(writer) => writer.get_mut(),
            Self::Zstd(writer) => writer.get_mut(),
        }
    }

    /// Ends the stream and returns the rest.
    pub(super) fn finish(self) -> io::Result<Bytes> {
        let out = match self {
            Self::Brotli(writer) => writer.into_inner(),
            Self::Gzip(writer) => writer.finish()?,
            Self::Zstd(writer) => writer.finish()?,
        };
        Ok(Bytes::from(out))
    }
}

/// Compresses content that is in memory.
pub(crate) fn compress(bytes: &[u8], encoding: Encoding) -> io::Result<Bytes> {
    let needed = usize::BITS - bytes.len().leading_zeros();
    let out = Vec::with_capacity(bytes.len() / 3 + 64);
    let mut encoder = Encoder::new(encoding, needed.clamp(WINDOW_BITS, MAX_WINDOW_BITS), out)?;
    match &mut encoder {
        Encoder::Brotli(writer) => writer.write_all(bytes)?,
        Encoder::Gzip(writer) => writer.write_all(bytes)?,
        Encoder::Zstd(writer) => {
            writer.set_pledged_src_size(Some(bytes.len() as u64))?;
            writer.write_all(bytes)?;
        }
    }
    encoder.finish()
}

#[cfg(test)]
pub(crate) fn decompress(bytes: &[u8], encoding: Encoding) -> Vec<u8> {
    use std::io::Read;

    let mut out = Vec::new();
    match encoding {
        Encoding::Brotli => brotli::Decompressor::new(bytes, 4096).read_to_end(&mut out).map(|_| ()),
        Encoding::Gzip => flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).map(|_| ()),
        Encoding::Zstd => zstd::stream::copy_decode(bytes, &mut out),
    }
    .unwrap();
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Encoding; 3] = [Encoding::Brotli, Encoding::Gzip, Encoding::Zstd];

    #[test]
    fn large_content_comes_back() {
        let text: Vec<u8> = (0..20_000u32).flat_map(|number| number.to_string().into_bytes()).collect();
        for encoding in ALL {
            let packed = compress(&text, encoding).unwrap();
            assert!(packed.len() < text.len() / 2);
            assert_eq!(decompress(&packed, encoding), text, "{encoding:?}");
        }
    }

    proptest! {
        #[test]
        fn pieces_come_back_and_a_flushed_piece_leaves_at_once(
            pieces in proptest::collection::vec((proptest::collection::vec(any::<u8>(), 0..300), any::<bool>()), 0..12),
        ) {
            for encoding in ALL {
                let mut encoder = Encoder::of_stream(encoding).unwrap();
                let (mut sent, mut given) = (Vec::new(), Vec::new());
                for (piece, flushes) in &pieces {
                    let out = encoder.write(piece, *flushes).unwrap();
                    prop_assert!(!*flushes || piece.is_empty() || !out.is_empty());
                    sent.extend_from_slice(&out);
                    given.extend_from_slice(piece);
                }
                sent.extend_from_slice(&encoder.finish().unwrap());
                prop_assert_eq!(&decompress(&sent, encoding), &given);
            }
        }

        #[test]
        fn content_comes_back(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            for encoding in ALL {
                let packed = compress(&bytes, encoding).unwrap();
                prop_assert_eq!(&decompress(&packed, encoding), &bytes);
            }
        }
    }
}
