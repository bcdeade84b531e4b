//! Several isolates behind one listener, one of which ends.

use serde_json::json;

use crate::server::{Edge, eventually};

#[test]
fn s14_a_safe_request_of_an_isolate_that_ends_is_given_to_another_once() {
    let edge = Edge::start();
    let (other, seen) = edge.join();
    let mut clients: Vec<_> = (0..4).map(|_| edge.connect()).collect();
    for client in &mut clients {
        client.send("GET /hang HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    eventually(|| edge.requests() + seen.count() == 4);
    assert!(seen.count() > 0, "both take part");
    edge.kill(&other);
    edge.wait_for_hanging(4);
    edge.release();
    for client in &mut clients {
        assert_eq!(client.response().status, 200);
    }
}

#[test]
fn an_unsafe_request_of_an_isolate_that_ends_is_told_to_come_again() {
    let edge = Edge::with_config(&{
        let mut config = crate::server::config(&json!({}));
        config["endpoints"][1]["methods"] = json!(["POST"]);
        config
    });
    let mut client = edge.connect();
    client.send("POST /hang HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    edge.wait_for_hanging(1);
    edge.kill(&edge.isolate);
    let response = client.response();
    assert_eq!((response.status, response.code().as_str()), (503, "unavailable"));
    assert_eq!(response.header("retry-after"), Some("1"));
    client.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().status, 503, "nobody serves any more, and the connection lives on");
}

#[test]
fn a_server_that_its_isolates_have_left_makes_room_for_another() {
    let edge = Edge::start();
    let mut other = crate::server::config(&json!({}));
    other["endpoints"][0]["path"] = json!("/greeting");
    assert_eq!(edge.call(1, &other).unwrap_err().code.as_str(), "failed_precondition");
    edge.call(3, &json!(null)).unwrap();
    let answer = edge.call(1, &other).unwrap();
    assert!(std::net::TcpStream::connect(("127.0.0.1", edge.port)).is_err(), "the old one is gone");
    let port = u16::try_from(answer["port"].as_u64().unwrap()).unwrap();
    let mut client = crate::client::Client::connect(port);
    client.send("GET /greeting HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_eq!(client.response().status, 200);
}

#[test]
fn s15_an_isolate_that_would_join_never_opens_the_port_again() {
    let edge = Edge::start();
    edge.call(2, &json!({ "graceMs": 1_000 })).unwrap();
    let refused = edge.call(5, &crate::server::config(&json!({}))).unwrap_err();
    assert_eq!(refused.code.as_str(), "failed_precondition");
    assert!(std::net::TcpStream::connect(("127.0.0.1", edge.port)).is_err());
}
