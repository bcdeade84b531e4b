use http::Request;

use super::*;

const VALID: [(&str, &str); 4] = [
    ("upgrade", "WebSocket"),
    ("connection", "keep-alive, Upgrade"),
    ("sec-websocket-version", "13"),
    ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// A valid handshake with some headers in place of others; an empty value leaves one out.
fn head(changes: &[(&'static str, &str)]) -> Head {
    let mut head = Request::new(()).into_parts().0;
    for (name, value) in VALID {
        head.headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in changes {
        head.headers.remove(*name);
        if !value.is_empty() {
            head.headers.insert(*name, HeaderValue::from_str(value).unwrap());
        }
    }
    head
}

fn refused(changes: &[(&'static str, &str)]) -> u16 {
    AgreedHandshake::read(&head(changes), true).map_or_else(|response| response.status().as_u16(), |_| 101)
}

#[test]
fn the_key_of_the_specification_gives_its_answer() {
    let response = AgreedHandshake::read(&head(&[]), true).ok().unwrap().response();
    assert_eq!(response.status(), 101);
    assert_eq!(response.headers()[SEC_WEBSOCKET_ACCEPT], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assert!(!response.headers().contains_key(SEC_WEBSOCKET_PROTOCOL));
    assert!(!response.headers().contains_key(SEC_WEBSOCKET_EXTENSIONS));
}

#[test]
fn what_is_no_handshake_is_refused() {
    for (changes, status) in [
        (&[("upgrade", "")][..], 426),
        (&[("upgrade", "h2c")], 426),
        (&[("sec-websocket-version", "")], 426),
        (&[("sec-websocket-version", "8")], 426),
        (&[("connection", "")], 400),
        (&[("connection", "close")], 400),
        (&[("sec-websocket-key", "")], 400),
        (&[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ")], 400),
        (&[("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==, x")], 400),
        (&[("sec-websocket-key", "!!!!!!!!!!!!!!!!!!!!!!==")], 400),
    ] {
        assert_eq!(refused(changes), status, "{changes:?}");
    }
    let mut twice = head(&[]);
    twice.headers.append(SEC_WEBSOCKET_KEY, HeaderValue::from_static(VALID[3].1));
    assert_eq!(AgreedHandshake::read(&twice, true).unwrap_err().status(), 400);
    let mut old = head(&[]);
    old.version = Version::HTTP_10;
    assert_eq!(AgreedHandshake::read(&old, true).unwrap_err().status(), 426);
}

#[test]
fn a_426_says_what_to_do() {
    let response = AgreedHandshake::read(&head(&[("upgrade", "")]), true).unwrap_err();
    assert_eq!(response.headers()[UPGRADE], "websocket");
    assert_eq!(response.headers()[CONNECTION], "upgrade");
    assert_eq!(response.headers()[SEC_WEBSOCKET_VERSION], "13");
}

#[test]
fn compression_is_agreed_to_where_it_is_wanted() {
    let offer = ("sec-websocket-extensions", "permessage-deflate");
    assert!(AgreedHandshake::read(&head(&[offer]), true).ok().unwrap().agreement.is_some());
    assert!(AgreedHandshake::read(&head(&[offer]), false).ok().unwrap().agreement.is_none());
}

#[test]
fn encores_subprotocol_is_agreed_to_and_its_headers_are_read() {
    let packed = URL_SAFE_NO_PAD.encode(r#"{"Authorization":"Bearer a","x-tag":"b"}"#);
    let protocol = format!("encore-ws, encore.dev.headers.{packed}");
    let head = head(&[("sec-websocket-protocol", &protocol), ("x-tag", "kept")]);
    let handshake = AgreedHandshake::read(&head, true).ok().unwrap();
    assert_eq!(handshake.headers(&head)["authorization"], "Bearer a");
    assert_eq!(handshake.headers(&head)["x-tag"], "kept");
    assert_eq!(handshake.response().headers()[SEC_WEBSOCKET_PROTOCOL], "encore-ws");
}

#[test]
fn another_subprotocol_is_not_agreed_to() {
    let response = AgreedHandshake::read(&head(&[("sec-websocket-protocol", "chat, graphql-ws")]), true)
        .ok()
        .unwrap()
        .response();
    assert!(!response.headers().contains_key(SEC_WEBSOCKET_PROTOCOL));
}

#[test]
fn headers_that_no_page_may_set_are_refused() {
    for json in [
        r#"{"cookie":"a=b"}"#,
        r#"{"Host":"a"}"#,
        r#"{"X-Forwarded-For":"127.0.0.1"}"#,
        r#"{"sec-fetch-site":"same-origin"}"#,
        r#"{"a b":"c"}"#,
        r#"{"a":"b\r\nc: d"}"#,
        r#"{"a":1}"#,
        "[]",
        "x",
    ] {
        let protocol = format!("encore.dev.headers.{}", URL_SAFE_NO_PAD.encode(json));
        assert_eq!(refused(&[("sec-websocket-protocol", &protocol)]), 400, "{json}");
    }
    assert_eq!(refused(&[("sec-websocket-protocol", "encore.dev.headers.!!!")]), 400);
}
