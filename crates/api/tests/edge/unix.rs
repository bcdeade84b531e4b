//! Unix sockets.

use std::io::{Read, Write};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::server::{Edge, config, eventually};

/// A path for a socket in a folder of its own.
fn place(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("twinloop-unix-{}-{name}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder.join("app.sock")
}

fn arguments(path: &Path) -> Value {
    let mut arguments = config(&json!({}));
    arguments["unix"] = json!({ "path": path, "mode": 0o640, "tls": false });
    arguments
}

fn ask(path: &Path, request: &str) -> String {
    let mut stream = UnixStream::connect(path).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

const HELLO: &str = "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

#[test]
fn requests_are_answered_beside_the_port_and_the_file_goes_at_the_end() {
    let path = place("beside");
    let edge = Edge::with_config(&arguments(&path));
    assert!(ask(&path, HELLO).ends_with("{\"hello\":\"world\"}"));
    assert!(ask(&path, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").starts_with("HTTP/1.1 400"));
    edge.connect().assert_open();
    let found = std::fs::metadata(&path).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o777, 0o640);
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    drop(edge);
    assert!(!path.exists());
}

#[test]
fn a_server_may_have_its_unix_socket_alone() {
    let path = place("alone");
    let mut alone = arguments(&path);
    alone.as_object_mut().unwrap().remove("host");
    let edge = Edge::with_config(&alone);
    assert_eq!(edge.port, 0);
    assert!(ask(&path, HELLO).contains("200"));
    let neither = config(&json!({}));
    let mut neither = neither;
    neither.as_object_mut().unwrap().remove("host");
    edge.call(2, &json!({ "graceMs": 0 })).unwrap();
    assert!(edge.call(1, &neither).unwrap_err().message.contains("neither a host nor a unix socket"));
}

#[test]
fn a_stale_socket_is_replaced_and_one_in_use_is_not() {
    let path = place("stale");
    drop(UnixListener::bind(&path).unwrap());
    let edge = Edge::with_config(&arguments(&path));
    assert!(ask(&path, HELLO).contains("200"));
    edge.call(2, &json!({ "graceMs": 0 })).unwrap();
    let other = UnixListener::bind(&path).unwrap();
    let failure = edge.call(1, &arguments(&path)).unwrap_err();
    assert_eq!(failure.details["reason"], "address_in_use");
    drop(other);
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "a file").unwrap();
    let failure = edge.call(1, &arguments(&path)).unwrap_err();
    assert!(failure.message.contains("is a file and no socket"), "{}", failure.message);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a file");
    let failure = edge.call(1, &arguments(Path::new("/no-such-folder/app.sock"))).unwrap_err();
    assert_eq!(failure.details["reason"], "bind_failed");
}

#[test]
fn a_client_that_leaves_gives_its_request_up() {
    let path = place("leaves");
    let edge = Edge::with_config(&arguments(&path));
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"GET /hang HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    edge.wait_for_hanging(1);
    drop(stream);
    eventually(|| edge.aborts() == 1);
}
