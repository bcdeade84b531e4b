//! The forms in which a secret may occur in a text: plain, encoded, as numbers, or one of its lines; and plain without the
//! backslashes that any depth of escaping adds, for a text from which they were removed too ([`crate::normalized`]).

use zeroize::Zeroizing;

use crate::normalized::decoded_value;

/// Least length in bytes of a value that is redacted: shorter ones such as `true` or `8080` occur in texts that are no
/// secret.
pub const MIN_REDACTED: usize = 8;

type Form = Zeroizing<Vec<u8>>;

/// Greatest length in bytes of a value that is looked for in encoded forms. Longer ones, keys and certificates, are looked
/// for plain and line by line only, because they are not put into URLs.
const MAX_ENCODED: usize = 4_096;

/// Number of bytes of a Buffer, and of numbers of an array, that `util.inspect` shows.
const MAX_INSPECTED_BYTES: usize = 50;
const MAX_INSPECTED_NUMBERS: usize = 100;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Returns all forms of a value that are long enough to be told from other text.
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
    let mut forms = vec![Form::new(bytes.to_vec())];
    for control in CONTROLS {
        for is_html_safe in [false, true] {
            forms.push(unescaped(value, control, is_html_safe));
        }
    }
    if value.len() > MAX_ENCODED {
        return forms;
    }
    forms.extend(decoded_value(value).map(Form::new));
    for kept in [&b"-_.~"[..], &b"-_.!~*'()"[..], &b"*-._"[..]] {
        for digits in [b"0123456789ABCDEF", b"0123456789abcdef"] {
            forms.push(percent_encoded(bytes, kept, digits));
        }
    }
    for quotes in
        [["&quot;", "&#39;"], ["&#34;", "&#39;"], ["&quot;", "&#x27;"], ["&quot;", "&apos;"], ["&quot;", "'"]]
    {
        let escaped = html_escaped(value, quotes);
        for control in CONTROLS {
            forms.push(unescaped(&escaped, control, false));
        }
        forms.push(Form::new(escaped.as_bytes().to_vec()));
    }
    // `util.inspect` shows only the beginning of a longer Buffer or array.
    forms.push(decimal(&bytes[..bytes.len().min(MAX_INSPECTED_NUMBERS)]));
    forms.push(hex(&bytes[..bytes.len().min(MAX_INSPECTED_BYTES)], b"0123456789abcdef"));
    forms.push(decimal(bytes));
    forms.push(hex(bytes, b"0123456789abcdef"));
    forms.push(hex(bytes, b"0123456789ABCDEF"));
    for alphabet in [STANDARD, URL_SAFE] {
        for offset in 0..3 {
            forms.push(base64(bytes, offset, alphabet));
        }
    }
    forms
}

/// Returns the password in a URL, which may also be shown alone.
fn password_of(value: &str) -> Option<&str> {
    let (_, rest) = value.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    user.split_once(':').map(|(_, password)| password)
}

/// The notation of control characters that have no letter.
#[derive(Clone, Copy)]
enum Control {
    /// `\u001b`, as in JSON.
    Unicode,
    /// `\x1b`.
    Hex,
    /// `\x1B`, as `util.inspect` writes it.
    UpperHex,
    /// `\u001b`, with `\x7f` for that one character, as in JSON within Twinloop's log for people.
    UnicodeVisible,
    /// `\x1b`, also for characters with a letter, and with indented lines: Twinloop's log for people.
    Visible,
}

const CONTROLS: [Control; 5] =
    [Control::Unicode, Control::Hex, Control::UpperHex, Control::UnicodeVisible, Control::Visible];

/// Returns the form of an escaped value without its backslashes, whatever its quotes and the depth of escaping.
fn unescaped(value: &str, control: Control, is_html_safe: bool) -> Form {
    let mut form = Form::new(Vec::with_capacity(value.len() * 6));
    for c in value.chars() {
        let code = u32::from(c);
        let escape = match c {
            '\\' => continue,
            '\n' if matches!(control, Control::Visible) => "\n    ".to_owned(),
            '\n' => "n".to_owned(),
            '\r' if !matches!(control, Control::Visible) => "r".to_owned(),
            '\t' if !matches!(control, Control::Visible) => "t".to_owned(),
            '\u{8}' if !matches!(control, Control::Visible) => "b".to_owned(),
            '\u{c}' if !matches!(control, Control::Visible) => "f".to_owned(),
            '<' | '>' | '&' if is_html_safe => format!("u{code:04x}"),
            '\0'..='\u{1f}' if matches!(control, Control::Unicode | Control::UnicodeVisible) => {
                format!("u{code:04x}")
            }
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => match control {
                Control::Unicode => c.to_string(),
                Control::UpperHex => format!("x{code:02X}"),
                Control::Hex | Control::UnicodeVisible | Control::Visible => format!("x{code:02x}"),
            },
            _ => c.to_string(),
        };
        form.extend(escape.bytes());
    }
    form
}

/// Returns the value as HTML and XML write it, with these entities for the double and the single quote.
fn html_escaped(value: &str, [double, single]: [&str; 2]) -> Zeroizing<String> {
    let mut form = Zeroizing::new(String::with_capacity(value.len() * 6));
    for c in value.chars() {
        match c {
            '&' => form.push_str("&amp;"),
            '<' => form.push_str("&lt;"),
            '>' => form.push_str("&gt;"),
            '"' => form.push_str(double),
            '\'' => form.push_str(single),
            _ => form.push(c),
        }
    }
    form
}

/// Returns the value's bytes as decimal numbers, as a list is written without blanks.
fn decimal(bytes: &[u8]) -> Form {
    let mut form = Form::new(Vec::with_capacity(bytes.len() * 4));
    for (index, byte) in bytes.iter().enumerate() {
        if index > 0 {
            form.push(b',');
        }
        form.extend(byte.to_string().bytes());
    }
    form
}

/// Returns the value percent-encoded except letters, digits and the bytes in `kept`; a space becomes `%20` or, if it is not
/// to be encoded so, a plus.
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

/// Returns the base64 characters that depend on the value alone when `offset` bytes (modulo 3) precede it, as a user's name
/// precedes the password in an `Authorization: Basic` header.
fn base64(bytes: &[u8], offset: usize, alphabet: &[u8; 64]) -> Form {
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    // The first complete group of six bits after the ones that share a character with the preceding bytes.
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
        assert!(has(value, "p@ss/word &quot;1&quot; ü"), "html");
        assert!(has(value, "112,64,115,115,47,119,111,114,100,32,34,49,34,32,195,188"), "numbers");
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
