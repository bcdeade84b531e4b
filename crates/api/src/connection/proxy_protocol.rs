//! The PROXY protocol: what a balancer that passes bytes on tells of its client, before the client's first byte.
//!
//! Source: `HAProxy`, "The PROXY protocol, versions 1 & 2", sections 2.1 and 2.2.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use tokio::io::{AsyncRead, AsyncReadExt};

const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
const FIRST: &[u8] = b"PROXY ";

/// Most bytes of a header of version 1, its line end included.
const MAX_LINE_BYTES: usize = 107;

/// Most bytes of addresses and attributes in a header of version 2.
const MAX_REST_BYTES: usize = 4 << 10;

/// The attribute of version 2 that tells of TLS, and the bit in it that says that the client used it.
const TLS_ATTRIBUTE: u8 = 0x20;
const CLIENT_USED_TLS: u8 = 0x01;

/// The header's content.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProxyHeader {
    /// The client's address and port; `None` where the balancer speaks for itself, as in its health checks.
    pub(crate) source: Option<(IpAddr, u16)>,
    /// Whether the client spoke TLS with the balancer.
    pub(crate) is_tls: bool,
}

/// The result of reading the first bytes of a connection.
#[derive(Debug, PartialEq, Eq)]
enum Parsed {
    /// More bytes are needed.
    Starved,
    /// The connection begins with something else.
    Absent,
    /// The header, and its length.
    Whole(ProxyHeader, usize),
}

/// A header that breaks the protocol.
#[derive(Debug, PartialEq, Eq)]
struct Malformed;

/// Reads the header at the beginning of `stream`; returns it, `None` where there is none, with the bytes read behind it.
///
/// Errors: `InvalidData` for a header that breaks the protocol, `UnexpectedEof` for a connection that ends within it.
pub(crate) async fn read(
    stream: &mut (impl AsyncRead + Unpin),
) -> io::Result<(Option<ProxyHeader>, Vec<u8>)> {
    let mut bytes = Vec::with_capacity(512);
    loop {
        match parse(&bytes) {
            Ok(Parsed::Whole(header, length)) => return Ok((Some(header), bytes.split_off(length))),
            Ok(Parsed::Absent) => return Ok((None, bytes)),
            Ok(Parsed::Starved) => {}
            Err(Malformed) => return Err(io::ErrorKind::InvalidData.into()),
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Parsed, Malformed> {
    let begins = |with: &[u8]| bytes.iter().zip(with).all(|(one, other)| one == other);
    if begins(SIGNATURE) {
        if bytes.is_empty() { Ok(Parsed::Starved) } else { binary(bytes) }
    } else if begins(FIRST) {
        line(bytes)
    } else {
        Ok(Parsed::Absent)
    }
}

/// Parses version 1: `PROXY TCP4 source destination port port`, on one line.
fn line(bytes: &[u8]) -> Result<Parsed, Malformed> {
    let window = &bytes[..bytes.len().min(MAX_LINE_BYTES)];
    let Some(end) = window.windows(2).position(|pair| pair == b"\r\n") else {
        return if window.len() == MAX_LINE_BYTES { Err(Malformed) } else { Ok(Parsed::Starved) };
    };
    let text = std::str::from_utf8(&window[..end]).map_err(|_| Malformed)?;
    let fields: Vec<&str> = text.split(' ').collect();
    let source = match fields[..] {
        // What follows is to be ignored.
        ["PROXY", "UNKNOWN", ..] => None,
        ["PROXY", "TCP4", source, destination, port, other] => {
            Some((pair::<Ipv4Addr>(source, destination)?.into(), ports(port, other)?))
        }
        ["PROXY", "TCP6", source, destination, port, other] => {
            Some((pair::<Ipv6Addr>(source, destination)?.into(), ports(port, other)?))
        }
        _ => return Err(Malformed),
    };
    Ok(Parsed::Whole(ProxyHeader { source, is_tls: false }, end + 2))
}

fn pair<Address: FromStr>(source: &str, destination: &str) -> Result<Address, Malformed> {
    destination.parse::<Address>().map_err(|_| Malformed)?;
    source.parse().map_err(|_| Malformed)
}

fn ports(source: &str, destination: &str) -> Result<u16, Malformed> {
    let port = |text: &str| {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        text.parse().ok().filter(|_| plain).ok_or(Malformed)
    };
    let _: u16 = port(destination)?;
    port(source)
}

/// Parses version 2: signature, version and command, family, length, addresses, attributes.
fn binary(bytes: &[u8]) -> Result<Parsed, Malformed> {
    let Some(&[version, family, high, low]) = bytes.get(12..16) else { return Ok(Parsed::Starved) };
    let length = usize::from(u16::from_be_bytes([high, low]));
    let (version, command) = (version >> 4, version & 0xf);
    if version != 2 || command > 1 || length > MAX_REST_BYTES {
        return Err(Malformed);
    }
    let Some(rest) = bytes.get(16..16 + length) else { return Ok(Parsed::Starved) };
    if command == 0 {
        return Ok(Parsed::Whole(ProxyHeader::default(), 16 + length));
    }
    let port = |at: usize| rest.get(at..at + 2).map(|two| u16::from_be_bytes([two[0], two[1]]));
    let (source, used) = match family {
        0x11 => {
            let address = rest.first_chunk::<4>().map(|bytes| IpAddr::from(*bytes));
            (address.zip(port(8)), 12)
        }
        0x21 => {
            let address = rest.first_chunk::<16>().map(|bytes| IpAddr::from(*bytes));
            (address.zip(port(32)), 36)
        }
        0x00 => return Ok(Parsed::Whole(ProxyHeader::default(), 16 + length)),
        _ => return Err(Malformed),
    };
    let attributes = rest.get(used..).ok_or(Malformed)?;
    let header = ProxyHeader { source: Some(source.ok_or(Malformed)?), is_tls: tells_tls(attributes)? };
    Ok(Parsed::Whole(header, 16 + length))
}

/// Whether the attributes (type, length, value) say that the client spoke TLS.
fn tells_tls(mut attributes: &[u8]) -> Result<bool, Malformed> {
    let mut is_tls = false;
    while let [kind, high, low, rest @ ..] = attributes {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        let value = rest.get(..length).ok_or(Malformed)?;
        is_tls |= *kind == TLS_ATTRIBUTE && value.first().is_some_and(|bits| bits & CLIENT_USED_TLS != 0);
        attributes = &rest[length..];
    }
    if attributes.is_empty() { Ok(is_tls) } else { Err(Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn version_2(command: u8, family: u8, rest: &[u8]) -> Vec<u8> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        [&SIGNATURE[..], &[0x20 | command, family], &length, rest].concat()
    }

    fn source(text: &str, port: u16) -> ProxyHeader {
        ProxyHeader { source: Some((text.parse().unwrap(), port)), is_tls: false }
    }

    #[test]
    fn both_versions_tell_the_client() {
        let line = b"PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n";
        assert_eq!(parse(line), Ok(Parsed::Whole(source("192.0.2.1", 56324), line.len())));
        let line = b"PROXY TCP6 2001:db8::1 ::1 65535 0\r\nGET";
        assert_eq!(parse(line), Ok(Parsed::Whole(source("2001:db8::1", 65535), line.len() - 3)));
        let line = b"PROXY UNKNOWN whatever follows\r\n";
        assert_eq!(parse(line), Ok(Parsed::Whole(ProxyHeader::default(), line.len())));
        let binary = version_2(1, 0x11, &[192, 0, 2, 1, 192, 0, 2, 2, 0xdc, 4, 1, 187]);
        assert_eq!(parse(&binary), Ok(Parsed::Whole(source("192.0.2.1", 56324), 28)));
        let six = [&[0x20, 1, 0xd, 0xb8][..], &[0; 11], &[1], &[0; 16], &[0, 80, 1, 187]].concat();
        assert_eq!(parse(&version_2(1, 0x21, &six)), Ok(Parsed::Whole(source("2001:db8::1", 80), 52)));
        let local = version_2(0, 0, b"anything");
        assert_eq!(parse(&local), Ok(Parsed::Whole(ProxyHeader::default(), local.len())));
    }

    #[test]
    fn an_attribute_tells_of_tls() {
        let address = [192, 0, 2, 1, 192, 0, 2, 2, 0xdc, 4, 1, 187];
        let with = |attributes: &[u8]| parse(&version_2(1, 0x11, &[&address[..], attributes].concat()));
        let tls = [0x04, 0, 1, 9, TLS_ATTRIBUTE, 0, 5, CLIENT_USED_TLS, 0, 0, 0, 0];
        assert!(matches!(with(&tls), Ok(Parsed::Whole(ProxyHeader { is_tls: true, .. }, _))));
        let plain = [TLS_ATTRIBUTE, 0, 5, 0, 0, 0, 0, 0];
        assert!(matches!(with(&plain), Ok(Parsed::Whole(ProxyHeader { is_tls: false, .. }, _))));
        assert_eq!(with(&[TLS_ATTRIBUTE, 0, 6, 1]), Err(Malformed));
        assert_eq!(with(&[1, 0]), Err(Malformed));
    }

    #[test]
    fn other_beginnings_are_no_header() {
        for other in [&b"GET / HTTP/1.1\r\n"[..], b"P", b"\x16\x03\x01", b"PRI * HTTP/2.0\r\n", b"PROXZ"] {
            let expected = if other == b"P" { Parsed::Starved } else { Parsed::Absent };
            assert_eq!(parse(other), Ok(expected), "{other:?}");
        }
    }

    #[test]
    fn broken_headers_are_refused() {
        for bad in [
            "PROXY \r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 56324\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 56324 443 9\r\n",
            "PROXY TCP4  192.0.2.1 192.0.2.2 56324 443\r\n",
            "PROXY TCP4 ::1 ::1 1 2\r\n",
            "PROXY TCP4 192.0.2.1 x 1 2\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 65536 443\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 +1 443\r\n",
            "PROXY TCP4 192.0.2.1 192.0.2.2 01 443\r\n",
            "PROXY tcp4 192.0.2.1 192.0.2.2 1 443\r\n",
            "PROXY UDP4 192.0.2.1 192.0.2.2 1 443\r\n",
        ] {
            assert_eq!(parse(bad.as_bytes()), Err(Malformed), "{bad}");
        }
        assert_eq!(parse(format!("PROXY UNKNOWN {}", "x".repeat(120)).as_bytes()), Err(Malformed));
        assert_eq!(parse(&version_2(2, 0x11, &[0; 12])), Err(Malformed));
        assert_eq!(parse(&version_2(1, 0x11, &[0; 11])), Err(Malformed));
        assert_eq!(parse(&version_2(1, 0x12, &[0; 12])), Err(Malformed));
        assert_eq!(parse(&version_2(1, 0x11, &[0; 5000])), Err(Malformed));
    }

    #[tokio::test]
    async fn what_follows_the_header_is_kept() {
        let mut stream = &b"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nGET /"[..];
        assert_eq!(read(&mut stream).await.unwrap(), (Some(source("192.0.2.1", 1)), b"GET /".to_vec()));
        assert_eq!(read(&mut &b"GET /"[..]).await.unwrap(), (None, b"GET /".to_vec()));
        assert_eq!(read(&mut &b"PROXY TC"[..]).await.unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(read(&mut &b"PROXY \r\n"[..]).await.unwrap_err().kind(), io::ErrorKind::InvalidData);
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged_the_same_in_pieces(bytes in prop::collection::vec(any::<u8>(), 0..80), kind in 0..3) {
            let whole = match kind {
                0 => bytes,
                1 => [FIRST, &bytes].concat(),
                _ => [&SIGNATURE[..], &[0x21, 0x11, 0], &bytes].concat(),
            };
            let judged = parse(&whole);
            for end in 0..whole.len() {
                match parse(&whole[..end]) {
                    Ok(Parsed::Starved) => {}
                    other => { prop_assert_eq!(other, judged); break; }
                }
            }
        }
    }
}
