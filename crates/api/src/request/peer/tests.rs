use super::*;
use proptest::prelude::*;

fn trust(from: &[&str], header: Option<ForwardingHeader>) -> Trust {
    let from = from.iter().map(|one| (*one).to_owned()).collect();
    Trust::new(&TrustConfig { from, header }).unwrap()
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let mut map = HeaderMap::new();
    for (name, value) in pairs {
        map.append(HeaderName::from_static(name), value.parse().unwrap());
    }
    map
}

fn direct() -> Peer {
    Peer { address: RemoteAddress::tcp([10, 0, 0, 1].into(), 9), protocol: Scheme::Http }
}

fn found(trust: &Trust, pairs: &[(&'static str, &str)]) -> String {
    let peer = trust.trace(direct(), &headers(pairs)).peer;
    format!("{} {}", peer.protocol.as_str(), peer.address)
}

#[test]
fn the_walk_ends_at_the_first_address_that_is_not_trusted() {
    let trust = trust(&["10.0.0.0/8", "::1"], None);
    let cases: [(&str, &str); 14] = [
        ("198.51.100.7", "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7", "198.51.100.7"),
        ("6.6.6.6, 198.51.100.7, 10.0.0.2", "198.51.100.7"),
        ("198.51.100.7:4711, 10.9.9.9:80", "198.51.100.7:4711"),
        ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]:80, ::1", "[2001:db8::1]:80"),
        ("::ffff:198.51.100.7", "198.51.100.7"),
        ("198.51.100.7, ::ffff:10.0.0.2", "198.51.100.7"),
        ("garbage", "10.0.0.1:9"),
        ("198.51.100.7, garbage, 10.0.0.2", "10.0.0.2"),
        ("198.51.100.7,, 10.0.0.2", "10.0.0.2"),
        ("127.1", "10.0.0.1:9"),
        ("", "10.0.0.1:9"),
    ];
    for (given, expected) in cases {
        assert_eq!(found(&trust, &[("x-forwarded-for", given)]), format!("http {expected}"), "{given}");
    }
    let lines = [
        ("x-forwarded-for", "6.6.6.6"),
        ("x-forwarded-for", "198.51.100.7"),
        ("x-forwarded-for", "10.0.0.2"),
    ];
    assert_eq!(found(&trust, &lines), "http 198.51.100.7");
}

#[test]
fn the_standard_header_is_walked_too() {
    let trust = trust(&["10.0.0.0/8"], None);
    let cases: [(&str, &str); 13] = [
        ("for=198.51.100.7;proto=https", "https 198.51.100.7"),
        ("For=\"198.51.100.7:99\" ; Proto=HTTPS", "https 198.51.100.7:99"),
        ("for=6.6.6.6;proto=https, for=198.51.100.7, for=10.0.0.2;proto=https", "http 198.51.100.7"),
        ("for=\"[2001:db8::1]:80\";by=_x", "http [2001:db8::1]:80"),
        ("for=198.51.100.7, for=_hidden", "http 10.0.0.1:9"),
        ("for=198.51.100.7, for=unknown, for=10.0.0.2", "http 10.0.0.2"),
        ("for=198.51.100.7, proto=https", "http 10.0.0.1:9"),
        ("for=198.51.100.7;for=10.0.0.2", "http 10.0.0.1:9"),
        ("for=\"198.51.100.7", "http 10.0.0.1:9"),
        ("for=198.51.100.7;", "http 10.0.0.1:9"),
        ("for=198.51.100.7;proto=\"ht\\tps\"", "https 198.51.100.7"),
        ("for=\"a,for=6.6.6.6\", for=198.51.100.7", "http 198.51.100.7"),
        ("for = 198.51.100.7", "http 10.0.0.1:9"),
    ];
    for (given, expected) in cases {
        assert_eq!(found(&trust, &[("forwarded", given)]), expected, "{given}");
    }
}

#[test]
fn two_kinds_of_headers_must_agree_unless_one_is_named() {
    let both = [("forwarded", "for=6.6.6.6"), ("x-forwarded-for", "198.51.100.7")];
    assert_eq!(found(&trust(&["10.0.0.0/8"], None), &both), "http 10.0.0.1:9");
    let named = |header| found(&trust(&["10.0.0.0/8"], Some(header)), &both);
    assert_eq!(named(ForwardingHeader::XForwarded), "http 198.51.100.7");
    assert_eq!(named(ForwardingHeader::Forwarded), "http 6.6.6.6");
    let same = [("forwarded", "for=198.51.100.7;proto=https"), ("x-forwarded-for", "198.51.100.7")];
    assert_eq!(found(&trust(&["10.0.0.0/8"], None), &same), "https 198.51.100.7");
}

#[test]
fn protocol_and_host_are_those_of_the_hop_that_was_reached() {
    let trust = trust(&["10.0.0.0/8"], None);
    let chain = [
        ("x-forwarded-for", "198.51.100.7, 10.0.0.2"),
        ("x-forwarded-proto", "https, http"),
        ("x-forwarded-host", "shop.example"),
    ];
    assert_eq!(found(&trust, &chain), "https 198.51.100.7");
    let host = |direct: Peer, pairs: &[_]| trust.trace(direct, &headers(pairs)).forwarded_host;
    assert_eq!(host(direct(), &chain).as_deref(), Some("shop.example"));
    let forged = [("x-forwarded-for", "198.51.100.7"), ("x-forwarded-host", "a/b")];
    assert_eq!(host(direct(), &forged), None);
    let stranger = Peer { address: RemoteAddress::tcp([203, 0, 113, 1].into(), 9), ..direct() };
    assert_eq!(host(stranger, &chain), None);
}

#[test]
fn what_is_no_network_is_told_with_the_entry() {
    for bad in ["", "10.0.0.0/33", "10.0.0.1/8", "true", "*", "Loopback", "10.0.0", "fe80::1%eth0"] {
        let config = TrustConfig { from: vec![bad.to_owned()], header: None };
        let problems = Trust::new(&config).unwrap_err();
        assert!(problems.len() == 1 && problems[0].contains(&format!("{bad:?}")), "{problems:?}");
    }
    let named = trust(&["loopback", "linklocal", "private", "unix", "203.0.113.7"], None);
    let covers = |text: &str| named.covers(RemoteAddress::tcp(text.parse().unwrap(), 0));
    assert!(
        ["127.9.9.9", "::1", "169.254.0.9", "172.31.0.1", "fd00::1", "203.0.113.7"].into_iter().all(covers)
    );
    assert!(!["172.32.0.1", "203.0.113.8", "::2"].into_iter().any(covers));
}

#[test]
fn a_unix_client_is_trusted_only_by_name() {
    let unix = RemoteAddress { is_unix: true, ..RemoteAddress::tcp([127, 0, 0, 1].into(), 0) };
    assert!(!trust(&["loopback"], None).covers(unix));
    assert!(trust(&["unix"], None).covers(unix));
    assert_eq!(unix.to_string(), "unix");
}

proptest! {
    #[test]
    fn no_header_breaks_the_reader(forwarded in "[ -~]{0,60}", list in "[ -~]{0,60}") {
        for header in [None, Some(ForwardingHeader::Forwarded), Some(ForwardingHeader::XForwarded)] {
            let pairs = [("forwarded", forwarded.as_str()), ("x-forwarded-for", list.as_str())];
            let _ = found(&trust(&["10.0.0.0/8"], header), &pairs);
        }
    }

    #[test]
    fn what_a_client_puts_in_front_changes_nothing(prefix in "[ -~]{0,40}") {
        prop_assume!(!prefix.contains('"'));
        let trust = trust(&["10.0.0.0/8"], Some(ForwardingHeader::XForwarded));
        let value = format!("{prefix}, 198.51.100.7, 10.0.0.2");
        prop_assert_eq!(found(&trust, &[("x-forwarded-for", &value)]), "http 198.51.100.7");
    }
}
