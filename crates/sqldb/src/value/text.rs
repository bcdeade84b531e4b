//! Any value as the server itself would print it.

use std::io::Write;

use tokio_postgres::types::Type;

use super::codec::Codec;
use super::cursor::{Cursor, Malformed};
use super::{datetime, geometry, network, numeric};

/// Appends the text form of one value.
pub(crate) fn write_text(codec: &Codec, value: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    let mut cursor = Cursor(value);
    let mut digits = itoa::Buffer::new();
    match codec {
        Codec::Bool => out.push(if cursor.u8()? == 0 { b'f' } else { b't' }),
        Codec::Int2 => out.extend_from_slice(digits.format(cursor.i16()?).as_bytes()),
        Codec::Int4 => out.extend_from_slice(digits.format(cursor.i32()?).as_bytes()),
        Codec::Int8 => out.extend_from_slice(digits.format(cursor.i64()?).as_bytes()),
        Codec::Oid => out.extend_from_slice(digits.format(cursor.u32()?).as_bytes()),
        Codec::Float4 => write_f32(cursor.f32()?, out),
        Codec::Float8 => write_f64(cursor.f64()?, out),
        Codec::Numeric => numeric::write_numeric(value, out)?,
        Codec::Money => write_money(cursor.i64()?, out),
        Codec::Text | Codec::Json => out.extend_from_slice(value),
        Codec::Jsonb | Codec::VersionedText => out.extend_from_slice(value.get(1..).ok_or(Malformed)?),
        Codec::Bytea => write_hex(b"\\x", value, out),
        Codec::Uuid => write_uuid(value, out)?,
        Codec::Date => datetime::write_date(value, out)?,
        Codec::Time => datetime::write_time(value, out)?,
        Codec::TimeTz => datetime::write_time_tz(value, out)?,
        Codec::Timestamp => datetime::write_timestamp(value, "", out)?,
        Codec::TimestampTz => datetime::write_timestamp(value, "+00", out)?,
        Codec::Interval => datetime::write_interval(value, out)?,
        Codec::Network => network::write_network(value, out)?,
        Codec::Mac => network::write_mac(value, out),
        Codec::Bit => write_bits(cursor, out)?,
        Codec::Lsn | Codec::Xid8 | Codec::Tid => geometry::write_location(codec, value, out)?,
        Codec::Void => {}
        Codec::Vector => write_vector(cursor, out)?,
        Codec::Array(element) => write_array(element, cursor, out)?,
        Codec::Range(element) => write_range(element, cursor, out)?,
        Codec::Multirange(element) => write_multirange(element, cursor, out)?,
        Codec::Composite(fields) => write_composite(Some(fields), cursor, out)?,
        Codec::Record => write_composite(None, cursor, out)?,
        _ => geometry::write_geometry(codec, value, out)?,
    }
    Ok(())
}

/// The shortest text that reads back as the same number, in the server's spelling.
pub(super) fn write_f64(value: f64, out: &mut Vec<u8>) {
    let plain = value == 0.0 || (1e-5..1e15).contains(&value.abs());
    let _ = match value {
        _ if value.is_nan() => write!(out, "NaN"),
        _ if value.is_infinite() => write!(out, "{}Infinity", if value < 0.0 { "-" } else { "" }),
        _ if plain => write!(out, "{value}"),
        _ => write_exponent(&format!("{value:e}"), out),
    };
}

fn write_f32(value: f32, out: &mut Vec<u8>) {
    let plain = value == 0.0 || (1e-5..1e6).contains(&value.abs());
    let _ = match value {
        _ if value.is_nan() => write!(out, "NaN"),
        _ if value.is_infinite() => write!(out, "{}Infinity", if value < 0.0 { "-" } else { "" }),
        _ if plain => write!(out, "{value}"),
        _ => write_exponent(&format!("{value:e}"), out),
    };
}

/// `1.5e21` as `1.5e+21`: a sign, and two digits at least.
fn write_exponent(text: &str, out: &mut Vec<u8>) -> std::io::Result<()> {
    let (mantissa, exponent) = text.split_once('e').unwrap_or((text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    write!(out, "{mantissa}e{sign}{digits:0>2}")
}

/// The value in hundredths: how the server prints it depends on its locale, so the number goes without a currency.
fn write_money(cents: i64, out: &mut Vec<u8>) {
    let (sign, cents) = (if cents < 0 { "-" } else { "" }, cents.unsigned_abs());
    let _ = write!(out, "{sign}{}.{:02}", cents / 100, cents % 100);
}

fn write_hex(prefix: &[u8], value: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.extend_from_slice(prefix);
    out.extend(value.iter().flat_map(|&byte| [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)])));
}

pub(super) fn write_uuid(value: &[u8], out: &mut Vec<u8>) -> Result<(), Malformed> {
    if value.len() != 16 {
        return Err(Malformed);
    }
    for (index, group) in [0..4, 4..6, 6..8, 8..10, 10..16].into_iter().enumerate() {
        write_hex(if index > 0 { b"-" } else { b"" }, &value[group], out);
    }
    Ok(())
}

fn write_bits(mut cursor: Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let count = usize::try_from(cursor.i32()?).map_err(|_| Malformed)?;
    let bytes = cursor.take(count.div_ceil(8))?;
    out.extend((0..count).map(|bit| if bytes[bit / 8] >> (7 - bit % 8) & 1 == 1 { b'1' } else { b'0' }));
    Ok(())
}

pub(super) fn write_vector(mut cursor: Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let count = cursor.u16()?;
    cursor.u16()?;
    out.push(b'[');
    for index in 0..count {
        if index > 0 {
            out.push(b',');
        }
        write_f32(cursor.f32()?, out);
    }
    out.push(b']');
    Ok(())
}

/// The lengths of the dimensions and what follows them; none for an empty array.
pub(super) fn array_dimensions(cursor: &mut Cursor<'_>) -> Result<Vec<usize>, Malformed> {
    let count = cursor.i32()?;
    let (_has_null, _element) = (cursor.i32()?, cursor.u32()?);
    (0..count)
        .map(|_| {
            let length = usize::try_from(cursor.i32()?).map_err(|_| Malformed)?;
            cursor.i32()?;
            Ok(length)
        })
        .collect()
}

fn write_array(element: &Codec, mut cursor: Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let dimensions = array_dimensions(&mut cursor)?;
    if dimensions.is_empty() {
        out.extend_from_slice(b"{}");
        return Ok(());
    }
    write_dimension(&dimensions, element, &mut cursor, out)
}

fn write_dimension(
    dimensions: &[usize],
    element: &Codec,
    cursor: &mut Cursor<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let [length, inner @ ..] = dimensions else {
        return match cursor.sized()? {
            None => {
                out.extend_from_slice(b"NULL");
                Ok(())
            }
            Some(value) => write_quotable(element, value, needs_array_quotes, out),
        };
    };
    out.push(b'{');
    for index in 0..*length {
        if index > 0 {
            out.push(b',');
        }
        write_dimension(inner, element, cursor, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn needs_array_quotes(text: &[u8]) -> bool {
    let special = |byte: &u8| matches!(byte, b'{' | b'}' | b',' | b'"' | b'\\') || byte.is_ascii_whitespace();
    text.is_empty() || text.eq_ignore_ascii_case(b"null") || text.iter().any(special)
}

fn needs_row_quotes(text: &[u8]) -> bool {
    let special = |byte: &u8| {
        matches!(byte, b'(' | b')' | b'[' | b']' | b',' | b'"' | b'\\') || byte.is_ascii_whitespace()
    };
    text.is_empty() || text.iter().any(special)
}

/// Writes the text of a part and puts it in quotes where its container needs them.
fn write_quotable(
    codec: &Codec,
    value: &[u8],
    needs_quotes: fn(&[u8]) -> bool,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let start = out.len();
    write_text(codec, value, out)?;
    if needs_quotes(&out[start..]) {
        let plain = out.split_off(start);
        out.push(b'"');
        for byte in plain {
            if matches!(byte, b'"' | b'\\') {
                out.push(b'\\');
            }
            out.push(byte);
        }
        out.push(b'"');
    }
    Ok(())
}

fn write_range(element: &Codec, mut cursor: Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    const EMPTY: u8 = 1;
    const LOWER_INCLUDED: u8 = 2;
    const UPPER_INCLUDED: u8 = 4;
    const LOWER_INFINITE: u8 = 8;
    const UPPER_INFINITE: u8 = 16;
    let flags = cursor.u8()?;
    if flags & EMPTY != 0 {
        out.extend_from_slice(b"empty");
        return Ok(());
    }
    out.push(if flags & LOWER_INCLUDED != 0 { b'[' } else { b'(' });
    if flags & LOWER_INFINITE == 0 {
        write_quotable(element, cursor.sized()?.ok_or(Malformed)?, needs_row_quotes, out)?;
    }
    out.push(b',');
    if flags & UPPER_INFINITE == 0 {
        write_quotable(element, cursor.sized()?.ok_or(Malformed)?, needs_row_quotes, out)?;
    }
    out.push(if flags & UPPER_INCLUDED != 0 { b']' } else { b')' });
    Ok(())
}

fn write_multirange(element: &Codec, mut cursor: Cursor<'_>, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let count = cursor.u32()?;
    out.push(b'{');
    for index in 0..count {
        if index > 0 {
            out.push(b',');
        }
        write_range(element, Cursor(cursor.sized()?.ok_or(Malformed)?), out)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_composite(
    fields: Option<&Vec<Codec>>,
    mut cursor: Cursor<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    let count = cursor.u32()? as usize;
    out.push(b'(');
    for index in 0..count {
        if index > 0 {
            out.push(b',');
        }
        let oid = cursor.u32()?;
        let Some(value) = cursor.sized()? else { continue };
        let builtin = || Type::from_oid(oid).as_ref().and_then(Codec::of);
        match fields.and_then(|fields| fields.get(index).cloned()).or_else(builtin) {
            Some(codec) => write_quotable(&codec, value, needs_row_quotes, out)?,
            None => write_hex(b"\\x", value, out),
        }
    }
    out.push(b')');
    Ok(())
}
