//! Plane geometry, in the server's own text.

use std::io::Write;

use super::codec::Codec;
use super::cursor::{Cursor, Malformed};
use super::text::write_f64;

pub(super) fn write_geometry(codec: &Codec, value: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut cursor = Cursor(value);
    match codec {
        Codec::Point => point(&mut cursor, out),
        Codec::Segment => enclosed(*b"[]", 2, &mut cursor, out),
        Codec::Box => points(2, &mut cursor, out),
        Codec::Line => {
            out.push(b'{');
            numbers(3, &mut cursor, out)?;
            out.push(b'}');
            Ok(())
        }
        Codec::Path => {
            let closed = cursor.u8()? != 0;
            let count = cursor.u32()?;
            enclosed(if closed { *b"()" } else { *b"[]" }, count, &mut cursor, out)
        }
        Codec::Polygon => {
            let count = cursor.u32()?;
            enclosed(*b"()", count, &mut cursor, out)
        }
        Codec::Circle => {
            out.push(b'<');
            point(&mut cursor, out)?;
            out.push(b',');
            write_f64(cursor.f64()?, out);
            out.push(b'>');
            Ok(())
        }
        _ => Err(Malformed),
    }
}

/// Transaction and row locations that are numbers in disguise.
pub(super) fn write_location(codec: &Codec, value: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut cursor = Cursor(value);
    let _ = match codec {
        Codec::Lsn => write!(out, "{:X}/{:X}", cursor.u32()?, cursor.u32()?),
        Codec::Tid => write!(out, "({},{})", cursor.u32()?, cursor.u16()?),
        _ => write!(out, "{}", cursor.u64()?),
    };
    Ok(())
}

fn enclosed(with: [u8; 2], count: u32, cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    out.push(with[0]);
    points(count, cursor, out)?;
    out.push(with[1]);
    Ok(())
}

fn points(count: u32, cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    for index in 0..count {
        if index > 0 {
            out.push(b',');
        }
        point(cursor, out)?;
    }
    Ok(())
}

fn point(cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    out.push(b'(');
    numbers(2, cursor, out)?;
    out.push(b')');
    Ok(())
}

fn numbers(count: u32, cursor: &mut Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    for index in 0..count {
        if index > 0 {
            out.push(b',');
        }
        write_f64(cursor.f64()?, out);
    }
    Ok(())
}
