//! Values in the server's text form, as JSON.

use super::array;
use super::codec::Codec;
use super::cursor::Malformed;
use super::datetime;
use super::json::{Bigints, write_base64, write_quoted};

/// Appends one value in the server's text form, in the JSON form of its codec.
pub(crate) fn write_printed(
    codec: &Codec,
    text: &[u8],
    bigints: Bigints,
    out: &mut Vec<u8>,
) -> Result<(), Malformed> {
    match codec {
        Codec::Bool => out.extend_from_slice(if text == b"t" { b"true" } else { b"false" }),
        Codec::Int2 | Codec::Int4 | Codec::Oid | Codec::Json | Codec::Jsonb | Codec::Document => {
            out.extend_from_slice(text);
        }
        Codec::Int8 if bigints == Bigints::Number => out.extend_from_slice(text),
        Codec::Float4 | Codec::Float8 => match text {
            b"NaN" => out.extend_from_slice(b"\"NaN\""),
            b"Infinity" => out.extend_from_slice(b"1e999"),
            b"-Infinity" => out.extend_from_slice(b"-1e999"),
            number => out.extend_from_slice(number),
        },
        Codec::Money => {
            out.push(b'"');
            out.extend(text.iter().filter(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'-')));
            out.push(b'"');
        }
        Codec::Bytea => write_base64(&read_bytea(text)?, out),
        Codec::Timestamp | Codec::TimestampTz => {
            datetime::read_instant(text).ok_or(Malformed)?.write_json(out);
        }
        Codec::Array(element) => array::write_text(element, b',', text, bigints, out)?,
        Codec::PrintedArray { element, delimiter } => {
            array::write_text(element, *delimiter, text, bigints, out)?;
        }
        Codec::Int8 | Codec::Text | Codec::Uuid | Codec::Printed => write_quoted(text, out),
    }
    Ok(())
}

/// Decodes the text form of bytea: `\x` and hexadecimal digits, or the older form with octal escapes.
fn read_bytea(text: &[u8]) -> Result<Vec<u8>, Malformed> {
    if let Some(digits) = text.strip_prefix(b"\\x") {
        let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        return digits
            .chunks(2)
            .map(|pair| match pair {
                [high, low] => Some(value(*high)? << 4 | value(*low)?),
                _ => None,
            })
            .collect::<Option<_>>()
            .ok_or(Malformed);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, tail @ ..] = rest {
        rest = match rest {
            [b'\\', b'\\', tail @ ..] => {
                bytes.push(b'\\');
                tail
            }
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..] => {
                bytes.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                tail
            }
            _ => {
                bytes.push(*first);
                tail
            }
        };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(codec: &Codec, text: &str) -> String {
        let mut out = Vec::new();
        write_printed(codec, text.as_bytes(), Bigints::Text, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_the_server_prints_becomes_the_json_of_its_type() {
        assert_eq!(json(&Codec::Bool, "t"), "true");
        assert_eq!(json(&Codec::Float8, "2e-05"), "2e-05");
        assert_eq!(json(&Codec::Float8, "-Infinity"), "-1e999");
        assert_eq!(json(&Codec::Int8, "9007199254740993"), "\"9007199254740993\"");
        assert_eq!(json(&Codec::Bytea, "\\x00ff"), "\"AP8\"");
        assert_eq!(json(&Codec::Bytea, "a\\\\\\377"), "\"YVz/\"");
        assert_eq!(json(&Codec::Money, "-$1,012.50"), "\"-1012.50\"");
        assert_eq!(json(&Codec::TimestampTz, "2024-01-02 03:04:05.678+05:30"), "1704144845678");
        assert_eq!(json(&Codec::Timestamp, "1970-01-01 00:00:00"), "0");
        assert_eq!(json(&Codec::Timestamp, "0044-03-15 00:00:00 BC"), "-63517824000000");
        assert_eq!(json(&Codec::TimestampTz, "infinity"), "1e999");
    }

    #[test]
    fn a_printed_array_keeps_nulls_quotes_and_dimensions() {
        let of = |element| Codec::PrintedArray { element: Box::new(element), delimiter: b',' };
        assert_eq!(
            json(&of(Codec::Printed), r#"{a,"b \"c\\",NULL,"NULL",""}"#),
            r#"["a","b \"c\\",null,"NULL",""]"#
        );
        assert_eq!(json(&of(Codec::Int4), "[0:1][1:2]={{1,2},{3,NULL}}"), "[[1,2],[3,null]]");
        let boxes = Codec::PrintedArray { element: Box::new(Codec::Printed), delimiter: b';' };
        assert_eq!(json(&boxes, "{(1,1),(0,0);(3,3),(2,2)}"), r#"["(1,1),(0,0)","(3,3),(2,2)"]"#);
        assert_eq!(json(&of(Codec::Printed), "{}"), "[]");
    }
}
