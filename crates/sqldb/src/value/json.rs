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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json(codec: &Codec, value: &[u8]) -> String {
        let mut out = Vec::new();
        write_json(codec, value, Bigints::Text, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn infinities_overflow_to_themselves_and_nan_is_a_string() {
        assert_eq!(json(&Codec::Float8, &f64::INFINITY.to_be_bytes()), "1e999");
        assert_eq!(json(&Codec::Float8, &f64::NEG_INFINITY.to_be_bytes()), "-1e999");
        assert_eq!(json(&Codec::Float8, &f64::NAN.to_be_bytes()), "\"NaN\"");
        assert_eq!(json(&Codec::Float8, &(-0.0_f64).to_be_bytes()), "-0");
        assert_eq!(json(&Codec::Timestamp, &i64::MAX.to_be_bytes()), "1e999");
    }

    fn any_codec() -> impl Strategy<Value = Codec> {
        let scalars = vec![
            Codec::Bool,
            Codec::Int2,
            Codec::Int4,
            Codec::Int8,
            Codec::Oid,
            Codec::Float4,
            Codec::Float8,
            Codec::Numeric,
            Codec::Money,
            Codec::Bytea,
            Codec::Uuid,
            Codec::Date,
            Codec::Time,
            Codec::TimeTz,
            Codec::Timestamp,
            Codec::TimestampTz,
            Codec::Interval,
            Codec::Network,
            Codec::Mac,
            Codec::Bit,
            Codec::Point,
            Codec::Segment,
            Codec::Box,
            Codec::Line,
            Codec::Path,
            Codec::Polygon,
            Codec::Circle,
            Codec::Lsn,
            Codec::Xid8,
            Codec::Tid,
            Codec::Void,
            Codec::Vector,
            Codec::Record,
        ];
        prop::sample::select(scalars).prop_flat_map(|codec| {
            let of = |wrap: fn(Box<Codec>) -> Codec| wrap(Box::new(codec.clone()));
            prop::sample::select(vec![
                codec.clone(),
                of(Codec::Array),
                of(Codec::Range),
                of(Codec::Multirange),
                Codec::Composite(vec![codec.clone(), codec.clone()]),
            ])
        })
    }

    proptest! {
        #[test]
        fn no_bytes_of_a_server_panic_or_take_long(codec in any_codec(), value in any::<Vec<u8>>()) {
            let mut out = Vec::new();
            let _ = write_json(&codec, &value, Bigints::Text, &mut out);
            prop_assert!(out.len() < 10_000_000);
        }

        #[test]
        fn a_text_is_the_string_that_json_reads(text in any::<String>()) {
            let mut out = Vec::new();
            write_quoted(text.as_bytes(), &mut out);
            prop_assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), text);
        }

        #[test]
        fn every_float_reads_back_as_itself(bits in any::<u64>()) {
            let number = f64::from_bits(bits);
            prop_assume!(number.is_finite());
            prop_assert_eq!(json(&Codec::Float8, &number.to_be_bytes()).parse::<f64>().unwrap().to_bits(), bits);
        }
    }
}
