//! Any value as JSON, in the form the isolate expects of its kind.

use std::io::Write;

use super::codec::Codec;
use super::cursor::{Cursor, Malformed};
use super::datetime::{Instant, to_instant};
use super::text::{array_dimensions, write_text, write_uuid, write_vector};

/// How `int8` is to arrive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Bigints {
    /// Decimal text; the isolate may make a bigint of it.
    #[default]
    Text,
    /// A JSON number, which beyond 2^53 loses digits.
    Number,
}

/// Appends one value as JSON. `NaN`, which JSON lacks, is written as a string; infinities as numbers that overflow to them.
pub(crate) fn write_json(
    codec: &Codec,
    value: &[u8],
    bigints: Bigints,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let mut cursor = Cursor(value);
    match codec {
        Codec::Bool => out.extend_from_slice(if cursor.u8()? == 0 { b"false" } else { b"true" }),
        Codec::Int2 | Codec::Int4 | Codec::Oid => write_text(codec, value, out)?,
        Codec::Int8 if bigints == Bigints::Number => write_text(codec, value, out)?,
        Codec::Float4 => write_float(f64::from(cursor.f32()?), codec, value, out)?,
        Codec::Float8 => write_float(cursor.f64()?, codec, value, out)?,
        Codec::Json => out.extend_from_slice(value),
        Codec::Jsonb => out.extend_from_slice(value.get(1..).ok_or(Malformed)?),
        Codec::Timestamp | Codec::TimestampTz => match to_instant(value)? {
            Instant::Ms(ms) => out.extend_from_slice(itoa::Buffer::new().format(ms).as_bytes()),
            Instant::Infinity => out.extend_from_slice(b"1e999"),
            Instant::MinusInfinity => out.extend_from_slice(b"-1e999"),
        },
        Codec::Text => write_quoted(value, out),
        Codec::Bytea => write_base64(value, out),
        Codec::Uuid => {
            out.push(b'"');
            write_uuid(value, out)?;
            out.push(b'"');
        }
        Codec::Vector => write_vector(cursor, out)?,
        Codec::Array(element) => {
            let dimensions = array_dimensions(&mut cursor)?;
            if dimensions.is_empty() {
                out.extend_from_slice(b"[]");
            } else {
                write_dimension(&dimensions, element, bigints, &mut cursor, out)?;
            }
        }
        _ => write_text_quoted(codec, value, out)?,
    }
    Ok(())
}

fn write_float(number: f64, codec: &Codec, value: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    if number.is_finite() {
        return write_text(codec, value, out);
    }
    let text: &[u8] = match number {
        _ if number.is_nan() => b"\"NaN\"",
        _ if number > 0.0 => b"1e999",
        _ => b"-1e999",
    };
    out.extend_from_slice(text);
    Ok(())
}

fn write_dimension(
    dimensions: &[usize],
    element: &Codec,
    bigints: Bigints,
    cursor: &mut Cursor<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let [length, inner @ ..] = dimensions else {
        return match cursor.sized()? {
            None => {
                out.extend_from_slice(b"null");
                Ok(())
            }
            Some(value) => write_json(element, value, bigints, out),
        };
    };
    out.push(b'[');
    for index in 0..*length {
        if index > 0 {
            out.push(b',');
        }
        write_dimension(inner, element, bigints, cursor, out)?;
    }
    out.push(b']');
    Ok(())
}

fn write_text_quoted(codec: &Codec, value: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let start = out.len();
    out.push(b'"');
    write_text(codec, value, out)?;
    if out[start + 1..].iter().any(|&byte| must_escape(byte)) {
        let plain = out.split_off(start);
        write_quoted(&plain[1..], out);
    } else {
        out.push(b'"');
    }
    Ok(())
}

fn must_escape(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Appends UTF-8 text as a JSON string.
pub(crate) fn write_quoted(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| must_escape(byte)) {
        out.extend_from_slice(&rest[..at]);
        match rest[at] {
            byte @ (b'"' | b'\\') => out.extend_from_slice(&[b'\\', byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\r' => out.extend_from_slice(b"\\r"),
            byte => {
                let _ = write!(out, "\\u{byte:04x}");
            }
        }
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn write_base64(bytes: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    out.push(b'"');
    for group in bytes.chunks(3) {
        let [first, second, third] = [0, 1, 2].map(|at| u32::from(group.get(at).copied().unwrap_or(0)));
        let bits = first << 16 | second << 8 | third;
        let digit = |shift: u32| DIGITS[(bits >> shift & 63) as usize];
        out.extend_from_slice(&[digit(18), digit(12), digit(6), digit(0)][..=group.len()]);
    }
    out.push(b'"');
}
