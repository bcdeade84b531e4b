//! The head of a raw request, as JSON for the isolate.

use http::header::HOST;
use http::{HeaderMap, Method, Uri, Version};
use twinloop_mailbox::Text;

/// The body of a raw request, as the isolate is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RawBody<'b> {
    /// There is none.
    None,
    /// The body comes in pieces.
    Pieces,
    /// The whole body, which is ASCII.
    Whole(&'b [u8]),
}

/// The parts of a raw request's head.
#[derive(Clone, Copy)]
pub(crate) struct RawHead<'h> {
    pub(crate) method: &'h Method,
    pub(crate) uri: &'h Uri,
    pub(crate) version: Version,
    pub(crate) headers: &'h HeaderMap,
    /// The client's address, as it is told to handlers.
    pub(crate) remote: &'h str,
    /// The client's protocol, `http` or `https`.
    pub(crate) protocol: &'h str,
}

/// Writes `[method, target, version, remote, protocol, [name, value, …], body]`; `body` is 0 for none, 1 for pieces, or the whole as
/// a string. Bytes beyond ASCII are characters of Latin-1, as in Node.
pub(crate) fn text(head: RawHead<'_>, body: RawBody<'_>) -> Text {
    let mut json = Vec::with_capacity(512);
    json.push(b'[');
    string(&mut json, head.method.as_str().as_bytes());
    json.push(b',');
    let is_http2 = head.version == Version::HTTP_2;
    let target = match head.uri.authority() {
        Some(_) if !is_http2 => head.uri.to_string(),
        _ => head.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
    };
    string(&mut json, target.as_bytes());
    json.push(b',');
    string(&mut json, digits(head.version).as_bytes());
    json.push(b',');
    string(&mut json, head.remote.as_bytes());
    json.push(b',');
    string(&mut json, head.protocol.as_bytes());
    json.extend_from_slice(b",[");
    pairs(&mut json, head.headers);
    // HTTP/2 names the host in its target, where nobody who knows the older versions looks for it.
    if let (Some(authority), true) = (head.uri.authority(), is_http2 && !head.headers.contains_key(HOST)) {
        json.extend_from_slice(if head.headers.is_empty() { b"" } else { b"," });
        string(&mut json, b"host");
        json.push(b',');
        string(&mut json, authority.as_str().as_bytes());
    }
    json.extend_from_slice(b"],");
    match body {
        RawBody::None => json.push(b'0'),
        RawBody::Pieces => json.push(b'1'),
        RawBody::Whole(bytes) => string(&mut json, bytes),
    }
    json.push(b']');
    let ascii = json.is_ascii();
    Text { bytes: json, ascii, tagged: false, framed: false }
}

/// Writes trailers as `[name, value, …]`.
pub(crate) fn trailers(headers: &HeaderMap) -> Text {
    let mut json = vec![b'['];
    pairs(&mut json, headers);
    json.push(b']');
    let ascii = json.is_ascii();
    Text { bytes: json, ascii, tagged: false, framed: false }
}

fn pairs(json: &mut Vec<u8>, headers: &HeaderMap) {
    let mut first = true;
    for (name, value) in headers {
        if !std::mem::replace(&mut first, false) {
            json.push(b',');
        }
        string(json, name.as_str().as_bytes());
        json.push(b',');
        string(json, value.as_bytes());
    }
}

fn digits(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "1.0",
        Version::HTTP_2 => "2.0",
        _ => "1.1",
    }
}

/// Writes bytes as a JSON string of Latin-1 characters.
fn string(json: &mut Vec<u8>, bytes: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    json.push(b'"');
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => json.extend_from_slice(&[b'\\', byte]),
            0..0x20 => {
                let (high, low) = (HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]);
                json.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            }
            0x20..0x80 => json.push(byte),
            0x80.. => json.extend_from_slice(char::from(byte).encode_utf8(&mut [0; 2]).as_bytes()),
        }
    }
    json.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_as_a_latin_1_character() {
        let bytes: Vec<u8> = (0..=255).collect();
        let mut json = Vec::new();
        string(&mut json, &bytes);
        let read: String = serde_json::from_slice(&json).unwrap();
        let back: Vec<u8> = read.chars().map(|one| u8::try_from(u32::from(one)).unwrap()).collect();
        assert_eq!(back, bytes);
    }

    #[test]
    fn trailers_are_names_and_values_in_turn() {
        let mut headers = HeaderMap::new();
        headers.insert("x-sum", "a\"b".parse().unwrap());
        headers.append("x-sum", "c".parse().unwrap());
        assert_eq!(trailers(&headers).bytes, br#"["x-sum","a\"b","x-sum","c"]"#);
    }
}
