//! Named string formats, each checked in one pass. The checks are pragmatic: they accept the forms in real use.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A format that a string schema may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// An e-mail address `local@domain` in ASCII, at most 254 characters: a local part of 1–64 characters of RFC 5321's
    /// `atext` and single inner dots, a domain of two or more labels of letters, digits and inner hyphens (1–63 each),
    /// the last not all digits. Quoted local parts, comments and address literals are refused.
    Email,
    /// An absolute `http` or `https` URL that names a host: a domain name, an IPv4 address or an IPv6 address in
    /// brackets, with an optional user and a port up to 65535. No white space, control characters, `<`, `>`, `"`,
    /// `\` or incomplete percent escapes. Other schemes are refused: `javascript:` links are how such a field is abused.
    Url,
    /// A UUID of RFC 9562: `8-4-4-4-12` hexadecimal digits of either case, versions 1 to 8 with the RFC's variant, or the nil
    /// or max UUID.
    Uuid,
}

impl Format {
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "email" => Some(Self::Email),
            "url" => Some(Self::Url),
            "uuid" => Some(Self::Uuid),
            _ => None,
        }
    }

    pub(crate) fn expected(self) -> &'static str {
        match self {
            Self::Email => "email address",
            Self::Url => "http or https URL",
            Self::Uuid => "UUID",
        }
    }

    pub(crate) fn fits(self, text: &str) -> bool {
        match self {
            Self::Email => is_email(text),
            Self::Url => is_url(text),
            Self::Uuid => is_uuid(text),
        }
    }
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let atext = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&byte);
    let last_is_name =
        domain.rsplit('.').next().is_some_and(|label| !label.bytes().all(|byte| byte.is_ascii_digit()));
    text.len() <= 254
        && (1..=64).contains(&local.len())
        && local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(atext))
        && domain.contains('.')
        && domain.split('.').all(is_label)
        && last_is_name
}

/// Whether a text is a label of a host name.
fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && !label.starts_with('-')
        && !label.ends_with('-')
        && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_url(text: &str) -> bool {
    let forbidden = |c: char| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\\');
    if text.contains(forbidden) || !percent_escapes_are_whole(text) {
        return false;
    }
    let Some((scheme, rest)) = text.split_once("://") else { return false };
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return false;
    }
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host_port = authority.rsplit_once('@').map_or(authority, |(_, host_port)| host_port);
    if let Some(inside) = host_port.strip_prefix('[') {
        return inside.split_once(']').is_some_and(|(address, port)| {
            address.parse::<Ipv6Addr>().is_ok()
                && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
        });
    }
    let (host, port) = host_port.split_once(':').unwrap_or((host_port, ""));
    is_port(port) && is_host(host)
}

fn is_port(port: &str) -> bool {
    port.is_empty() || (port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok())
}

fn is_host(host: &str) -> bool {
    let name = host.strip_suffix('.').unwrap_or(host);
    let part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let well_formed = name.len() <= 253
        && name.split('.').all(|label| !label.is_empty() && label.len() <= 63 && label.chars().all(part));
    let last = name.rsplit('.').next().unwrap_or_default();
    let numeric =
        last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x") || last.starts_with("0X");
    well_formed && (!numeric || name.parse::<Ipv4Addr>().is_ok())
}

fn percent_escapes_are_whole(text: &str) -> bool {
    text.split('%')
        .skip(1)
        .all(|rest| rest.as_bytes().get(..2).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)))
}

fn is_uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 36
        && bytes.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
    let all = |digit: u8| bytes.iter().all(|byte| *byte == b'-' || byte.eq_ignore_ascii_case(&digit));
    shaped
        && ((matches!(bytes[14], b'1'..=b'8')
            && matches!(bytes[19], b'8' | b'9' | b'a' | b'b' | b'A' | b'B'))
            || all(b'0')
            || all(b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn email_addresses_are_told_from_what_is_none() {
        for text in [
            "a@b.co",
            "first.last+tag@sub.example.org",
            "o'brien@example.ie",
            "x_y-z@a-b.example",
            "1@2.three",
        ] {
            assert!(is_email(text), "{text}");
        }
        let long = format!("{}@example.org", "a".repeat(65));
        for text in [
            "",
            "a",
            "a@",
            "@b.co",
            "a@b",
            "a@@b.co",
            "a b@c.de",
            ".a@b.co",
            "a.@b.co",
            "a..b@c.de",
            "a@.co",
            "a@b..co",
            "a@-b.co",
            "a@b-.co",
            "a@b.1",
            "a@[1.2.3.4]",
            "\"a\"@b.co",
            "a@b.co\n",
            "ä@b.co",
            &long,
        ] {
            assert!(!is_email(text), "{text}");
        }
    }

    #[test]
    fn urls_are_absolute_and_of_the_web() {
        for text in [
            "http://a",
            "https://example.org",
            "HTTPS://Example.org/",
            "http://localhost:3000/x?y=z#f",
            "https://user:pass@example.org/",
            "http://127.0.0.1:8080",
            "http://[::1]:80/x",
            "https://münchen.example/straße",
            "https://example.org/a%20b",
            "http://example.org./",
            "http://a:/",
            "https://example.org/{x}|y",
        ] {
            assert!(is_url(text), "{text}");
        }
        for text in [
            "",
            "example.org",
            "//example.org",
            "/x",
            "ftp://example.org",
            "javascript:alert(1)",
            "http:example.org",
            "http://",
            "http:///x",
            "http://a b",
            "http://a/b c",
            "http://a/\n",
            "http://1.2.3.256",
            "http://1.2.3",
            "http://[::1",
            "http://[zz]",
            "http://a:65536",
            "http://a:8o",
            "http://a..b",
            "http://.a",
            "http://a/%zz",
            "http://a/%2",
            "http://a\\b",
            "http://ex%41mple.org",
            "http://a?\"",
            " http://a",
            "http://user@",
            "http://0x7f.1/",
        ] {
            assert!(!is_url(text), "{text}");
        }
    }

    #[test]
    fn uuids_are_those_of_rfc_9562() {
        for text in [
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "F81D4FAE-7DEC-41D0-A765-00A0C91E6BF6",
            "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-FFFFFFFFFFFF",
        ] {
            assert!(is_uuid(text), "{text}");
        }
        for text in [
            "",
            "f81d4fae7dec11d0a76500a0c91e6bf6",
            "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}",
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf",
            "f81d4fae-7dec-01d0-a765-00a0c91e6bf6",
            "f81d4fae-7dec-91d0-a765-00a0c91e6bf6",
            "f81d4fae-7dec-11d0-c765-00a0c91e6bf6",
            "g81d4fae-7dec-11d0-a765-00a0c91e6bf6",
            "f81d4fae-7dec-11d0-a765-00a0c91e6bf6\n",
            "f81d4fae_7dec-11d0-a765-00a0c91e6bf6",
        ] {
            assert!(!is_uuid(text), "{text}");
        }
    }
}
