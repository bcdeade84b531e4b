//! The table of probes, and what holds for every input.

use super::*;
use proptest::prelude::*;

fn judge(bytes: &[u8]) -> GuardProgress {
    Guard::new(&Limits::default()).judge(bytes)
}

fn violation(request: &str) -> Option<Violation> {
    judge(request.as_bytes()).violation
}

#[test]
fn well_formed_requests_pass_whole() {
    for request in [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a.example/x HTTP/1.1\r\nhost:A.example \r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost:\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \t3 \r\n\r\nabcGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX-High: \u{e9}\r\nX-Tab: a\tb\r\n\r\n",
    ] {
        assert_eq!(
            judge(request.as_bytes()),
            GuardProgress { good: request.len(), violation: None },
            "{request:?}"
        );
    }
}

#[test]
fn ambiguous_framing_is_refused() {
    let with = |headers: &str| violation(&format!("POST / HTTP/1.1\r\nHost: a\r\n{headers}\r\n\r\n"));
    let cases = [
        ("Content-Length: 1\r\nTransfer-Encoding: chunked", Violation::LengthAndCoding),
        ("Transfer-Encoding: chunked\r\nContent-Length: 1", Violation::LengthAndCoding),
        ("Content-Length: 1\r\nContent-Length: 1", Violation::LengthRepeated),
        ("Content-Length: 1\r\nContent-Length: 2", Violation::LengthRepeated),
        ("Content-Length: 1, 1", Violation::LengthInvalid),
        ("Content-Length: +5", Violation::LengthInvalid),
        ("Content-Length: -5", Violation::LengthInvalid),
        ("Content-Length: 0x5", Violation::LengthInvalid),
        ("Content-Length: 1 1", Violation::LengthInvalid),
        ("Content-Length:", Violation::LengthInvalid),
        ("Content-Length: \u{665}", Violation::LengthInvalid),
        ("Content-Length: 18446744073709551617", Violation::LengthInvalid),
        ("Transfer-Encoding: gzip, chunked", Violation::CodingUnsupported),
        ("Transfer-Encoding: chunked, chunked", Violation::CodingUnsupported),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", Violation::CodingUnsupported),
        ("Transfer-Encoding: identity", Violation::CodingUnsupported),
        ("Transfer-Encoding: xchunked", Violation::CodingUnsupported),
        ("Transfer-Encoding: \"chunked\"", Violation::CodingUnsupported),
        ("Transfer-Encoding: chunked;a=b", Violation::CodingUnsupported),
        ("Transfer-Encoding:", Violation::CodingUnsupported),
        ("Transfer-Encoding: \x0bchunked", Violation::Control),
        ("Transfer-Encoding : chunked", Violation::FieldName),
        ("Content-Length : 1", Violation::FieldName),
        ("X: a\r\n Transfer-Encoding: chunked", Violation::Folded),
        ("X: a\r\n\tb", Violation::Folded),
        ("X: a\nTransfer-Encoding: chunked", Violation::LineEnd),
        ("X: a\rTransfer-Encoding: chunked", Violation::Control),
        ("X: a\0b", Violation::Control),
        ("X: a\x7fb", Violation::Control),
        ("X\0: a", Violation::FieldName),
        ("X", Violation::FieldName),
        (": a", Violation::FieldName),
        ("\u{e9}: a", Violation::FieldName),
        ("Host: b", Violation::HostRepeated),
        ("host: a", Violation::HostRepeated),
    ];
    for (headers, expected) in cases {
        assert_eq!(with(headers), Some(expected), "{headers:?}");
    }
}

#[test]
fn odd_request_lines_and_hosts_are_refused() {
    let cases = [
        ("GET / HTTP/1.1\r\n\r\n", Violation::HostMissing),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", Violation::HostInvalid),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", Violation::HostInvalid),
        ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", Violation::HostInvalid),
        ("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", Violation::HostInvalid),
        ("GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", Violation::HostDiffers),
        ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", Violation::Version),
        ("GET / HTTP/1.2\r\nHost: a\r\n\r\n", Violation::Version),
        ("GET / http/1.1\r\nHost: a\r\n\r\n", Violation::Version),
        ("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", Violation::Version),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", Violation::Version),
        ("GET /\r\n\r\n", Violation::RequestLine),
        ("GET\r\n\r\n", Violation::RequestLine),
        ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", Violation::RequestLine),
        ("GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", Violation::RequestLine),
        (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", Violation::RequestLine),
        ("GET / HTTP/1.1\nHost: a\n\n", Violation::LineEnd),
        ("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Violation::LineEnd),
        ("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", Violation::RequestLine),
        ("GET /\u{e9} HTTP/1.1\r\nHost: a\r\n\r\n", Violation::Target),
        ("GET a.example:80 HTTP/1.1\r\nHost: a\r\n\r\n", Violation::Target),
        ("CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", Violation::Tunnel),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", Violation::CodingUnsupported),
        ("\x16\x03\x01", Violation::RequestLine),
        ("\0GET / HTTP/1.1\nHost: a\r\n\r\n", Violation::RequestLine),
    ];
    for (request, expected) in cases {
        assert_eq!(violation(request), Some(expected), "{request:?}");
    }
}

#[test]
fn heads_are_bounded() {
    let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(16 << 10));
    assert_eq!(violation(&long), Some(Violation::HeadTooLarge));
    let endless = format!("GET /{}", "x".repeat(16 << 10));
    assert_eq!(violation(&endless), Some(Violation::HeadTooLarge));
    let many = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: a\r\n".repeat(100));
    assert_eq!(violation(&many), Some(Violation::TooManyHeaders));
    let just = format!("GET / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: a\r\n".repeat(99));
    assert_eq!(violation(&just), None);
}

#[test]
fn nothing_behind_a_violation_passes_and_all_before_it_does() {
    let first = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
    let verdict = judge(format!("{first}GET / HTTP/9\r\n\r\n{first}").as_bytes());
    assert_eq!(verdict, GuardProgress { good: first.len(), violation: Some(Violation::Version) });
}

#[test]
fn an_incomplete_head_waits() {
    let verdict = judge(b"GET / HTTP/1.1\r\nHost: a\r\n");
    assert_eq!(verdict, GuardProgress { good: 0, violation: None });
}

/// Feeds `bytes` in two pieces, as the socket adapter does: what did not pass is shown again.
fn judge_in_pieces(bytes: &[u8], cut: usize) -> GuardProgress {
    let mut guard = Guard::new(&Limits::default());
    let first = guard.judge(&bytes[..cut]);
    if first.violation.is_some() {
        return first;
    }
    let second = guard.judge(&bytes[first.good..]);
    GuardProgress { good: first.good + second.good, violation: second.violation }
}

fn request() -> impl Strategy<Value = String> {
    let line = "(GET|POST|get|G T) (/|/a|\\*|http://a/|a) HTTP/1\\.[012]";
    let header = prop_oneof![
        Just("Host: a".to_owned()),
        Just("Content-Length: 3".to_owned()),
        Just("Transfer-Encoding: chunked".to_owned()),
        "[A-Za-z \t:\r\n\0]{0,12}",
    ];
    let end = prop_oneof![9 => Just("\r\n"), 1 => Just("\n")];
    let body = "(abc|3\r\nabc\r\n0\r\n\r\n|)";
    (line, prop::collection::vec((header, end), 0..5), body).prop_map(|(line, headers, body)| {
        let headers: String = headers.into_iter().map(|(header, end)| header + end).collect();
        format!("{line}\r\n{headers}\r\n{body}")
    })
}

proptest! {
    #[test]
    fn never_panics(bytes in any::<Vec<u8>>()) {
        let verdict = judge(&bytes);
        prop_assert!(verdict.good <= bytes.len());
    }

    #[test]
    fn the_verdict_does_not_depend_on_how_the_bytes_arrive(requests in prop::collection::vec(request(), 1..4), cut in any::<prop::sample::Index>()) {
        let bytes = requests.concat().into_bytes();
        let cut = cut.index(bytes.len());
        prop_assert_eq!(judge(&bytes), judge_in_pieces(&bytes, cut));
    }

    #[test]
    fn what_passes_hyper_can_parse(request in request()) {
        let verdict = judge(request.as_bytes());
        if verdict.violation.is_none() && verdict.good > 0 {
            let head = request.split_inclusive("\r\n\r\n").next().unwrap();
            let target = head.split(' ').nth(1).unwrap();
            prop_assert!(target.parse::<http::Uri>().is_ok());
        }
    }
}
