//! A strict check of request targets; Hyper can parse every target that passes.

use crate::guard::characters::is_path_byte;
use crate::guard::violation::Violation;

/// Checks a request target; for an absolute one, returns the range of its authority.
///
/// Source: RFC 9112, section 3.2: origin form, absolute form (for proxies), `*` for `OPTIONS` alone.
pub(crate) fn read(method: &[u8], target: &[u8]) -> Result<Option<(usize, usize)>, Violation> {
    if target[0] == b'/' {
        return if is_path(target) { Ok(None) } else { Err(Violation::Target) };
    }
    if target == b"*" {
        return if method == b"OPTIONS" { Ok(None) } else { Err(Violation::Target) };
    }
    let from = [&b"http://"[..], b"https://"]
        .iter()
        .find(|scheme| target.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)))
        .map(|scheme| scheme.len())
        .ok_or(Violation::Target)?;
    let rest = &target[from..];
    let length = rest.iter().position(|byte| matches!(byte, b'/' | b'?')).unwrap_or(rest.len());
    if is_authority(&rest[..length]) && is_path(&rest[length..]) {
        Ok(Some((from, from + length)))
    } else {
        Err(Violation::Target)
    }
}

/// Whether a path is visible ASCII without the characters that parsers treat differently.
#[allow(clippy::needless_bitwise_bool, reason = "without early exits it is done many bytes at a time")]
pub(crate) fn is_path(path: &[u8]) -> bool {
    // Many bytes at a time cost more than few bytes one by one.
    if path.len() < 32 {
        return path.iter().all(|&byte| is_path_byte(byte));
    }
    path.iter().fold(true, |plain, &byte| {
        plain
            & (byte > b' ')
            & (byte < 0x7f)
            & !matches!(byte, b'"' | b'<' | b'>' | b'#' | b'\\' | b'^' | b'`')
    })
}

/// Whether an authority is `name`, `name:port` or `[address]:port`, without user information.
pub(crate) fn is_authority(authority: &[u8]) -> bool {
    let (host, port) = match authority.iter().rposition(|&byte| byte == b':') {
        Some(at) if !authority.ends_with(b"]") => (&authority[..at], &authority[at + 1..]),
        _ => (authority, &b"0"[..]),
    };
    let is_port = (1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let is_address = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let is_host = match host {
        [b'[', address @ .., b']'] => !address.is_empty() && address.iter().all(is_address),
        name => !name.is_empty() && name.iter().all(is_name),
    };
    is_host && is_port
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_every_form() {
        assert_eq!(read(b"GET", b"/a?b=c"), Ok(None));
        assert_eq!(read(b"OPTIONS", b"*"), Ok(None));
        assert_eq!(read(b"GET", b"http://a.example:80/x"), Ok(Some((7, 19))));
        assert_eq!(read(b"GET", b"HTTP://[::1]?x"), Ok(Some((7, 12))));
    }

    #[test]
    fn refuses_oddities() {
        for bad in [
            "*",
            "a",
            "?x",
            "//\x00",
            "/a#b",
            "/a\\b",
            "ftp://a/",
            "http:///x",
            "http://u@a/",
            "http://a:/",
            "http://a:b/",
            "http://a:1:2/",
            "http://[x]/",
            "http://a#b",
            "a.example:80",
        ] {
            assert_eq!(read(b"GET", bad.as_bytes()), Err(Violation::Target), "{bad}");
        }
    }

    #[test]
    fn a_path_is_judged_alike_whatever_its_length() {
        for byte in 0..=255 {
            let (short, long) = ([b'/', byte], [&[b'/', byte][..], &[b'a'; 40]].concat());
            assert_eq!(is_path(&short), is_path(&long), "{byte:#x}");
        }
    }

    proptest! {
        #[test]
        fn what_is_accepted_can_be_parsed(target in "(/|http://|https://)?[ -~]{0,20}") {
            if !target.is_empty() && read(b"GET", target.as_bytes()).is_ok() {
                prop_assert!(target.parse::<http::Uri>().is_ok());
            }
        }
    }
}
