//! Folders of files, beside endpoints.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::client::{Client, Response};
use crate::server::{Edge, config};

const LARGE_BYTES: usize = 3_000_000;

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("twinloop-edge-{}-{name}", std::process::id()));
        fs::create_dir_all(path.join("docs")).unwrap();
        let folder = Self(path);
        folder.write("index.html", b"<h1>home</h1>");
        folder.write("docs/index.html", b"<h1>docs</h1>");
        folder.write("large.bin", &vec![7; LARGE_BYTES]);
        folder
    }

    fn write(&self, name: &str, content: &[u8]) {
        fs::write(self.0.join(name), content).unwrap();
    }

    /// The usual endpoints, and the folder under each of the paths.
    fn config(&self, paths: &[&str]) -> Value {
        let declare = |path: &&str| json!({ "path": path, "dir": self.0, "expose": true });
        let mut config = config(&json!({}));
        config["statics"] = paths.iter().map(declare).collect();
        config
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn ask(client: &mut Client, method: &str, path: &str, headers: &str) -> Response {
    client.send(format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{headers}\r\n"));
    client.response_to(method)
}

#[test]
fn files_are_answered_without_the_isolate_and_endpoints_go_first() {
    let folder = Folder::new("first");
    let edge = Edge::with_config(&folder.config(&["/*file"]));
    let mut client = edge.connect();
    let home = ask(&mut client, "GET", "/", "");
    assert_eq!((home.status, home.body.as_slice()), (200, b"<h1>home</h1>".as_slice()));
    assert_eq!(home.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(home.header("x-request-id").map(str::len), Some(32));
    let head = ask(&mut client, "HEAD", "/docs/", "");
    assert_eq!((head.status, head.header("content-length")), (200, Some("13")));
    let etag = home.header("etag").unwrap();
    assert_eq!(ask(&mut client, "GET", "/", &format!("if-none-match: {etag}\r\n")).status, 304);
    let folder_name = ask(&mut client, "GET", "/docs", "");
    assert_eq!((folder_name.status, folder_name.header("location")), (301, Some("./docs/")));
    assert_eq!(edge.requests(), 0);
    assert_eq!(ask(&mut client, "GET", "/hello", "").status, 200);
    assert_eq!(edge.requests(), 1);
}

#[test]
fn what_is_no_file_is_refused_as_everywhere() {
    let folder = Folder::new("refused");
    let edge = Edge::with_config(&folder.config(&["/assets/*file"]));
    let mut client = edge.connect();
    let missing = ask(&mut client, "GET", "/assets/nowhere", "");
    assert_eq!((missing.status, missing.code().as_str()), (404, "not_found"));
    for path in
        ["/assets/../Cargo.toml", "/assets/%2e%2e/x", "/assets/..%2fx", "/assets//etc/passwd", "/index.html"]
    {
        assert_eq!(ask(&mut client, "GET", path, "").status, 404, "{path}");
    }
    let post = ask(&mut client, "POST", "/assets/index.html", "Content-Length: 0\r\n");
    assert_eq!((post.status, post.header("allow")), (405, Some("GET, HEAD, OPTIONS")));
    assert_eq!(ask(&mut client, "GET", "/assets/index.html", "").status, 200);
}

#[test]
fn a_large_file_is_streamed_and_the_connection_goes_on() {
    let folder = Folder::new("large");
    let edge = Edge::with_config(&folder.config(&["/*file"]));
    let mut client = edge.connect();
    let whole = ask(&mut client, "GET", "/large.bin", "");
    assert!(whole.status == 200 && whole.body == vec![7; LARGE_BYTES]);
    let part = ask(&mut client, "GET", "/large.bin", "range: bytes=100000-1999999\r\n");
    assert_eq!((part.status, part.body.len()), (206, 1_900_000));
    assert_eq!(part.header("content-range"), Some("bytes 100000-1999999/3000000"));
    client.assert_open();
}

#[test]
fn a_client_that_leaves_within_a_file_harms_nobody() {
    let folder = Folder::new("leaves");
    let edge = Edge::with_config(&folder.config(&["/*file"]));
    for _ in 0..20 {
        let mut client = edge.connect();
        client.send("GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n");
        client.reset();
    }
    assert_eq!(ask(&mut edge.connect(), "GET", "/large.bin", "").body.len(), LARGE_BYTES);
}

#[test]
fn a_folder_that_cannot_be_served_is_told_with_the_rest() {
    let folder = Folder::new("told");
    let edge = Edge::start();
    let mut config = folder.config(&["/files", "/*a", "/*b"]);
    config["statics"][1]["dir"] = json!("/no/such/folder");
    config["limits"] = json!({ "maxHeaders": 0 });
    let _ = edge.call(2, &json!({ "graceMs": 0 }));
    let failure = edge.call(1, &config).unwrap_err();
    let problems = failure.details["problems"].to_string();
    for part in [
        "limits.maxHeaders",
        "the static files of /files: the path must end",
        "there is no folder /no/such/folder",
    ] {
        assert!(problems.contains(part), "{problems}");
    }
}
