//! What every store promises.

use bytes::Bytes;
use twinloop_objects::{PART_BYTES, Upload, UploadOptions};

use crate::fixture::{Fixture, begun, download, keys, pattern, plainly, put};

fn typed(content_type: &str) -> UploadOptions {
    UploadOptions { content_type: Some(content_type.to_owned()), ..plainly() }
}

fn only_new() -> UploadOptions {
    UploadOptions { not_exists: true, ..plainly() }
}

pub(crate) async fn keeps_what_was_uploaded(fixture: &Fixture) {
    let bucket = fixture.bucket("kept");
    let uploaded = bucket.put("a/b.txt", Bytes::from_static(b"hello"), &typed("text/plain")).await.unwrap();
    assert_eq!((uploaded.name.as_str(), uploaded.size), ("a/b.txt", 5));
    let known = bucket.attributes("a/b.txt", None).await.unwrap();
    assert_eq!(known, uploaded);
    assert_eq!(known.content_type.as_deref(), Some("text/plain"));
    assert!(!known.etag.is_empty());
    assert!(bucket.exists("a/b.txt", None).await.unwrap());
    assert_eq!(download(&bucket, "a/b.txt").await.unwrap(), b"hello");
}

pub(crate) async fn keeps_an_empty_object(fixture: &Fixture) {
    let bucket = fixture.bucket("empty");
    bucket.put("none", Bytes::new(), &plainly()).await.unwrap();
    Upload::begin(bucket.clone(), "nothing", plainly()).unwrap().finish().await.unwrap();
    for key in ["none", "nothing"] {
        assert_eq!(bucket.attributes(key, None).await.unwrap().size, 0);
        assert!(download(&bucket, key).await.unwrap().is_empty());
    }
}

pub(crate) async fn replaces_an_object_as_a_whole(fixture: &Fixture) {
    let bucket = fixture.bucket("replaced");
    let first = bucket.put("x", Bytes::from_static(b"the first"), &typed("text/plain")).await.unwrap();
    let second = bucket.put("x", Bytes::from_static(b"2"), &typed("text/html")).await.unwrap();
    assert_ne!(first.etag, second.etag);
    assert_eq!(download(&bucket, "x").await.unwrap(), b"2");
    let known = bucket.attributes("x", None).await.unwrap();
    assert_eq!(known.content_type.as_deref(), Some("text/html"));
}

pub(crate) async fn replaces_nothing_where_asked_not_to(fixture: &Fixture) {
    let bucket = fixture.bucket("once");
    bucket.put("x", Bytes::from_static(b"first"), &only_new()).await.unwrap();
    let again = bucket.put("x", Bytes::from_static(b"second"), &only_new()).await.unwrap_err();
    assert_eq!(again.code.to_string(), "already_exists");
    // More than one part: the condition holds for it as well.
    let upload = begun(&bucket, "x", &pattern(PART_BYTES + 1), only_new()).await;
    assert_eq!(upload.finish().await.unwrap_err().code.to_string(), "already_exists");
    assert_eq!(download(&bucket, "x").await.unwrap(), b"first");
}

pub(crate) async fn says_what_is_not_there(fixture: &Fixture) {
    let bucket = fixture.bucket("absent");
    assert!(!bucket.exists("x", None).await.unwrap());
    assert_eq!(bucket.attributes("x", None).await.unwrap_err().code.to_string(), "not_found");
    let failure = download(&bucket, "x").await.unwrap_err();
    assert_eq!(
        (failure.code.to_string().as_str(), failure.message.as_str()),
        ("not_found", "there is no object \"x\"")
    );
}

pub(crate) async fn removes_what_is_there_or_not(fixture: &Fixture) {
    let bucket = fixture.bucket("removed");
    put(&bucket, "a/b", "1").await;
    bucket.remove("a/b").await.unwrap();
    bucket.remove("a/b").await.unwrap();
    assert!(!bucket.exists("a/b", None).await.unwrap());
    assert!(keys(&bucket, "").await.is_empty());
}

pub(crate) async fn keeps_keys_as_they_are(fixture: &Fixture) {
    let bucket = fixture.bucket("named");
    let mut odd =
        ["%2e%2e/x", "100%", "a b", "a%2Fb", "a+b", "a?b&c=d", "a~b'(c)*!", "d/e/f", "ünï/日本.txt"];
    odd.sort_unstable();
    for key in odd {
        bucket.put(key, Bytes::from(key.to_owned()), &plainly()).await.unwrap();
    }
    assert_eq!(keys(&bucket, "").await, odd);
    for key in odd {
        assert_eq!(download(&bucket, key).await.unwrap(), key.as_bytes());
    }
}

pub(crate) async fn lists_by_prefix_and_in_pages(fixture: &Fixture) {
    let bucket = fixture.bucket("listed");
    for key in ["a", "photos/1", "photos/2", "photos/old/3", "phone"] {
        put(&bucket, key, "x").await;
    }
    assert_eq!(keys(&bucket, "").await, ["a", "phone", "photos/1", "photos/2", "photos/old/3"]);
    assert_eq!(keys(&bucket, "photos/").await, ["photos/1", "photos/2", "photos/old/3"]);
    assert_eq!(keys(&bucket, "pho").await, ["phone", "photos/1", "photos/2", "photos/old/3"]);
    assert_eq!(keys(&bucket, "photos/o").await, ["photos/old/3"]);
    assert!(keys(&bucket, "none").await.is_empty());
}

pub(crate) async fn keeps_buckets_apart(fixture: &Fixture) {
    let (one, other) = (fixture.bucket("apart"), fixture.bucket("apart"));
    put(&one, "x", "1").await;
    assert!(!other.exists("x", None).await.unwrap());
    assert!(keys(&other, "").await.is_empty());
}

pub(crate) async fn uploads_in_parts(fixture: &Fixture) {
    let bucket = fixture.bucket("large");
    let bytes = pattern(2 * PART_BYTES + 12_345);
    let upload = begun(&bucket, "film", &bytes, typed("video/mp4")).await;
    assert!(!bucket.exists("film", None).await.unwrap());
    let uploaded = upload.finish().await.unwrap();
    assert_eq!(uploaded.size, bytes.len() as u64);
    let known = bucket.attributes("film", None).await.unwrap();
    assert_eq!((known.size, known.content_type.as_deref()), (bytes.len() as u64, Some("video/mp4")));
    assert!(download(&bucket, "film").await.unwrap() == bytes);
}

pub(crate) async fn shows_nothing_of_an_upload_that_was_given_up(fixture: &Fixture) {
    let bucket = fixture.bucket("broken");
    put(&bucket, "kept", "before").await;
    for key in ["film", "kept"] {
        begun(&bucket, key, &pattern(PART_BYTES + 1), plainly()).await.abort().await;
    }
    assert_eq!(keys(&bucket, "").await, ["kept"]);
    assert_eq!(download(&bucket, "kept").await.unwrap(), b"before");
    if let Some(files) = &fixture.files {
        let large =
            walk(files).into_iter().filter(|path| path.metadata().is_ok_and(|of| of.len() > 1_000_000));
        assert_eq!(large.collect::<Vec<_>>(), Vec::<std::path::PathBuf>::new());
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

pub(crate) async fn takes_nothing_after_the_end_of_an_upload(fixture: &Fixture) {
    let bucket = fixture.bucket("ended");
    let upload = begun(&bucket, "x", &pattern(10), plainly()).await;
    upload.finish().await.unwrap();
    assert_eq!(upload.write(pattern(1)).await.unwrap_err().code.to_string(), "failed_precondition");
    assert_eq!(upload.finish().await.unwrap_err().code.to_string(), "failed_precondition");
    upload.abort().await;
    assert_eq!(bucket.attributes("x", None).await.unwrap().size, 10);
}

pub(crate) async fn refuses_keys_that_leave_the_bucket(fixture: &Fixture) {
    let bucket = fixture.bucket("fenced");
    for key in ["", "../x", "/etc/passwd", "a/../../x", "a//b", "a/", "a\0", "a\\..\\x", &"x".repeat(1025)] {
        let refused = bucket.put(key, Bytes::new(), &plainly()).await.unwrap_err();
        assert_eq!(refused.code.to_string(), "invalid_argument", "{key:?}");
        assert!(Upload::begin(bucket.clone(), key, plainly()).is_err());
        assert!(bucket.remove(key).await.is_err());
    }
}
