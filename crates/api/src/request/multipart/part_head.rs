//! The headers of one part of a multipart body.

use crate::guard::is_token;

/// Most headers of one part.
const MAX_HEADERS: usize = 16;
/// Most bytes of a part's media type; a longer one counts as unknown.
const MAX_TYPE_BYTES: usize = 255;

/// The body is no multipart body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MalformedPart;

/// What the headers of a part say.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct PartHead {
    /// The name of the form's field.
    pub(crate) name: String,
    /// The file's name as the client gives it; `None` for a field that is no file.
    pub(crate) file_name: Option<String>,
    /// The media type as the client gives it.
    pub(crate) media_type: Option<String>,
}

impl PartHead {
    /// Reads header lines, which CRLF parts.
    ///
    /// Source: RFC 7578, section 4: each part has one `content-disposition: form-data` with a `name`. A parameter
    /// `filename*` must not be sent, and is ignored.
    pub(crate) fn parse(lines: &[u8]) -> Result<Self, MalformedPart> {
        let lines = std::str::from_utf8(lines).map_err(|_| MalformedPart)?;
        let mut head = None;
        let mut media_type = None;
        for (index, line) in lines.split("\r\n").enumerate() {
            let (name, value) = line.split_once(':').ok_or(MalformedPart)?;
            let is_plain = !value.bytes().any(|byte| byte < b' ' && byte != b'\t' || byte == 0x7f);
            if index >= MAX_HEADERS || name.is_empty() || !name.bytes().all(is_token) || !is_plain {
                return Err(MalformedPart);
            }
            let value = value.trim_matches([' ', '\t']);
            if name.eq_ignore_ascii_case("content-disposition") {
                let first = head.replace(disposition(value).ok_or(MalformedPart)?);
                if first.is_some() {
                    return Err(MalformedPart);
                }
            } else if name.eq_ignore_ascii_case("content-type") {
                let is_short = value.len() <= MAX_TYPE_BYTES && value.is_ascii();
                media_type = (is_short && !value.is_empty()).then(|| value.to_owned());
            } else if name.eq_ignore_ascii_case("content-transfer-encoding") {
                let is_none =
                    ["binary", "8bit", "7bit"].iter().any(|plain| value.eq_ignore_ascii_case(plain));
                if !is_none {
                    return Err(MalformedPart);
                }
            }
        }
        let (name, file_name) = head.ok_or(MalformedPart)?;
        Ok(Self { name, file_name, media_type })
    }

    /// Whether the part is a file without a name: a browser sends an empty one where the user has chosen none.
    pub(crate) fn is_unchosen_file(&self) -> bool {
        self.file_name.as_deref() == Some("")
    }
}

/// Reads `form-data; name="…"; filename="…"`.
fn disposition(value: &str) -> Option<(String, Option<String>)> {
    let (kind, mut rest) = value.split_at(value.find(';')?);
    if !kind.trim_end().eq_ignore_ascii_case("form-data") {
        return None;
    }
    let (mut name, mut file_name) = (None, None);
    while let Some(after) = rest.trim_start().strip_prefix(';') {
        let after = after.trim_start();
        if after.is_empty() {
            break;
        }
        let (parameter, after) = after.split_at(after.find('=')?);
        let (content, after) = parameter_value(after.get(1..)?.trim_start())?;
        let slot = match parameter.trim_end() {
            own if own.eq_ignore_ascii_case("name") => Some(&mut name),
            own if own.eq_ignore_ascii_case("filename") => Some(&mut file_name),
            own if own.is_empty() || !own.bytes().all(is_token) => return None,
            _ => None,
        };
        if let Some(slot) = slot
            && slot.replace(content).is_some()
        {
            return None;
        }
        rest = after;
    }
    if !rest.trim().is_empty() && !rest.trim_start().starts_with(';') {
        return None;
    }
    Some((name?, file_name))
}

/// Splits off a token, or a quoted string in which browsers write `%22`, `%0D` and `%0A`, and other clients `\"` and `\\`.
///
/// Source: WHATWG HTML, section 4.10.21.8 "Multipart form data".
fn parameter_value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ' ', '\t']).unwrap_or(text.len());
        let (token, rest) = text.split_at(end);
        return (!token.is_empty() && !token.contains('"')).then(|| (token.to_owned(), rest));
    };
    let mut content = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((unescape(&content), &quoted[at + 1..])),
            // Browsers write a backslash as it is, so that one before the last quote belongs to the name.
            '\\' if quoted[at + 1..].starts_with(['"', '\\']) && &quoted[at + 1..] != "\"" => {
                content.push(characters.next()?.1);
            }
            other => content.push(other),
        }
    }
    None
}

fn unescape(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    text.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

/// Makes a client's file name safe to show and to store: its last component without control characters, at most 255 bytes.
/// A name that is only dots becomes empty.
pub(crate) fn safe_file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    // Marks of direction can make `gpj.exe` look like `exe.jpg`.
    let is_direction = |one: char| matches!(one, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut safe: String = last.chars().filter(|&one| !one.is_control() && !is_direction(one)).collect();
    while safe.len() > 255 {
        safe.pop();
    }
    let trimmed = safe.trim();
    if trimmed.chars().all(|one| one == '.') { String::new() } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(value: &str) -> Option<(String, Option<String>)> {
        let head = PartHead::parse(format!("Content-Disposition: {value}").as_bytes()).ok()?;
        Some((head.name, head.file_name))
    }

    #[test]
    fn names_are_read_as_clients_write_them() {
        for (value, name, file) in [
            ("form-data; name=a", "a", None),
            ("FORM-DATA ; Name = \"a b\" ; filename=\"c;d.txt\"", "a b", Some("c;d.txt")),
            ("form-data; filename=\"x; name=evil\"; name=\"good\"", "good", Some("x; name=evil")),
            (r#"form-data; name="a\"b"; filename="C:\dir\x.txt""#, "a\"b", Some(r"C:\dir\x.txt")),
            ("form-data; name=\"%22%0D%0A%25\"", "\"\r\n%25", None),
            ("form-data; name=\"é\"; filename=\"日本.txt\"", "é", Some("日本.txt")),
            ("form-data; name=a; filename*=UTF-8''evil.exe; filename=\"ok\"", "a", Some("ok")),
            (r#"form-data; name="a\""#, r"a\", None),
            ("form-data; name=a; filename=\"\"", "a", Some("")),
            ("form-data; name=\"\"", "", None),
        ] {
            assert_eq!(named(value), Some((name.to_owned(), file.map(str::to_owned))), "{value}");
        }
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_malformed() {
        for value in [
            "form-data",
            "form-data; filename=a",
            "attachment; name=a",
            "form-data; name=a; name=b",
            "form-data; name=a; filename=b; filename=c",
            "form-data; name=\"a",
            "form-data; name=a\"b\"",
            "form-data; name",
            "form-data; name=a; =b",
            "form-data; name=a b=c",
            "form-data name=a",
        ] {
            assert_eq!(named(value), None, "{value}");
        }
        for lines in [
            &b"content-type: text/plain"[..],
            b"content-disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b",
            b"content-disposition: form-data; name=\"\xff\"",
            b"content-disposition: form-data; name=\"\0\"",
            b"content-disposition: form-data;\r\n name=a",
            b"content-disposition : form-data; name=a",
            b"content-disposition: form-data; name=a\r\ncontent-transfer-encoding: base64",
            b"",
        ] {
            assert_eq!(PartHead::parse(lines), Err(MalformedPart), "{}", String::from_utf8_lossy(lines));
        }
        let many = "x: y\r\n".repeat(MAX_HEADERS);
        assert!(PartHead::parse(format!("{many}content-disposition: form-data; name=a").as_bytes()).is_err());
    }

    #[test]
    fn a_file_name_is_never_a_path() {
        for (given, safe) in [
            ("a.txt", "a.txt"),
            ("../../etc/passwd", "passwd"),
            (r"..\..\boot.ini", "boot.ini"),
            (r"C:\Users\x\y.png", "y.png"),
            ("/", ""),
            ("..", ""),
            (" . ", ""),
            ("a\0b\r\nc", "abc"),
            ("\u{202e}gpj.exe", "gpj.exe"),
            (" x ", "x"),
        ] {
            assert_eq!(safe_file_name(given), safe, "{given:?}");
        }
        assert_eq!(safe_file_name(&"é".repeat(300)).len(), 254);
    }
}
