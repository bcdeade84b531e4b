//! A store to test, with what must live as long as it.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use tempfile::TempDir;
use twinloop_objects::{Bucket, BucketStore, Download, Listing, Settings, Upload, UploadOptions};
use twinloop_runtime::Failure;

use crate::s3_server::S3Server;

/// An open store whose buckets nobody else uses.
pub(crate) struct Fixture {
    pub(crate) store: Arc<BucketStore>,
    /// Where the store's files are; the memory has none.
    pub(crate) files: Option<PathBuf>,
    _folder: Option<TempDir>,
    _server: Option<S3Server>,
}

impl Fixture {
    /// The bucket of the store that has this name.
    pub(crate) fn named(&self, name: &str) -> Bucket {
        Bucket::of(&self.store, name).unwrap()
    }

    /// A bucket of the store, by a name that no other test of this process has.
    pub(crate) fn bucket(&self, name: &str) -> Bucket {
        static LAST: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = LAST.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.named(&format!("{name}-{number}"))
    }
}

pub(crate) async fn memory() -> Fixture {
    let store = opened(settings("memory://")).await;
    Fixture { store, files: None, _folder: None, _server: None }
}

pub(crate) async fn folder() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let mut settings = settings("objects");
    settings.root = folder.path().to_str().unwrap().to_owned();
    let files = folder.path().join("objects");
    Fixture { store: opened(settings).await, files: Some(files), _folder: Some(folder), _server: None }
}

pub(crate) async fn s3() -> Fixture {
    let server = S3Server::start("files").await;
    let store = opened(server.settings("files/app")).await;
    Fixture { store, files: Some(server.root().to_owned()), _folder: None, _server: Some(server) }
}

pub(crate) fn settings(url: &str) -> Settings {
    Settings { url: url.to_owned(), ..Settings::default() }
}

async fn opened(settings: Settings) -> Arc<BucketStore> {
    Arc::new(BucketStore::open(&settings).await.unwrap())
}

/// An upload without options.
pub(crate) fn plainly() -> UploadOptions {
    UploadOptions::default()
}

pub(crate) async fn download(bucket: &Bucket, key: &str) -> Result<Vec<u8>, Failure> {
    let download = Download::begin(bucket, key, None).await?;
    let mut all = Vec::new();
    loop {
        let piece = download.read().await?;
        if piece.is_empty() {
            return Ok(all);
        }
        all.extend_from_slice(&piece);
    }
}

/// The keys of a listing, sorted: a store may list in any order.
pub(crate) async fn keys(bucket: &Bucket, prefix: &str) -> Vec<String> {
    let listing = Listing::begin(bucket, prefix);
    let mut keys = Vec::new();
    loop {
        let page = listing.page(2).await.unwrap();
        if page.is_empty() {
            keys.sort();
            return keys;
        }
        assert!(page.len() <= 2, "{page:?}");
        keys.extend(page.into_iter().map(|entry| entry.name));
    }
}

pub(crate) async fn put(bucket: &Bucket, key: &str, text: &'static str) {
    bucket.put(key, Bytes::from_static(text.as_bytes()), &plainly()).await.unwrap();
}

/// `length` bytes that repeat at no power of two.
pub(crate) fn pattern(length: usize) -> Bytes {
    (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect()
}

/// Begins an upload and sends `bytes` in pieces of 100 000.
pub(crate) async fn begun(bucket: &Bucket, key: &str, bytes: &Bytes, options: UploadOptions) -> Upload {
    let upload = Upload::begin(bucket.clone(), key, options).unwrap();
    for piece in bytes.chunks(100_000) {
        upload.write(bytes.slice_ref(piece)).await.unwrap();
    }
    upload
}
