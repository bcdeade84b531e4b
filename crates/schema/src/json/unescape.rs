//! Decoding of escapes in JSON strings.

use crate::json::syntax_error::SyntaxErrorKind;

/// Decodes the escape whose backslash is at `position`; returns its character and its end.
pub(crate) fn read_escape(bytes: &[u8], position: usize) -> Result<(char, usize), SyntaxErrorKind> {
    let char = match bytes.get(position + 1) {
        Some(b'"') => '"',
        Some(b'\\') => '\\',
        Some(b'/') => '/',
        Some(b'b') => '\u{8}',
        Some(b'f') => '\u{c}',
        Some(b'n') => '\n',
        Some(b'r') => '\r',
        Some(b't') => '\t',
        Some(b'u') => return read_unicode(bytes, position),
        _ => return Err(SyntaxErrorKind::Escape),
    };
    Ok((char, position + 2))
}

fn read_unicode(bytes: &[u8], position: usize) -> Result<(char, usize), SyntaxErrorKind> {
    let first = read_unit(bytes, position).ok_or(SyntaxErrorKind::Escape)?;
    if !(0xd800..0xe000).contains(&first) {
        let char = char::from_u32(first).ok_or(SyntaxErrorKind::LoneSurrogate)?;
        return Ok((char, position + 6));
    }
    let second = read_unit(bytes, position + 6).filter(|unit| (0xdc00..0xe000).contains(unit));
    match second {
        Some(second) if first < 0xdc00 => {
            let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            let char = char::from_u32(code).ok_or(SyntaxErrorKind::LoneSurrogate)?;
            Ok((char, position + 12))
        }
        _ => Err(SyntaxErrorKind::LoneSurrogate),
    }
}

/// Reads the four hexadecimal digits of `\uXXXX` at `position`.
fn read_unit(bytes: &[u8], position: usize) -> Option<u32> {
    let escape = bytes.get(position..position + 6)?;
    if !escape.starts_with(b"\\u") {
        return None;
    }
    escape[2..].iter().try_fold(0, |unit, &digit| Some(unit * 16 + char::from(digit).to_digit(16)?))
}

/// Decodes the raw text of a string whose escapes are valid.
pub(crate) fn unescape(raw: &str) -> String {
    let bytes = raw.as_bytes();
    let mut text = String::with_capacity(raw.len());
    let mut kept = 0;
    let mut position = 0;
    while position < bytes.len() {
        if bytes[position] != b'\\' {
            position += 1;
            continue;
        }
        text.push_str(&raw[kept..position]);
        // The scanner has refused invalid escapes.
        let (char, next) = read_escape(bytes, position).unwrap_or(('\u{fffd}', bytes.len()));
        text.push(char);
        position = next;
        kept = next;
    }
    text.push_str(&raw[kept..]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_read_as_json_parse_reads_them() {
        assert_eq!(unescape(r#"a\"\\\/\b\f\n\r\tz"#), "a\"\\/\u{8}\u{c}\n\r\tz");
        assert_eq!(unescape(r"\u0041\u00e9\u4e2d\ud83d\ude00\u0000"), "Aé中😀\0");
    }

    #[test]
    fn half_a_pair_is_refused() {
        for raw in
            [r"\ud800", r"\udc00", r"\ud800\ud800", r"\udc00\ud800", r"\ud83dA", r"\ud83d\n", r"\ud83d\u0041"]
        {
            assert_eq!(read_escape(raw.as_bytes(), 0), Err(SyntaxErrorKind::LoneSurrogate), "{raw}");
        }
    }

    #[test]
    fn other_escapes_are_refused() {
        for raw in [r"\", r"\x41", r"\u", r"\u12", r"\u12g4", r"\u+123", r"\a", r"\'", "\\\n", r"\U0041"] {
            assert_eq!(read_escape(raw.as_bytes(), 0), Err(SyntaxErrorKind::Escape), "{raw}");
        }
    }
}
