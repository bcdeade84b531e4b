//! The head of a frame: what it says, and how it is written.
//!
//! Source: RFC 6455, section 5.2.

use crate::websocket::close::Close;

/// Most bytes of a head that a client sends: two, a length of eight, a mask of four.
pub(crate) const MAX_HEAD_BYTES: usize = 14;

/// Most bytes of a control frame's payload.
pub(crate) const MAX_CONTROL_BYTES: usize = 125;

/// The kind of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum OpCode {
    Continuation = 0,
    Text = 1,
    Binary = 2,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl OpCode {
    pub(crate) fn is_control(self) -> bool {
        self as u8 >= Self::Close as u8
    }
}

/// The head of a client's frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHead {
    pub(crate) is_last: bool,
    /// RSV1: the message that begins here is compressed.
    pub(crate) is_compressed: bool,
    pub(crate) code: OpCode,
    pub(crate) length: u64,
    pub(crate) mask: [u8; 4],
}

/// Reads a head from the beginning of `bytes`, with its own length; `None` while it is incomplete.
///
/// Errors: 1002, as soon as the bytes that are there are wrong.
pub(crate) fn read_head(bytes: &[u8]) -> Result<Option<(FrameHead, usize)>, Close> {
    let Some(&first) = bytes.first() else { return Ok(None) };
    let code = match first & 0x0f {
        0 => OpCode::Continuation,
        1 => OpCode::Text,
        2 => OpCode::Binary,
        8 => OpCode::Close,
        9 => OpCode::Ping,
        10 => OpCode::Pong,
        _ => return Err(Close::protocol("a frame has an unknown opcode")),
    };
    let (is_last, is_compressed) = (first & 0x80 != 0, first & 0x40 != 0);
    if first & 0x30 != 0 {
        return Err(Close::protocol("a frame has a reserved bit set"));
    }
    let Some(&second) = bytes.get(1) else { return Ok(None) };
    if second & 0x80 == 0 {
        return Err(Close::protocol("a client's frame must be masked"));
    }
    let short = second & 0x7f;
    if code.is_control() && (!is_last || is_compressed || usize::from(short) > MAX_CONTROL_BYTES) {
        return Err(Close::protocol("a control frame is fragmented, compressed or too long"));
    }
    let extra = match short {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let Some(rest) = bytes.get(2..2 + extra + 4) else { return Ok(None) };
    let (length, mask) = rest.split_at(extra);
    let length = match extra {
        0 => u64::from(short),
        _ => length.iter().fold(0, |length, &byte| length << 8 | u64::from(byte)),
    };
    let least = [0, 0, 126, 0, 0, 0, 0, 0, 1 << 16][extra];
    if length < least || length > u64::MAX / 2 {
        return Err(Close::protocol("a frame's length is not in its shortest form"));
    }
    let mut key = [0; 4];
    key.copy_from_slice(mask);
    Ok(Some((FrameHead { is_last, is_compressed, code, length, mask: key }, 2 + extra + 4)))
}

/// Appends the head of a whole, unmasked frame.
pub(crate) fn write_head(out: &mut Vec<u8>, code: OpCode, is_compressed: bool, length: usize) {
    out.push(0x80 | u8::from(is_compressed) << 6 | code as u8);
    match (u8::try_from(length), u16::try_from(length)) {
        (Ok(short), _) if short < 126 => out.push(short),
        (_, Ok(medium)) => {
            out.push(126);
            out.extend_from_slice(&medium.to_be_bytes());
        }
        _ => {
            out.push(127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
}

/// Appends a whole, unmasked frame.
pub(crate) fn write_frame(out: &mut Vec<u8>, code: OpCode, payload: &[u8]) {
    write_head(out, code, false, payload.len());
    out.extend_from_slice(payload);
}

/// Appends masked bytes unmasked; `at` is the place of the first one in the frame's payload.
pub(crate) fn unmask(out: &mut Vec<u8>, bytes: &[u8], mask: [u8; 4], at: usize) {
    let mut key = mask;
    key.rotate_left(at % 4);
    let wide = u64::from(u32::from_ne_bytes(key));
    let wide = wide << 32 | wide;
    let from = out.len();
    out.extend_from_slice(bytes);
    let mut chunks = out[from..].chunks_exact_mut(8);
    for chunk in &mut chunks {
        let mut eight = [0; 8];
        eight.copy_from_slice(chunk);
        chunk.copy_from_slice(&(u64::from_ne_bytes(eight) ^ wide).to_ne_bytes());
    }
    for (byte, key) in chunks.into_remainder().iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8]) -> bool {
        read_head(bytes).is_err_and(|close| close.code == 1002)
    }

    #[test]
    fn reads_the_three_forms_of_a_length() {
        let head = |bytes: &[u8]| read_head(bytes).unwrap().map(|(head, used)| (head.length, used));
        assert_eq!(head(b"\x81\x85abcd"), Some((5, 6)));
        assert_eq!(head(b"\x81\xfe\x00\x7eabcd"), Some((126, 8)));
        assert_eq!(head(b"\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00abcd"), Some((65_536, 14)));
        for cut in 0..14 {
            assert_eq!(head(&b"\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00abcd"[..cut]), None);
        }
    }

    #[test]
    fn refuses_at_the_first_wrong_byte() {
        for bad in [
            &b"\x83"[..],
            b"\x8b",
            b"\xa1",
            b"\x91",
            b"\x81\x05",
            b"\x09\x80",
            b"\xc9\x80",
            b"\x89\xfe",
            b"\x81\xfe\x00\x7dabcd",
            b"\x81\xff\x00\x00\x00\x00\x00\x00\xff\xffabcd",
            b"\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00abcd",
        ] {
            assert!(refused(bad), "{bad:?}");
        }
    }

    #[test]
    fn unmasks_from_any_place() {
        let plain: Vec<u8> = (0..50).collect();
        let mask = [1, 2, 3, 4];
        let masked: Vec<u8> = plain.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        for cut in 0..masked.len() {
            let mut out = Vec::new();
            unmask(&mut out, &masked[..cut], mask, 0);
            unmask(&mut out, &masked[cut..], mask, cut);
            assert_eq!(out, plain);
        }
    }

    #[test]
    fn writes_the_shortest_length() {
        for (length, head) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10)] {
            let mut out = Vec::new();
            write_head(&mut out, OpCode::Text, false, length);
            assert_eq!(out.len(), head, "{length}");
        }
    }
}
