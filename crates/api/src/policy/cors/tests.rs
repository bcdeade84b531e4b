use http::Request;
use serde_json::{Value, json};

use super::*;

fn cors(more: &Value) -> Cors {
    let mut config = json!({
        "allowOriginsWithoutCredentials": [], "allowOriginsWithCredentials": [], "allowHeaders": [], "exposeHeaders": [],
    });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Cors::new(&serde_json::from_value(config).unwrap(), &[]).unwrap()
}

fn applied(cors: &Cors, origin: Option<&'static str>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    cors.apply(&mut headers, origin.map(HeaderValue::from_static).as_ref());
    headers
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

#[test]
fn any_origin_gets_one_constant_answer() {
    let cors = cors(&json!({ "allowOriginsWithoutCredentials": ["*"] }));
    for origin in [None, Some("null"), Some("https://a.example")] {
        let headers = applied(&cors, origin);
        assert_eq!(text(&headers, "access-control-allow-origin"), Some("*"), "{origin:?}");
        assert_eq!(
            (text(&headers, "vary"), text(&headers, "access-control-allow-credentials")),
            (None, None)
        );
    }
}

#[test]
fn named_origins_vary_also_where_refused() {
    let cors = cors(&json!({
        "allowOriginsWithoutCredentials": ["https://plain.example"], "allowOriginsWithCredentials": ["https://*.own.example"],
    }));
    let cases = [
        (None, None, None),
        (Some("null"), None, None),
        (Some("https://other.example"), None, None),
        (Some("https://plain.example"), Some("https://plain.example"), None),
        (Some("https://a.own.example"), Some("https://a.own.example"), Some("true")),
    ];
    for (origin, allowed, credentials) in cases {
        let headers = applied(&cors, origin);
        assert_eq!(text(&headers, "access-control-allow-origin"), allowed, "{origin:?}");
        assert_eq!(text(&headers, "access-control-allow-credentials"), credentials, "{origin:?}");
        assert_eq!(text(&headers, "vary"), Some("origin"), "{origin:?}");
    }
}

#[test]
fn all_headers_are_exposed_by_name_where_credentials_are_allowed() {
    let cors = cors(&json!({
        "allowOriginsWithoutCredentials": ["*"], "allowOriginsWithCredentials": ["https://own.example"], "exposeHeaders": ["*"],
    }));
    assert_eq!(text(&applied(&cors, None), "access-control-expose-headers"), Some("*"));
    let mut headers = HeaderMap::new();
    headers.insert("x-own", HeaderValue::from_static("1"));
    cors.apply(&mut headers, Some(&HeaderValue::from_static("https://own.example")));
    assert!(text(&headers, "access-control-expose-headers").unwrap().starts_with("x-own, "));
}

#[test]
fn a_handler_cannot_allow_what_the_policy_does_not() {
    let cors = cors(&json!({ "allowOriginsWithoutCredentials": ["https://plain.example"] }));
    let mut headers = HeaderMap::new();
    headers.insert("access-control-allow-origin", HeaderValue::from_static("*"));
    headers.insert("access-control-allow-credentials", HeaderValue::from_static("true"));
    cors.apply(&mut headers, Some(&HeaderValue::from_static("https://other.example")));
    assert!(!headers.contains_key("access-control-allow-origin"));
    assert!(!headers.contains_key("access-control-allow-credentials"));
}

fn preflight(cors: &Cors, origin: &str, asked: &str, more: &[(&str, &str)]) -> HeaderMap {
    let mut request = Request::builder().method("OPTIONS").header("origin", origin);
    request = request
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", asked);
    for (name, value) in more {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).unwrap().into_parts();
    Preflight::read(&head).unwrap().answer(cors, &["GET", "POST"]).into_parts().0.headers
}

#[test]
fn a_preflight_allows_what_is_declared_and_no_more() {
    let cors = cors(&json!({
        "allowOriginsWithoutCredentials": ["*"], "allowOriginsWithCredentials": ["https://own.example"],
        "allowHeaders": ["X-Own"], "maxAgeSeconds": 600,
    }));
    let plain = preflight(&cors, "https://a.example", "content-type,x-own, X-Other,authorization", &[]);
    assert_eq!(text(&plain, "access-control-allow-headers"), Some("content-type, x-own"));
    assert_eq!(text(&plain, "access-control-allow-methods"), Some("GET, POST"));
    assert_eq!(text(&plain, "access-control-max-age"), Some("600"));
    assert_eq!(
        text(&plain, "vary"),
        Some("origin, access-control-request-method, access-control-request-headers")
    );
    let own = preflight(&cors, "https://own.example", "authorization,x-bad name", &[]);
    assert_eq!(text(&own, "access-control-allow-headers"), Some("authorization"));
    assert_eq!(text(&own, "access-control-allow-credentials"), Some("true"));
}

#[test]
fn a_refused_preflight_says_nothing() {
    let cors =
        cors(&json!({ "allowOriginsWithCredentials": ["https://own.example"], "allowHeaders": ["*"] }));
    let headers = preflight(&cors, "https://other.example", "x-own", &[]);
    assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["vary"]);
}

#[test]
fn private_networks_are_opened_only_by_option() {
    let asks = [("access-control-request-private-network", "true")];
    for is_open in [true, false] {
        let cors = cors(&json!({ "allowOriginsWithoutCredentials": ["*"], "allowPrivateNetwork": is_open }));
        let headers = preflight(&cors, "https://a.example", "x", &asks);
        assert_eq!(headers.contains_key("access-control-allow-private-network"), is_open);
    }
}
