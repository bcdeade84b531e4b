//! A file as it is served: its forms, and their bytes where they are kept.

use std::path::PathBuf;
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderValue;

use super::encoding::{Encoding, Wanted};
use super::validators::Validators;

/// One form of a file: the file itself, or its compressed sibling.
#[derive(Debug)]
pub(crate) struct Representation {
    /// Where it lies, with every link resolved.
    pub(crate) path: PathBuf,
    pub(crate) length: u64,
    pub(crate) modified: SystemTime,
    pub(crate) encoding: Option<Encoding>,
    pub(crate) validators: Validators,
    /// Its bytes; `None` for one that is streamed.
    pub(crate) content: Option<Bytes>,
}

impl Representation {
    /// Whether this is still what lies on the disk.
    pub(crate) fn is_version(&self, path: &PathBuf, length: u64, modified: SystemTime) -> bool {
        self.length == length && self.modified == modified && self.path == *path
    }
}

/// A file with its compressed siblings.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The path below the folder that it is asked for by.
    pub(crate) name: PathBuf,
    pub(crate) content_type: HeaderValue,
    pub(crate) plain: Representation,
    pub(crate) compressed: Vec<Representation>,
}

impl Entry {
    /// The form the client likes best.
    pub(crate) fn best(&self, wanted: Wanted) -> &Representation {
        let find = |encoding| self.compressed.iter().find(|form| form.encoding == Some(encoding));
        wanted.best(|encoding| find(encoding).is_some()).and_then(find).unwrap_or(&self.plain)
    }

    /// Every form, the file itself first.
    pub(crate) fn forms(&self) -> impl Iterator<Item = &Representation> {
        std::iter::once(&self.plain).chain(&self.compressed)
    }

    /// Bytes kept in memory.
    pub(crate) fn kept_bytes(&self) -> u64 {
        self.forms().filter_map(|form| form.content.as_ref()).map(|content| content.len() as u64).sum()
    }
}
