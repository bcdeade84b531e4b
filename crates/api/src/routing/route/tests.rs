//! What matches what, and in which order.

use super::*;
use crate::config::EndpointConfig;
use crate::routing::canonical::canonical;
use proptest::prelude::*;

fn endpoints(declared: &[(&str, &str)]) -> Vec<Endpoint> {
    let build = |(index, (method, path)): (usize, &(&str, &str))| {
        let json = serde_json::json!({
            "service": "s", "name": format!("e{index}"), "methods": [method], "path": path, "expose": true,
        });
        let config: EndpointConfig = serde_json::from_value(json).unwrap();
        Endpoint::new(index, &config, None).unwrap()
    };
    declared.iter().enumerate().map(build).collect()
}

fn router(declared: &[(&str, &str)]) -> Router {
    Router::new(endpoints(declared)).map_err(|problems| problems.join("; ")).unwrap()
}

fn find(router: &Router, method: &str, path: &str) -> String {
    match router.find(&method.parse().unwrap(), &canonical(path)) {
        Routed::Endpoint(endpoint, captures) => {
            let pairs: Vec<String> =
                captures.pairs().iter().map(|(name, value)| format!(" {name}={value}")).collect();
            format!("{}{}", endpoint.target, pairs.concat())
        }
        Routed::OtherMethod(allow) => format!("allow {}", allow.to_str().unwrap()),
        Routed::Unknown => "unknown".to_owned(),
    }
}

#[test]
fn finds_by_method_and_path() {
    let router = router(&[
        ("GET", "/links/:id"),
        ("POST", "/links"),
        ("GET", "/links/search"),
        ("DELETE", "/links/:key"),
        ("GET", "/files/*path"),
        ("*", "/any"),
        ("GET", "/:code"),
        ("GET", "/*everything"),
        ("GET", "/exact/"),
        ("HEAD", "/any"),
    ]);
    let cases = [
        ("GET", "/links/7", "0 id=7"),
        ("GET", "/links/a%2Fb", "0 id=a%2Fb"),
        ("POST", "/links", "1"),
        ("POST", "/links/", "1"),
        ("GET", "/links/search", "2"),
        ("GET", "/links/search/", "2"),
        ("DELETE", "/links/search", "3 key=search"),
        ("HEAD", "/links/7", "0 id=7"),
        ("GET", "/files/a/b", "4 path=a/b"),
        ("GET", "/files/", "4 path="),
        ("GET", "/any", "5"),
        ("BREW", "/any", "5"),
        ("HEAD", "/any", "9"),
        ("GET", "/x", "6 code=x"),
        ("GET", "/x/", "6 code=x"),
        ("GET", "/x/y", "7 everything=x/y"),
        ("GET", "/", "7 everything="),
        ("GET", "/exact/", "8"),
        ("PUT", "/links/7", "allow DELETE, GET, HEAD, OPTIONS"),
        ("PUT", "/links", "allow GET, HEAD, OPTIONS, POST"),
    ];
    for (method, path, expected) in cases {
        assert_eq!(find(&router, method, path), expected, "{method} {path}");
    }
}

#[test]
fn fallbacks_come_last() {
    let router = router(&[("GET", "/!rest"), ("GET", "/a"), ("POST", "/b")]);
    assert_eq!(find(&router, "GET", "/a"), "1");
    assert_eq!(find(&router, "GET", "/b"), "0 rest=b");
    assert_eq!(find(&router, "GET", "/"), "0 rest=");
    assert_eq!(find(&router, "PUT", "/b"), "allow GET, HEAD, OPTIONS, POST");
}

#[test]
fn an_endpoint_of_any_method_answers_methods_that_others_declare() {
    let router = router(&[("PURGE", "/cache"), ("*", "/proxy"), ("*", "/!rest")]);
    assert_eq!(find(&router, "PURGE", "/cache"), "0");
    assert_eq!(find(&router, "PURGE", "/proxy"), "1");
    assert_eq!(find(&router, "PURGE", "/other"), "2 rest=other");
    assert_eq!(find(&router, "BREW", "/cache"), "2 rest=cache");
}

#[test]
fn nothing_is_resolved() {
    let router = router(&[("GET", "/a/:x"), ("GET", "/w/*rest"), ("GET", "/.well-known/x")]);
    for path in [
        "//a/b",
        "/a//",
        "/a//b",
        "/a/..",
        "/a/.",
        "/a/%2e%2E",
        "/a/.%2e",
        "/w/../x",
        "/w/a/%2e%2e/x",
        "/w/a//../x",
        "//w/a",
        "/A/b",
        "*",
        "",
        "/a/",
    ] {
        assert_eq!(find(&router, "GET", path), "unknown", "{path}");
    }
    assert_eq!(find(&router, "GET", "/.well-known/x"), "2");
    assert_eq!(find(&router, "GET", "/a/..."), "0 x=...");
    assert_eq!(find(&router, "GET", "/a/%2F"), "0 x=%2F");
}

#[test]
fn segments_are_compared_after_decoding() {
    let router = router(&[
        ("GET", "/~user"),
        ("GET", "/café/:x"),
        ("GET", "/items/x"),
        ("GET", "/a:b/c+d"),
        ("GET", "/sla%2fsh"),
        ("GET", "/100%/off"),
        ("GET", "/{b}"),
    ]);
    let cases = [
        ("/~user", "0"),
        ("/%7Euser", "0"),
        ("/%7euser", "0"),
        ("/caf%C3%A9/1", "1 x=1"),
        ("/caf%c3%a9/%31", "1 x=1"),
        ("/caf%c3%A9/a%2fb", "1 x=a%2Fb"),
        ("/it%65ms/x", "2"),
        ("/items%2Fx", "unknown"),
        ("/a%3Ab/c%2Bd", "3"),
        ("/sla%2Fsh", "4"),
        ("/sla/sh", "unknown"),
        ("/100%25/off", "5"),
        ("/%7Bb%7D", "6"),
        ("/{b}", "6"),
    ];
    for (path, expected) in cases {
        assert_eq!(find(&router, "GET", path), expected, "{path}");
    }
}

#[test]
fn a_wildcard_takes_empty_segments() {
    let router = router(&[("GET", "/p/*rest"), ("GET", "/:a/:b"), ("GET", "/p/x"), ("GET", "/q/!rest")]);
    let cases = [
        ("/p/http://x.y/z", "0 rest=http://x.y/z"),
        ("/p/a//b", "0 rest=a//b"),
        ("/p//", "0 rest=/"),
        ("/p//x", "0 rest=/x"),
        ("/p/a/", "0 rest=a/"),
        ("/p/x", "2"),
        ("/r/s", "1 a=r b=s"),
        ("/r//s", "unknown"),
        ("//p/x", "unknown"),
        ("/q//a//", "3 rest=/a//"),
    ];
    for (path, expected) in cases {
        assert_eq!(find(&router, "GET", path), expected, "{path}");
    }
}

#[test]
fn two_spellings_of_one_path_are_a_conflict() {
    let declared = [("GET", "/café"), ("GET", "/caf%c3%a9")];
    let problems = Router::new(endpoints(&declared)).map(|_| ()).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
}

#[test]
fn a_private_endpoint_is_as_if_it_were_not_declared() {
    let private = |method: &str, path: &str| {
        let json = serde_json::json!({
            "service": "s", "name": "p", "methods": [method], "path": path, "expose": false,
        });
        Endpoint::new(9, &serde_json::from_value(json).unwrap(), None).unwrap()
    };
    let mut all = endpoints(&[("POST", "/url"), ("GET", "/url/:id")]);
    all.extend([private("GET", "/url"), private("*", "/secret"), private("GET", "/url/list")]);
    let without = router(&[("POST", "/url"), ("GET", "/url/:id")]);
    let with = Router::new(all).map_err(|problems| problems.join("; ")).unwrap();
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
        for path in ["/url", "/url/", "/%75rl", "/secret", "/secret/", "/url/list", "/nothing"] {
            assert_eq!(find(&with, method, path), find(&without, method, path), "{method} {path}");
        }
    }
    assert_eq!(find(&with, "GET", "/secret"), "unknown");
}

#[test]
fn all_conflicts_are_told() {
    let declared = [
        ("GET", "/a/:x"),
        ("GET", "/a/:y"),
        ("GET", "bad"),
        ("GET", "/w/*a"),
        ("GET", "/w/*b"),
        ("POST", "/a/:z"),
    ];
    let problems = Router::new(endpoints(&declared)).map(|_| ()).unwrap_err();
    assert_eq!(problems.len(), 3, "{problems:?}");
}

proptest! {
    #[test]
    fn never_panics_on_any_path(path in "(/|\\.|%|2|e|a|:|\\*){0,12}") {
        let router = router(&[("GET", "/a/:x"), ("GET", "/a/*rest"), ("*", "/a")]);
        let _ = find(&router, "GET", &path);
    }

    #[test]
    fn an_unencoded_segment_is_captured_as_it_is(segment in "[a-zA-Z0-9~_-]{1,12}") {
        let router = router(&[("GET", "/a/:x")]);
        let path = format!("/a/{segment}");
        prop_assert_eq!(find(&router, "GET", &path), format!("0 x={segment}"));
    }
}
