//! The arguments of objects' operations, as an isolate sends them.

use std::time::Duration;

use serde::Deserialize;

use crate::bucket::UploadOptions;

/// A number: of a store, an upload, a download or a listing.
#[derive(Deserialize)]
pub(crate) struct Handle {
    pub(crate) number: u32,
}

/// One object.
#[derive(Deserialize)]
pub(crate) struct Object {
    /// The store's number.
    pub(crate) store: u32,
    /// The bucket's name.
    pub(crate) bucket: String,
    /// The object's key.
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) version: Option<String>,
}

/// An object that is in memory, as a blob.
#[derive(Deserialize)]
pub(crate) struct Put {
    pub(crate) store: u32,
    pub(crate) bucket: String,
    pub(crate) key: String,
    /// The blob with the object's bytes.
    pub(crate) blob: u32,
    pub(crate) options: UploadOptions,
}

/// An object that will come in pieces.
#[derive(Deserialize)]
pub(crate) struct Begin {
    pub(crate) store: u32,
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) options: UploadOptions,
}

/// A piece of an upload, as a blob.
#[derive(Deserialize)]
pub(crate) struct Piece {
    pub(crate) number: u32,
    pub(crate) blob: u32,
}

/// The objects of a bucket whose keys begin with `prefix`.
#[derive(Deserialize)]
pub(crate) struct List {
    pub(crate) store: u32,
    pub(crate) bucket: String,
    /// What the keys begin with; empty for all.
    pub(crate) prefix: String,
}

/// At most so many objects of a listing.
#[derive(Deserialize)]
pub(crate) struct Page {
    pub(crate) number: u32,
    /// The most objects of the answer.
    pub(crate) most: usize,
}

/// A URL for one object.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sign {
    pub(crate) store: u32,
    pub(crate) bucket: String,
    pub(crate) key: String,
    ttl_ms: u64,
}

impl Sign {
    pub(crate) fn ttl(&self) -> Duration {
        Duration::from_millis(self.ttl_ms)
    }
}
