//! Values in binary form as JSON, in the form that the isolate expects for the codec's kind.

use std::io::Write;

use super::array;
use super::codec::Codec;
use super::cursor::{Cursor, Malformed};
use super::datetime::to_instant;
use super::printed::write_printed;

/// The JSON form of `int8`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Bigints {
    /// Decimal text, which stays a text.
    #[default]
    Text,
    /// A JSON number, which loses digits beyond 2^53.
    Number,
    /// Decimal text, of which the isolate makes a bigint.
    BigInt,
}

/// Appends one value in binary form as JSON. `NaN`, which JSON lacks, becomes a string; infinities become `±1e999`.
pub(crate) fn write_json(
    codec: &Codec,
    value: &[u8],
    bigints: Bigints,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let mut cursor = Cursor(value);
    let mut digits = itoa::Buffer::new();
    match codec {
        Codec::Bool => out.extend_from_slice(if cursor.u8()? == 0 { b"false" } else { b"true" }),
        Codec::Int2 => out.extend_from_slice(digits.format(cursor.i16()?).as_bytes()),
        Codec::Int4 => out.extend_from_slice(digits.format(cursor.i32()?).as_bytes()),
        Codec::Oid => out.extend_from_slice(digits.format(cursor.u32()?).as_bytes()),
        Codec::Int8 => {
            let text = digits.format(cursor.i64()?).as_bytes();
            let quote: &[u8] = if bigints == Bigints::Number { b"" } else { b"\"" };
            for part in [quote, text, quote] {
                out.extend_from_slice(part);
            }
        }
        Codec::Float4 => {
            let number = cursor.f32()?;
            match number.abs() {
                size if !size.is_finite() => write_infinite(f64::from(number), out),
                size if size == 0.0 || (1e-5..1e15).contains(&size) => put(out, format_args!("{number}")),
                _ => put(out, format_args!("{number:e}")),
            }
        }
        Codec::Float8 => {
            let number = cursor.f64()?;
            match number.abs() {
                size if !size.is_finite() => write_infinite(number, out),
                size if size == 0.0 || (1e-5..1e15).contains(&size) => put(out, format_args!("{number}")),
                _ => put(out, format_args!("{number:e}")),
            }
        }
        Codec::Json => out.extend_from_slice(value),
        Codec::Jsonb => out.extend_from_slice(value.get(1..).ok_or(Malformed)?),
        Codec::Timestamp | Codec::TimestampTz => to_instant(value)?.write_json(out),
        Codec::Text => write_quoted(value, out),
        Codec::Bytea => write_base64(value, out),
        Codec::Money => {
            out.push(b'"');
            write_money(value, out)?;
            out.push(b'"');
        }
        Codec::Uuid => {
            out.push(b'"');
            write_uuid(value, out)?;
            out.push(b'"');
        }
        Codec::Array(element) => array::write_binary(element, cursor, bigints, out)?,
        Codec::Printed | Codec::Document | Codec::PrintedArray { .. } => {
            write_printed(codec, value, bigints, out)?;
        }
    }
    Ok(())
}

fn write_infinite(number: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(match number {
        _ if number.is_nan() => b"\"NaN\"",
        _ if number > 0.0 => b"1e999",
        _ => b"-1e999",
    });
}

fn put(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to a vector cannot fail.
    let _ = out.write_fmt(text);
}

/// Appends a `money` value, which counts hundredths, as a decimal number without the currency of the server's locale.
pub(crate) fn write_money(value: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let cents = Cursor(value).i64()?;
    let (sign, cents) = (if cents < 0 { "-" } else { "" }, cents.unsigned_abs());
    put(out, format_args!("{sign}{}.{:02}", cents / 100, cents % 100));
    Ok(())
}

/// Appends the 36 characters of a UUID.
pub(crate) fn write_uuid(value: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let bytes: &[u8; 16] = value.try_into().map_err(|_| Malformed)?;
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            out.push(b'-');
        }
        out.extend([byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]));
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

pub(crate) fn write_base64(bytes: &[u8], out: &mut Vec<u8>) {
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
            Codec::Money,
            Codec::Bytea,
            Codec::Uuid,
            Codec::Timestamp,
            Codec::TimestampTz,
            Codec::Printed,
        ];
        prop::sample::select(scalars).prop_flat_map(|codec| {
            let element = Box::new(codec.clone());
            prop::sample::select(vec![
                codec,
                Codec::Array(element.clone()),
                Codec::PrintedArray { element, delimiter: b',' },
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
