//! The forms in which a value may stand in a text: as it is, escaped, encoded, or a line of it.

use zeroize::Zeroizing;

use crate::redactor::MIN_REDACTED;

type Form = Zeroizing<Vec<u8>>;

/// Longer values are looked for as they are and line by line only: keys and certificates are not put into URLs.
const MAX_ENCODED: usize = 4_096;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// All forms of a value that are long enough to be told from other text.
pub(crate) fn forms(value: &str) -> Vec<Form> {
    let mut forms: Vec<Form> = whole(value);
    for line in
        value.lines().map(str::trim).filter(|line| value.len() != line.len() && !line.starts_with("-----"))
    {
        forms.extend(whole(line));
    }
    if let Some(password) = password_of(value) {
        forms.extend(whole(password));
    }
    forms.retain(|form| form.len() >= MIN_REDACTED);
    forms.sort_by(|one, other| one[..].cmp(&other[..]));
    forms.dedup();
    forms
}

fn whole(value: &str) -> Vec<Form> {
    if value.len() < MIN_REDACTED {
        return Vec::new();
    }
    let bytes = value.as_bytes();
    let escaped = json_escaped(bytes);
    let mut forms = vec![Form::new(bytes.to_vec()), json_escaped(&escaped), escaped];
    if value.len() > MAX_ENCODED {
        return forms;
    }
    for kept in [&b"-_.~"[..], &b"-_.!~*'()"[..], &b"*-._"[..]] {
        for digits in [b"0123456789ABCDEF", b"0123456789abcdef"] {
            forms.push(percent_encoded(bytes, kept, digits));
        }
    }
    forms.push(hex(bytes, b"0123456789abcdef"));
    forms.push(hex(bytes, b"0123456789ABCDEF"));
    for alphabet in [STANDARD, URL_SAFE] {
        for offset in 0..3 {
            forms.push(base64(bytes, offset, alphabet));
        }
    }
    forms
}

/// The password in a URL with one: it is also shown alone.
fn password_of(value: &str) -> Option<&str> {
    let (_, rest) = value.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password)
}

/// As JSON writes it within a string.
fn json_escaped(bytes: &[u8]) -> Form {
    let mut form = Form::new(Vec::with_capacity(bytes.len() * 2));
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => form.extend([b'\\', byte]),
            b'\n' => form.extend(b"\\n"),
            b'\r' => form.extend(b"\\r"),
            b'\t' => form.extend(b"\\t"),
            8 => form.extend(b"\\b"),
            12 => form.extend(b"\\f"),
            0..0x20 => form.extend(format!("\\u{byte:04x}").into_bytes()),
            _ => form.push(byte),
        }
    }
    form
}

/// Percent-encoded but for letters, digits and what is `kept`; where a space is not kept as `%20` it is a plus.
fn percent_encoded(bytes: &[u8], kept: &[u8], digits: &[u8; 16]) -> Form {
    let plus = kept.first() == Some(&b'*');
    let mut form = Form::new(Vec::with_capacity(bytes.len() * 3));
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            form.push(byte);
        } else if plus && byte == b' ' {
            form.push(b'+');
        } else {
            form.extend([b'%', digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
        }
    }
    form
}

fn hex(bytes: &[u8], digits: &[u8; 16]) -> Form {
    let pairs =
        bytes.iter().flat_map(|byte| [digits[usize::from(byte >> 4)], digits[usize::from(byte & 15)]]);
    Form::new(pairs.collect())
}

/// The characters of base64 that depend on the value alone, where `offset` bytes (modulo 3) stand before it: a password in
/// an `Authorization: Basic` header follows a user's name.
fn base64(bytes: &[u8], offset: usize, alphabet: &[u8; 64]) -> Form {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    // The first whole group of six bits after those that share a character with what stands before.
    let first = (6 - offset * 8 % 6) % 6;
    let characters = (bytes.len() * 8 - first) / 6;
    let at =
        |character: usize| (0..6).fold(0u8, |bits, index| bits << 1 | bit(first + character * 6 + index));
    Form::new((0..characters).map(|character| alphabet[usize::from(at(character))]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(value: &str, form: &str) -> bool {
        forms(value)
            .iter()
            .any(|known| form.as_bytes().windows(known.len()).any(|window| window == &known[..]))
    }

    #[test]
    fn a_value_is_known_in_its_usual_disguises() {
        let value = "p@ss/word \"1\" ü";
        assert!(has(value, r#"p@ss/word \"1\" ü"#), "json");
        assert!(has(value, "p%40ss%2Fword%20%221%22%20%C3%BC"), "percent");
        assert!(has(value, "p%40ss%2fword%20%221%22%20%c3%bc"), "percent in small letters");
        assert!(has(value, "p%40ss%2Fword+%221%22+%C3%BC"), "a form");
        assert!(has(value, "cEBzcy93b3JkICIxIiDDvA=="), "base64");
        assert!(has(value, "704073732f776f72642022312220c3bc"), "hex");
    }

    #[test]
    fn base64_is_known_wherever_the_value_begins() {
        let value = "correct horse";
        // base64 of "u:", "us:" and "user:" before it.
        assert!(has(value, "dTpjb3JyZWN0IGhvcnNl"));
        assert!(has(value, "dXM6Y29ycmVjdCBob3JzZQ=="));
        assert!(has(value, "dXNlcjpjb3JyZWN0IGhvcnNl"));
        assert!(has(value, "dXNlcnM6Y29ycmVjdCBob3JzZQ=="));
    }

    #[test]
    fn the_lines_of_a_key_and_the_password_of_a_url_are_known_alone() {
        assert!(has("-----BEGIN KEY-----\nMIIBOgIBAAJBAK\n-----END KEY-----", "MIIBOgIBAAJBAK"));
        assert!(!has("-----BEGIN KEY-----\nMIIBOgIBAAJBAK\n-----END KEY-----", "-----BEGIN KEY-----"));
        assert!(has("postgres://app:s3cr3t-pw@db/app", "s3cr3t-pw"));
    }
}
