//! Compression of answers: which are compressed, and by which coding.
//!
//! An answer is left as it is where compression could leak a secret (BREACH: the endpoint is sensitive, or the answer sets a
//! cookie), where it would be wrong (coded already, a range, `no-transform`, a digest of the bytes), and where it would not pay.
//!
//! Source: RFC 9110, sections 8.4, 8.8.1 and 12.5.3; RFC 9111, section 5.2.2.6.

mod media_type;

use bytes::Bytes;
use http::header::{
    ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, SET_COOKIE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use http_body::Body as _;
use tokio::task::spawn_blocking;

use super::config::CompressionConfig;
use super::etag::directs;
use super::{etag, vary};
use crate::answer::body::Body;
use crate::answer::compressed_body::{CompressedBody, MAX_INLINE_BYTES, compress};
use crate::answer::encoding::{Encoding, Wanted};

/// Headers with which an answer stays as it is: coded already, a part, a secret that compression could leak, or a digest of the content.
const FIXED: [HeaderName; 6] = [
    CONTENT_ENCODING,
    CONTENT_RANGE,
    SET_COOKIE,
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("digest"),
];

/// A policy, ready for answers.
pub(super) struct Compression {
    encodings: Box<[Encoding]>,
    min_bytes: u64,
}

impl Compression {
    /// The policy; `None` where an endpoint has secrets in its input, which answers may repeat.
    pub(super) fn new(config: &CompressionConfig, is_sensitive: bool) -> Option<Self> {
        if is_sensitive || config.encodings.is_empty() {
            return None;
        }
        Some(Self { encodings: config.encodings.as_slice().into(), min_bytes: config.min_bytes })
    }

    /// The coding for an answer to a request of these headers; `None` leaves it as it is. Adds to `Vary` wherever another client could get another coding.
    pub(super) fn choose(
        &self,
        method: &Method,
        asked: &HeaderMap,
        response: &mut Response<Body>,
    ) -> Option<Encoding> {
        if !self.suits(method, response) {
            // The type of a 304 is unknown: the 200 for which it stands may have been compressed.
            if response.status() == StatusCode::NOT_MODIFIED {
                vary::add(response.headers_mut(), "accept-encoding");
            }
            return None;
        }
        vary::add(response.headers_mut(), "accept-encoding");
        Wanted::read(asked).best(&self.encodings, |_| true)
    }

    fn suits(&self, method: &Method, response: &Response<Body>) -> bool {
        let (status, headers) = (response.status(), response.headers());
        let is_bodiless = status.is_informational()
            || matches!(
                status,
                StatusCode::NO_CONTENT
                    | StatusCode::RESET_CONTENT
                    | StatusCode::NOT_MODIFIED
                    | StatusCode::PARTIAL_CONTENT
            );
        let is_small = || length(method, response).is_some_and(|length| length < self.min_bytes);
        let is_fixed = || FIXED.iter().any(|name| headers.contains_key(name));
        // In this order: most answers are small, and a header that is looked for costs more than a length.
        !is_bodiless
            && !is_small()
            && !is_fixed()
            && !directs(headers, "no-transform")
            && media_type::is_compressible(headers.get(CONTENT_TYPE))
    }
}

/// The length of an answer, where it is known. That of an answer to HEAD may be in its header alone.
fn length(method: &Method, response: &Response<Body>) -> Option<u64> {
    let told = || response.headers().get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    match response.body().size_hint().exact() {
        Some(0) if *method == Method::HEAD => told().or(Some(0)),
        length => length,
    }
}

/// Gives an answer to HEAD the headers of the compressed answer to GET, without those that are known only once it is compressed.
///
/// Source: RFC 9110, section 9.3.2.
pub(super) fn describe(response: &mut Response<Body>) {
    *response.body_mut() = Body::default();
    response.headers_mut().remove(CONTENT_LENGTH);
    response.headers_mut().remove(ACCEPT_RANGES);
    etag::weaken(response.headers_mut());
}

/// Compresses an answer. One in memory that does not become smaller stays as it is; one that is sent in pieces is compressed
/// while it is sent, unless too many are so already.
pub(super) async fn encode(response: Response<Body>, encoding: Encoding) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    let body = match body.whole() {
        Some(bytes) => match whole(bytes.clone(), encoding).await {
            Some(compressed) => Body::new(compressed),
            None => return Response::from_parts(head, body),
        },
        None => match CompressedBody::new(body, encoding) {
            Ok(compressed) => Body::live(compressed),
            Err(body) => return Response::from_parts(head, body),
        },
    };
    head.headers.remove(CONTENT_LENGTH);
    head.headers.remove(ACCEPT_RANGES);
    head.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding.token()));
    etag::weaken(&mut head.headers);
    Response::from_parts(head, body)
}

/// Compresses bytes; `None` where they would not become fewer.
async fn whole(bytes: Bytes, encoding: Encoding) -> Option<Bytes> {
    let length = bytes.len();
    let compressed = if length <= MAX_INLINE_BYTES {
        compress(&bytes, encoding)
    } else {
        spawn_blocking(move || compress(&bytes, encoding)).await.ok()?
    };
    compressed.ok().filter(|compressed| compressed.len() < length)
}

#[cfg(test)]
mod tests {
    use http::header::{ACCEPT_ENCODING, ETAG};

    use super::*;

    fn policy() -> Compression {
        let encodings = vec![Encoding::Brotli, Encoding::Gzip, Encoding::Zstd];
        Compression::new(&CompressionConfig { encodings, min_bytes: 10 }, false).unwrap()
    }

    fn accepted(accept: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_str(accept).unwrap());
        headers
    }

    fn response(status: u16, pairs: &[(&'static str, &'static str)], body: &'static str) -> Response<Body> {
        let mut response = Response::new(Body::new(Bytes::from_static(body.as_bytes())));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in pairs {
            response.headers_mut().insert(*name, HeaderValue::from_static(value));
        }
        response
    }

    const LONG: &str =
        "{\"text\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}";

    #[test]
    fn only_what_suits_is_compressed() {
        type Case = (u16, &'static [(&'static str, &'static str)], &'static str, bool);
        let cases: &[Case] = &[
            (200, &[], LONG, true),
            (404, &[], LONG, true),
            (200, &[], "{}", false),
            (204, &[], "", false),
            (206, &[("content-range", "bytes 0-1/9")], LONG, false),
            (200, &[("content-encoding", "gzip")], LONG, false),
            (200, &[("set-cookie", "a=b")], LONG, false),
            (200, &[("cache-control", "public, No-Transform")], LONG, false),
            (200, &[("repr-digest", "sha-256=:AA==:")], LONG, false),
            (200, &[("content-type", "image/png")], LONG, false),
            (200, &[("content-type", "text/event-stream")], LONG, false),
            (200, &[("content-type", "text/html; charset=utf-8")], LONG, true),
        ];
        for (status, pairs, body, is_compressed) in cases {
            let mut given = response(*status, pairs, body);
            let chosen = policy().choose(&Method::GET, &accepted("gzip, br"), &mut given);
            assert_eq!(chosen.is_some(), *is_compressed, "{status} {pairs:?}");
            assert_eq!(given.headers().contains_key("vary"), *is_compressed, "{status} {pairs:?}");
        }
    }

    #[test]
    fn the_client_decides_and_then_the_order() {
        for (accept, expected) in [
            ("gzip, br, zstd", Some(Encoding::Brotli)),
            ("gzip;q=1, br;q=0.5", Some(Encoding::Gzip)),
            ("zstd", Some(Encoding::Zstd)),
            ("identity", None),
            ("*", Some(Encoding::Brotli)),
            ("*;q=0", None),
            ("identity;q=0", None),
            ("deflate", None),
        ] {
            let mut given = response(200, &[], LONG);
            assert_eq!(policy().choose(&Method::GET, &accepted(accept), &mut given), expected, "{accept}");
            assert_eq!(given.headers()["vary"], "accept-encoding", "{accept}");
        }
    }

    #[test]
    fn an_answer_to_head_is_described_as_that_to_get() {
        let length = LONG.len().to_string();
        for (told, is_compressed) in [(length.as_str(), true), ("9", false)] {
            let mut given = response(200, &[("etag", "\"a\""), ("accept-ranges", "bytes")], "");
            given.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from_str(told).unwrap());
            let chosen = policy().choose(&Method::HEAD, &accepted("br"), &mut given);
            assert_eq!(chosen.is_some(), is_compressed, "{told}");
        }
        let mut given = response(200, &[("etag", "\"a\""), ("accept-ranges", "bytes")], LONG);
        describe(&mut given);
        assert_eq!(given.headers()[ETAG], "W/\"a\"");
        assert!(
            !given.headers().contains_key(CONTENT_LENGTH) && !given.headers().contains_key(ACCEPT_RANGES)
        );
    }

    #[test]
    fn a_sensitive_endpoint_is_never_compressed() {
        let config = CompressionConfig { encodings: vec![Encoding::Gzip], min_bytes: 0 };
        assert!(Compression::new(&config, true).is_none());
    }

    #[tokio::test]
    async fn a_compressed_answer_says_so() {
        let given =
            response(200, &[("etag", "\"a\""), ("accept-ranges", "bytes"), ("content-length", "9")], LONG);
        let sent = encode(given, Encoding::Gzip).await;
        let headers = sent.headers();
        assert_eq!(
            (&headers[CONTENT_ENCODING], &headers[ETAG]),
            (&"gzip".parse().unwrap(), &"W/\"a\"".parse().unwrap())
        );
        assert!(!headers.contains_key(ACCEPT_RANGES) && !headers.contains_key(CONTENT_LENGTH));
        assert!(sent.body().whole().unwrap().len() < LONG.len());
    }

    #[tokio::test]
    async fn what_would_grow_stays() {
        let sent = encode(response(200, &[], "{}"), Encoding::Gzip).await;
        assert_eq!(sent.body().whole().unwrap(), "{}");
        assert!(!sent.headers().contains_key(CONTENT_ENCODING));
    }
}
