//! A file as it is served: its representations, and their bytes where they are in memory.

use std::path::PathBuf;
use std::time::SystemTime;

use bytes::Bytes;
use http::HeaderValue;

use super::validators::Validators;
use crate::answer::encoding::{Encoding, Wanted};

/// A representation of a file: the file itself, or a compressed sibling.
#[derive(Debug)]
pub(crate) struct Representation {
    /// The path of the representation, with all links resolved.
    pub(crate) path: PathBuf,
    pub(crate) length: u64,
    pub(crate) modified: SystemTime,
    pub(crate) encoding: Option<Encoding>,
    pub(crate) validators: Validators,
    /// The bytes; `None` for a representation that is streamed.
    pub(crate) content: Option<Bytes>,
}

impl Representation {
    /// Whether the representation is still the version on the disk.
    pub(crate) fn is_version(&self, path: &PathBuf, length: u64, modified: SystemTime) -> bool {
        self.length == length && self.modified == modified && self.path == *path
    }
}

/// A file with its compressed siblings.
#[derive(Debug)]
pub(crate) struct FileEntry {
    /// The path below the folder by which the file is requested.
    pub(crate) name: PathBuf,
    pub(crate) content_type: HeaderValue,
    pub(crate) plain: Representation,
    pub(crate) compressed: Vec<Representation>,
}

impl FileEntry {
    /// The representation that the client prefers.
    pub(crate) fn best(&self, wanted: Wanted) -> &Representation {
        let find = |encoding| self.compressed.iter().find(|form| form.encoding == Some(encoding));
        wanted
            .best(&Encoding::OF_FILES, |encoding| find(encoding).is_some())
            .and_then(find)
            .unwrap_or(&self.plain)
    }

    /// All representations, the file itself first.
    pub(crate) fn forms(&self) -> impl Iterator<Item = &Representation> {
        std::iter::once(&self.plain).chain(&self.compressed)
    }

    /// The number of bytes in memory.
    pub(crate) fn kept_bytes(&self) -> u64 {
        self.forms().filter_map(|form| form.content.as_ref()).map(|content| content.len() as u64).sum()
    }
}
