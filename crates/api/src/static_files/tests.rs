//! A real folder, asked as a connection asks.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG,
    IF_NONE_MATCH, IF_RANGE, LAST_MODIFIED, LOCATION, RANGE, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use http_body_util::BodyExt;
use serde_json::{Value, json};

use super::{StaticConfig, StaticFiles};
use crate::answer::body::Body;

/// A folder of its own for each test, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("twinloop-static-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(path.join("public/docs")).unwrap();
        let folder = Self(path);
        folder.write("public/index.html", "<h1>home</h1>");
        folder.write("public/docs/index.html", "<h1>docs</h1>");
        folder.write("public/app.js", "let x = 1;");
        folder.write("public/.env", "PASSWORD=1");
        folder.write("secret.txt", "outside");
        folder
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, content).unwrap();
        path
    }

    fn config(&self, more: &Value) -> StaticConfig {
        let mut config = json!({ "path": "/*file", "dir": self.0.join("public") });
        config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(config).unwrap()
    }

    fn open(&self) -> StaticFiles {
        StaticFiles::open(&self.config(&json!({}))).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

struct Got {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Got {
    fn header(&self, name: &HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

async fn read(response: Response<Body>) -> Got {
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    Got { status: parts.status, headers: parts.headers, body }
}

async fn get(files: &StaticFiles, rest: &str, headers: &[(HeaderName, &str)]) -> Got {
    ask(files, &Method::GET, rest, headers).await
}

async fn ask(files: &StaticFiles, method: &Method, rest: &str, headers: &[(HeaderName, &str)]) -> Got {
    let headers =
        headers.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect();
    read(files.answer(method, rest, &headers).await).await
}

fn set_modified(path: &Path, time: SystemTime) {
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

#[tokio::test]
async fn serves_a_file_with_its_type_and_validators() {
    let folder = Folder::new();
    let got = get(&folder.open(), "app.js", &[]).await;
    assert_eq!((got.status, got.body.as_slice()), (StatusCode::OK, b"let x = 1;".as_slice()));
    assert_eq!(got.header(&CONTENT_TYPE), "text/javascript; charset=utf-8");
    assert_eq!(got.header(&CONTENT_LENGTH), "10");
    assert!(got.header(&ETAG).starts_with('"') && got.header(&LAST_MODIFIED).ends_with(" GMT"));
    assert_eq!(got.header(&CACHE_CONTROL), "no-cache");
    assert!(!got.headers.contains_key(VARY));
}

#[tokio::test]
async fn a_folder_is_its_index_page_and_its_name_alone_redirects() {
    let folder = Folder::new();
    let files = folder.open();
    for rest in ["", "index.html", "/index.html"] {
        assert_eq!(get(&files, rest, &[]).await.body, b"<h1>home</h1>", "{rest}");
    }
    assert_eq!(get(&files, "docs/", &[]).await.body, b"<h1>docs</h1>");
    let named = get(&files, "docs", &[]).await;
    assert_eq!((named.status, named.header(&LOCATION)), (StatusCode::MOVED_PERMANENTLY, "./docs/"));
    fs::create_dir(folder.0.join("public/empty")).unwrap();
    for rest in ["empty", "empty/", "app.js/", "app.js/x"] {
        assert_eq!(get(&files, rest, &[]).await.status, StatusCode::NOT_FOUND, "{rest}");
    }
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let folder = Folder::new();
    let files = folder.open();
    let got = ask(&files, &Method::HEAD, "app.js", &[(RANGE, "bytes=0-1")]).await;
    assert_eq!((got.status, got.header(&CONTENT_LENGTH), got.body.len()), (StatusCode::OK, "10", 0));
}

#[tokio::test]
async fn nothing_outside_the_folder_is_served() {
    let folder = Folder::new();
    let files = folder.open();
    for rest in [
        "../secret.txt",
        "%2e%2e/secret.txt",
        "..%2fsecret.txt",
        "docs/../../secret.txt",
        ".env",
        "%2Eenv",
        "a%00",
    ] {
        assert_eq!(get(&files, rest, &[]).await.status, StatusCode::NOT_FOUND, "{rest}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_only_within_the_folder() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    let public = folder.0.join("public");
    symlink(folder.0.join("secret.txt"), public.join("out.txt")).unwrap();
    symlink(&folder.0, public.join("up")).unwrap();
    symlink(public.join(".env"), public.join("env.txt")).unwrap();
    symlink(public.join("loop"), public.join("loop")).unwrap();
    symlink("app.js", public.join("same.js")).unwrap();
    let files = folder.open();
    for rest in ["out.txt", "up/secret.txt", "up/", "up", "env.txt", "loop"] {
        assert_eq!(get(&files, rest, &[]).await.status, StatusCode::NOT_FOUND, "{rest}");
    }
    assert_eq!(get(&files, "same.js", &[]).await.body, b"let x = 1;");
}

#[tokio::test]
async fn what_the_client_has_is_not_sent_again() {
    let folder = Folder::new();
    let files = folder.open();
    let etag = get(&files, "app.js", &[]).await.header(&ETAG).to_owned();
    let got = get(&files, "app.js", &[(IF_NONE_MATCH, &etag)]).await;
    assert_eq!((got.status, got.body.len(), got.header(&ETAG)), (StatusCode::NOT_MODIFIED, 0, etag.as_str()));
    assert!(!got.headers.contains_key(CONTENT_LENGTH) && !got.headers.contains_key(CONTENT_TYPE));
}

#[tokio::test]
async fn a_part_is_sent_when_a_part_is_asked_for() {
    let folder = Folder::new();
    let files = folder.open();
    let got = get(&files, "app.js", &[(RANGE, "bytes=4-6")]).await;
    assert_eq!((got.status, got.body.as_slice()), (StatusCode::PARTIAL_CONTENT, b"x =".as_slice()));
    assert_eq!((got.header(&CONTENT_RANGE), got.header(&CONTENT_LENGTH)), ("bytes 4-6/10", "3"));
    let got = get(&files, "app.js", &[(RANGE, "bytes=10-")]).await;
    assert_eq!((got.status, got.header(&CONTENT_RANGE)), (StatusCode::RANGE_NOT_SATISFIABLE, "bytes */10"));
    let got = get(&files, "app.js", &[(RANGE, "bytes=4-6"), (IF_RANGE, "\"old\"")]).await;
    assert_eq!((got.status, got.body.len()), (StatusCode::OK, 10));
}

#[tokio::test]
async fn a_compressed_sibling_goes_to_those_who_take_it() {
    let folder = Folder::new();
    let original = folder.0.join("public/app.js");
    folder.write("public/app.js.br", "BROTLI");
    let stale = folder.write("public/app.js.gz", "OLD");
    set_modified(&stale, fs::metadata(original).unwrap().modified().unwrap() - Duration::from_mins(1));
    let files = folder.open();
    let plain = get(&files, "app.js", &[]).await;
    assert_eq!((plain.header(&VARY), plain.body.len()), ("accept-encoding", 10));
    let packed = get(&files, "app.js", &[(ACCEPT_ENCODING, "gzip, br")]).await;
    assert_eq!((packed.header(&CONTENT_ENCODING), packed.body.as_slice()), ("br", b"BROTLI".as_slice()));
    assert_eq!(packed.header(&CONTENT_TYPE), "text/javascript; charset=utf-8");
    assert_ne!(packed.header(&ETAG), plain.header(&ETAG));
    let outdated = get(&files, "app.js", &[(ACCEPT_ENCODING, "gzip")]).await;
    assert_eq!(outdated.body, b"let x = 1;", "a sibling older than the file is not served");
}

#[tokio::test]
async fn a_large_file_is_streamed_whole_and_in_part() {
    let folder = Folder::new();
    let content: Vec<u8> = (0..1_000_003_u32).map(|index| (index % 251) as u8).collect();
    let path = folder.write("public/large.bin", &content);
    let files = folder.open();
    let got = get(&files, "large.bin", &[]).await;
    assert_eq!((got.header(&CONTENT_LENGTH), got.body == content), ("1000003", true));
    let got = get(&files, "large.bin", &[(RANGE, "bytes=70000-999999")]).await;
    assert!(got.body == content[70_000..=999_999]);
    fs::write(&path, &content[..300_000]).unwrap();
    let got = get(&files, "large.bin", &[]).await;
    assert_eq!(
        (got.status, got.body.len()),
        (StatusCode::OK, 300_000),
        "a change is seen at once when it is opened"
    );
}

#[tokio::test]
async fn a_file_that_shrinks_under_way_ends_in_an_error() {
    let folder = Folder::new();
    let path = folder.write("public/large.bin", vec![7; 1_000_000]);
    let files = folder.open();
    let response = files.answer(&Method::GET, "large.bin", &HeaderMap::new()).await;
    fs::File::options().write(true).open(path).unwrap().set_len(100_000).unwrap();
    assert!(response.into_body().collect().await.is_err());
}

#[tokio::test]
async fn a_change_on_the_disk_is_seen_within_a_second() {
    let folder = Folder::new();
    let files = folder.open();
    let old = get(&files, "app.js", &[]).await;
    folder.write("public/app.js", "let x = 2; // new");
    fs::remove_file(folder.0.join("public/docs/index.html")).unwrap();
    tokio::time::sleep(Duration::from_millis(1050)).await;
    let new = get(&files, "app.js", &[]).await;
    assert_eq!(new.body, b"let x = 2; // new");
    assert_ne!(new.header(&ETAG), old.header(&ETAG));
    assert_eq!(get(&files, "docs/", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_not_found_page_has_the_status_that_was_chosen() {
    let folder = Folder::new();
    folder.write("public/404.html", "<h1>lost</h1>");
    let config = folder.config(&json!({ "notFound": "404.html" }));
    let got = get(&StaticFiles::open(&config).unwrap(), "nowhere", &[(RANGE, "bytes=0-1")]).await;
    assert_eq!((got.status, got.body.as_slice()), (StatusCode::NOT_FOUND, b"<h1>lost</h1>".as_slice()));
    assert!(!got.headers.contains_key(ETAG));
    let config = folder.config(&json!({ "notFound": "index.html", "notFoundStatus": 200 }));
    let got = get(&StaticFiles::open(&config).unwrap(), "some/route", &[]).await;
    assert_eq!((got.status, got.body.as_slice()), (StatusCode::OK, b"<h1>home</h1>".as_slice()));
}

#[tokio::test]
async fn the_apps_headers_are_added_and_win() {
    let folder = Folder::new();
    let config = folder.config(&json!({ "headers": { "Cache-Control": "max-age=60", "x-team": "a" } }));
    let got = get(&StaticFiles::open(&config).unwrap(), "app.js", &[]).await;
    assert_eq!(
        (got.header(&CACHE_CONTROL), &got.headers["x-team"]),
        ("max-age=60", &HeaderValue::from_static("a"))
    );
}

#[test]
fn what_cannot_be_served_is_said_at_once() {
    let folder = Folder::new();
    let problem = |more: Value| StaticFiles::open(&folder.config(&more)).err().unwrap();
    let missing = problem(json!({ "dir": folder.0.join("nowhere") }));
    assert!(missing.contains("the static files of /*file: there is no folder"), "{missing}");
    assert!(problem(json!({ "dir": folder.0.join("secret.txt") })).contains("is not a folder"));
    assert!(problem(json!({ "dir": "public" })).contains("is not an absolute path"));
    assert!(problem(json!({ "notFound": "404.html" })).contains("which is no file in"));
}
