//! Values as JavaScript spells them in JSON, where the isolate does not write them by itself.

use super::cursor::Malformed;
use super::datetime::{Instant, to_instant, write_iso};

/// The whole numbers that a double holds exactly, up to 2^53.
const MOST_EXACT: u64 = 1 << 53;

/// Appends an integer that a double holds exactly.
pub(crate) fn write_integer(number: impl itoa::Integer, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
}

/// Appends an integer as the double that is nearest to it.
#[allow(clippy::cast_precision_loss, reason = "that is what JavaScript reads")]
pub(crate) fn write_rounded(number: i64, out: &mut Vec<u8>) {
    if number.unsigned_abs() <= MOST_EXACT {
        write_integer(number, out);
    } else {
        out.extend_from_slice(ryu_js::Buffer::new().format_finite(number as f64).as_bytes());
    }
}

/// The double that JavaScript reads from the shortest digits of a `float4`; `None` for NaN and infinities.
pub(crate) fn widened(number: f32) -> Option<f64> {
    if !number.is_finite() {
        return None;
    }
    ryu_js::Buffer::new().format_finite(number).parse().ok()
}

/// Appends a number, whose -0 is 0; `None` for NaN and infinities.
pub(crate) fn write_number(number: f64, out: &mut Vec<u8>) -> Option<()> {
    if !number.is_finite() {
        return None;
    }
    out.extend_from_slice(ryu_js::Buffer::new().format_finite(number).as_bytes());
    Some(())
}

/// Appends UTF-8 text as `JSON.stringify` writes it.
pub(crate) fn write_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    while let Some(at) = rest.iter().position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        out.extend_from_slice(&rest[..at]);
        write_escape(rest[at], out);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

fn write_escape(byte: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let short = match byte {
        b'"' | b'\\' => byte,
        8 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        12 => b'f',
        b'\r' => b'r',
        _ => {
            out.extend_from_slice(b"\\u00");
            out.extend([byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]));
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Appends bytes as base64 with padding.
pub(crate) fn write_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    super::json::write_base64(bytes, out);
    out.pop();
    let padding = (3 - bytes.len() % 3) % 3;
    out.extend_from_slice(&b"=="[..padding]);
    out.push(b'"');
}

/// Appends a timestamp in binary form as a `Date` in UTC; `None` for what RFC 3339 cannot represent: infinities, and years beyond 0
/// to 9999.
pub(crate) fn write_date(value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    const FIRST_MS: i64 = -62_167_219_200_000;
    const LAST_MS: i64 = 253_402_300_799_999;
    let instant: Result<Instant, Malformed> = to_instant(value);
    let Ok(Instant::Ms(ms @ FIRST_MS..=LAST_MS)) = instant else { return None };
    out.push(b'"');
    write_iso(ms, out);
    out.push(b'"');
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn numbers_are_spelled_as_in_javascript() {
        let number = |number: f64| written(|out| write_number(number, out).unwrap());
        for (value, text) in [
            (1e20, "100000000000000000000"),
            (1e21, "1e+21"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (-0.0, "0"),
            (5e-324, "5e-324"),
            (123_456_789_012_345_680.0, "123456789012345680"),
            (100.25, "100.25"),
        ] {
            assert_eq!(number(value), text);
        }
        assert!(write_number(f64::NAN, &mut Vec::new()).is_none());
        assert!(write_number(f64::INFINITY, &mut Vec::new()).is_none());
        assert_eq!(widened(0.1).map(number).as_deref(), Some("0.1"));
        assert_eq!(written(|out| write_rounded(i64::MAX, out)), "9223372036854776000");
        assert_eq!(written(|out| write_rounded(-(1 << 53), out)), "-9007199254740992");
    }

    #[test]
    fn texts_are_escaped_as_json_stringify_does() {
        assert_eq!(
            written(|out| write_string("a\u{8}\t\n\u{c}\r\"\\\u{1f}\u{7f}é\u{2028}".as_bytes(), out)),
            "\"a\\b\\t\\n\\f\\r\\\"\\\\\\u001f\u{7f}é\u{2028}\""
        );
    }

    #[test]
    fn bytes_are_padded() {
        let bytes = |bytes: &[u8]| written(|out| write_bytes(bytes, out));
        assert_eq!(
            [bytes(b""), bytes(b"a"), bytes(b"ab"), bytes(b"abc")],
            ["\"\"", "\"YQ==\"", "\"YWI=\"", "\"YWJj\""]
        );
    }

    #[test]
    fn dates_are_those_of_rfc_3339() {
        let date = |us: i64| {
            let mut out = Vec::new();
            write_date(&us.to_be_bytes(), &mut out).map(|()| String::from_utf8(out).unwrap())
        };
        assert_eq!(date(0).as_deref(), Some("\"2000-01-01T00:00:00.000Z\""));
        assert_eq!(date(-1).as_deref(), Some("\"1999-12-31T23:59:59.999Z\""));
        assert_eq!(date(763_689_600_123_456).as_deref(), Some("\"2024-03-14T00:00:00.123Z\""));
        let first = (-62_167_219_200_000 - 946_684_800_000) * 1000;
        assert_eq!(date(first).as_deref(), Some("\"0000-01-01T00:00:00.000Z\""));
        assert_eq!(date(first - 1), None);
        assert_eq!(date(i64::MAX), None);
        assert_eq!(date((253_402_300_800_000 - 946_684_800_000) * 1000), None);
    }
}
