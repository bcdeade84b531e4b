use std::net::Ipv4Addr;

use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::answer::compressed_body::decompress;
use crate::answer::encoding::Encoding;
use crate::connection::remote::RemoteAddress;

const BODY: &str =
    "{\"text\":\"lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum lorem ipsum\"}";

fn every_policy() -> Box<Policies> {
    let config = json!({
        "cors": {
            "allowOriginsWithoutCredentials": ["https://plain.example", "http://localhost:*"],
            "allowOriginsWithCredentials": ["https://*.own.example"],
            "allowHeaders": [], "exposeHeaders": ["*"],
        },
        "compression": { "encodings": ["br", "gzip", "zstd"], "minBytes": 0 },
        "rateLimit": { "name": "app", "limit": 1, "windowMs": 60_000, "burst": 1_000_000, "key": "address" },
        "securityHeaders": { "headers": [["x-frame-options", "DENY"]] },
        "etag": true,
    });
    let config = serde_json::from_value(config).unwrap();
    PolicyBuilder::default().build(&config, false).unwrap().unwrap()
}

#[test]
fn pages_may_read_the_header_that_tells_the_request_id() {
    let cors = json!({
        "allowOriginsWithoutCredentials": ["*"], "allowOriginsWithCredentials": [], "allowHeaders": [], "exposeHeaders": [],
    });
    let config = serde_json::from_value(json!({ "cors": cors })).unwrap();
    for told_in in [Some("x-trace"), None] {
        let mut builder = PolicyBuilder::new(told_in.map(HeaderName::from_static));
        let policies = builder.build(&config, false).unwrap().unwrap();
        let mut headers = HeaderMap::new();
        policies.cors().unwrap().apply(&mut headers, None);
        let exposed = headers.get("access-control-expose-headers").map(|names| names.to_str().unwrap());
        assert_eq!(exposed, told_in);
    }
}

fn answer() -> Response<Body> {
    let mut response = Response::new(Body::new(Bytes::from_static(BODY.as_bytes())));
    response.headers_mut().insert("content-type", HeaderValue::from_static("application/json"));
    response
}

/// The status, the coding and the bytes of the answer to a request with these headers.
fn answered(headers: &[(&str, Vec<u8>)]) -> (u16, Option<String>, Vec<u8>) {
    let core = Core::get_or_build(Vec::new).unwrap();
    let mut request = Request::builder().uri("/");
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            request = request.header(*name, value);
        }
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    let address = RemoteAddress::tcp(Ipv4Addr::LOCALHOST.into(), 1);
    let peer = Peer { address, protocol: Scheme::Http };
    let policies = every_policy();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let visit = policies.visit(&head, peer);
        visit.admit(core, &head.headers, false).await.unwrap();
        let (parts, body) = visit.complete(core, answer()).await.into_parts();
        assert_eq!(parts.headers["vary"].to_str().unwrap().matches("origin").count(), 1);
        assert_eq!(parts.headers["x-frame-options"], "DENY");
        let coding = parts.headers.get("content-encoding").map(|coding| coding.to_str().unwrap().to_owned());
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        (parts.status.as_u16(), coding, bytes)
    })
}

proptest! {
    #[test]
    fn whatever_is_asked_the_decoded_answer_is_the_handlers(
        accept in prop_oneof![
            "((br|gzip|zstd|identity|\\*|x)(;q=[0-9.]{0,4})?,? ?){0,6}".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..40),
        ],
        origin in prop_oneof![
            "(https?://)?(plain|a\\.own|localhost)(\\.example)?(:[0-9]{0,5})?".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..40),
        ],
        known in prop_oneof!["((W/)?\"[a-f0-9-]{0,8}\"?,? ?|\\*){0,4}".prop_map(String::into_bytes), proptest::collection::vec(any::<u8>(), 0..40)],
    ) {
        let has_any = known.iter().all(|byte| matches!(byte, b'*' | b' ')) && known.contains(&b'*');
        let (status, coding, bytes) = answered(&[("accept-encoding", accept), ("origin", origin), ("if-none-match", known)]);
        if status == 304 {
            prop_assert!(has_any && bytes.is_empty(), "304 without a tag that fits");
            return Ok(());
        }
        let encoding = coding.map(|coding| match coding.as_str() {
            "br" => Encoding::Brotli,
            "gzip" => Encoding::Gzip,
            _ => Encoding::Zstd,
        });
        let decoded = encoding.map_or_else(|| bytes.clone(), |encoding| decompress(&bytes, encoding));
        prop_assert_eq!((status, decoded), (200, BODY.as_bytes().to_vec()));
    }
}
