//! What only a folder does.

use bytes::Bytes;
use twinloop_objects::{BucketStore, Settings, UploadOptions};

use crate::fixture::{download, folder, plainly, put, settings};

#[tokio::test]
async fn objects_are_files_by_their_keys() {
    let fixture = folder().await;
    let bucket = fixture.named("photos");
    put(&bucket, "a/ü 1.txt", "hello").await;
    let file = fixture.files.as_ref().unwrap().join("photos/a/ü 1.txt");
    assert_eq!(std::fs::read(file).unwrap(), b"hello");
}

#[tokio::test]
async fn an_object_that_others_have_written_has_no_content_type() {
    let fixture = folder().await;
    let bucket = fixture.named("photos");
    let options = UploadOptions { content_type: Some("image/png".into()), ..plainly() };
    bucket.put("x", Bytes::from_static(b"png"), &options).await.unwrap();
    std::fs::write(fixture.files.as_ref().unwrap().join("photos/x"), "by hand").unwrap();
    assert_eq!(bucket.attributes("x", None).await.unwrap().content_type, None);
    assert_eq!(download(&bucket, "x").await.unwrap(), b"by hand");
}

#[tokio::test]
async fn a_key_that_goes_on_where_another_ends_is_refused() {
    let fixture = folder().await;
    let bucket = fixture.named("photos");
    put(&bucket, "a", "1").await;
    let refused = bucket.put("a/b", Bytes::new(), &plainly()).await.unwrap_err();
    assert_eq!(refused.code.to_string(), "failed_precondition", "{refused}");
}

#[tokio::test]
async fn a_segment_that_is_too_long_for_a_file_is_refused() {
    let fixture = folder().await;
    let bucket = fixture.named("photos");
    let refused = bucket.put(&"x".repeat(300), Bytes::new(), &plainly()).await.unwrap_err();
    assert_eq!(refused.code.to_string(), "invalid_argument", "{refused}");
}

#[tokio::test]
async fn a_bucket_with_versions_is_refused_at_the_start() {
    let root = tempfile::tempdir().unwrap();
    let settings = Settings {
        root: root.path().to_str().unwrap().to_owned(),
        versioned: vec!["photos".to_owned()],
        ..settings("objects")
    };
    let refused = BucketStore::open(&settings).await.err().unwrap();
    assert_eq!(refused.code.to_string(), "failed_precondition");
    assert!(refused.message.contains("photos") && refused.message.contains("OBJECTS_URL"), "{refused}");
}

#[tokio::test]
async fn a_place_that_is_no_folder_is_told() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("objects"), "a file").unwrap();
    let settings = Settings { root: root.path().to_str().unwrap().to_owned(), ..settings("objects") };
    let refused = BucketStore::open(&settings).await.err().unwrap();
    assert_eq!(refused.code.to_string(), "permission_denied");
}
