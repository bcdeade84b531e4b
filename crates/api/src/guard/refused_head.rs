//! A head that was refused, with what its answer needs of it.

use http::{HeaderValue, Method, Uri};

use crate::guard::Violation;

/// A refused head.
#[derive(Debug)]
pub(crate) struct RefusedHead {
    pub(crate) violation: Violation,
    /// The origin of the page that sent it, without which a browser hides the answer from that page.
    pub(crate) origin: Option<HeaderValue>,
    /// The method and the target, where they could be read; for logs.
    pub(crate) line: Option<(Method, Uri)>,
}

/// The longest target of a refused head that is told in logs.
const MAX_TARGET_BYTES: usize = 2048;

impl RefusedHead {
    /// Notes a violation, with the origin in `bytes`: the refused head as far as it has come.
    pub(crate) fn new(violation: Violation, bytes: &[u8]) -> Self {
        Self { violation, origin: origin_in(bytes), line: line_in(bytes) }
    }
}

/// Reads the request line of a head, where it is whole and well formed. Nothing is decided by it.
fn line_in(head: &[u8]) -> Option<(Method, Uri)> {
    let line = &head[..memchr::memchr(b'\r', head)?];
    let mut parts = line.split(|&byte| byte == b' ');
    let (method, target, version) = (parts.next()?, parts.next()?, parts.next()?);
    let is_line = version.starts_with(b"HTTP/") && parts.next().is_none();
    if !is_line || target.len() > MAX_TARGET_BYTES {
        return None;
    }
    Some((Method::from_bytes(method).ok()?, Uri::try_from(target).ok()?))
}

/// Finds the one origin in the whole lines of a head. Nothing is decided by it: it is only told back to whoever sent it.
fn origin_in(head: &[u8]) -> Option<HeaderValue> {
    let lines = head.split_inclusive(|&byte| byte == b'\n').skip(1);
    let lines = lines.map_while(|line| line.strip_suffix(b"\n")).map(<[u8]>::trim_ascii_end);
    let mut origins = lines.take_while(|line| !line.is_empty()).filter_map(|line| {
        let colon = memchr::memchr(b':', line)?;
        let (name, value) = line.split_at(colon);
        name.eq_ignore_ascii_case(b"origin").then(|| value[1..].trim_ascii())
    });
    match (origins.next(), origins.next()) {
        (Some(origin), None) => HeaderValue::from_bytes(origin).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(head: &str) -> Option<String> {
        origin_in(head.as_bytes()).map(|origin| origin.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_one_origin_of_a_head_is_found() {
        for head in [
            "GET / HTTP/1.1\r\nHost: a\r\norigin: https://a\r\nx: y",
            "GET / HTTP/1.1\nORIGIN:https://a\n bad",
            "what\r\nOrigin:  https://a \r\n\r\norigin: https://b\r\n",
        ] {
            assert_eq!(origin(head).as_deref(), Some("https://a"), "{head}");
        }
    }

    #[test]
    fn a_whole_request_line_is_read() {
        let line = |head: &str| line_in(head.as_bytes()).map(|(method, uri)| format!("{method} {uri}"));
        assert_eq!(line("GET /a?b HTTP/1.1\r\nbad").as_deref(), Some("GET /a?b"));
        for bad in [
            "GET /a HTTP/1.1",
            "GET /a b HTTP/1.1\r\n",
            "GET /\u{1} HTTP/1.1\r\n",
            "G\0 / HTTP/1.1\r\n",
            "\r\n",
        ] {
            assert_eq!(line(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn what_is_cut_or_ambiguous_is_none() {
        for head in [
            "",
            "Origin: https://a\r\n",
            "GET / HTTP/1.1\r\nOrigin: https://a.exam",
            "GET / HTTP/1.1\r\nOrigin: https://a\r\nOrigin: https://a\r\n",
            "GET / HTTP/1.1\r\n\r\nOrigin: https://a\r\n",
            "GET / HTTP/1.1\r\nOrigin: a\x01\r\n",
        ] {
            assert_eq!(origin(head), None, "{head}");
        }
    }
}
