//! Lookup of files in a folder, in memory or on the disk.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Instant, SystemTime};

use bytes::Bytes;

use twinloop_runtime::lock;

use super::cache::Cache;
use super::config::MAX_KEPT_FILE_BYTES;
use super::entry::{FileEntry, Representation};
use super::validators::Validators;
use super::{content_type, resolve};
use crate::answer::encoding::Encoding;

/// Attempts to read a file that changes while it is read, before it is streamed instead.
const ATTEMPTS: u32 = 3;

/// The result of a lookup.
pub(crate) enum PathTarget {
    File(Arc<FileEntry>),
    /// A folder with an index page, requested without the trailing slash.
    Folder,
    Nothing,
}

/// A folder with its cache.
pub(crate) struct Lookup {
    /// The folder's path, with all links resolved.
    root: PathBuf,
    cache: Mutex<Cache>,
}

/// A file on the disk.
struct OnDisk {
    path: PathBuf,
    length: u64,
    modified: SystemTime,
}

impl Lookup {
    pub(crate) fn open(dir: &Path) -> Result<Self, String> {
        if !dir.is_absolute() {
            return Err(format!("the folder {} is not an absolute path", dir.display()));
        }
        let root = fs::canonicalize(dir).map_err(|error| match error.kind() {
            ErrorKind::NotFound => format!("there is no folder {}", dir.display()),
            _ => format!("the folder {} cannot be opened: {error}", dir.display()),
        })?;
        if !root.is_dir() {
            return Err(format!("{} is not a folder", dir.display()));
        }
        Ok(Self { root, cache: Mutex::default() })
    }

    /// The file from memory, if it was compared with the disk within the last second. Does not block.
    pub(crate) fn fresh(&self, name: &Path) -> Option<Arc<FileEntry>> {
        self.cache().fresh(name, Instant::now())
    }

    /// Looks the file up on the disk; unchanged representations keep their bytes in memory. Blocks.
    pub(crate) fn read(&self, name: &Path) -> io::Result<PathTarget> {
        let now = Instant::now();
        let Some(metadata) = self.inspect(name)? else {
            self.cache().remove(name);
            return Ok(PathTarget::Nothing);
        };
        let (path, metadata) = metadata;
        if metadata.is_dir() {
            let index = self.inspect(&name.join("index.html"))?;
            return Ok(if index.is_some_and(|(_, index)| index.is_file()) {
                PathTarget::Folder
            } else {
                PathTarget::Nothing
            });
        }
        let Some(file) = OnDisk::regular(path, &metadata)? else { return Ok(PathTarget::Nothing) };
        let entry = Arc::new(self.entry(name, file)?);
        self.cache().put(Arc::clone(&entry), now);
        Ok(PathTarget::File(entry))
    }

    /// Removes an outdated entry from the cache.
    pub(crate) fn forget(&self, entry: &FileEntry) {
        self.cache().remove(&entry.name);
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        lock(&self.cache)
    }

    fn entry(&self, name: &Path, file: OnDisk) -> io::Result<FileEntry> {
        let known = self.cache().known(name);
        let known = known.as_deref();
        let mut compressed = Vec::new();
        for encoding in Encoding::OF_FILES {
            if let Some(sibling) = self.sibling(name, encoding, file.modified)? {
                compressed.push(sibling.into_form(Some(encoding), known)?);
            }
        }
        let plain = file.into_form(None, known)?;
        Ok(FileEntry { name: name.to_owned(), content_type: content_type::of(name), plain, compressed })
    }

    /// Finds the compressed form beside a file; one that is older than the file is ignored as outdated.
    fn sibling(&self, name: &Path, encoding: Encoding, modified: SystemTime) -> io::Result<Option<OnDisk>> {
        let mut beside = OsString::from(name);
        beside.push(encoding.suffix());
        let Some((path, metadata)) = self.inspect(Path::new(&beside))? else { return Ok(None) };
        let found = OnDisk::regular(path, &metadata)?;
        Ok(found.filter(|sibling| sibling.modified >= modified))
    }

    /// Resolves a path with all links; `None` when the target is missing, outside of the folder, or hidden.
    fn inspect(&self, name: &Path) -> io::Result<Option<(PathBuf, Metadata)>> {
        let Some(path) = absent_as_none(fs::canonicalize(self.root.join(name)))? else { return Ok(None) };
        match path.strip_prefix(&self.root) {
            Ok(within) if !resolve::is_hidden(within) => {}
            _ => return Ok(None),
        }
        let metadata = absent_as_none(fs::metadata(&path))?;
        Ok(metadata.map(|metadata| (path, metadata)))
    }
}

impl OnDisk {
    /// Takes a regular file; `None` for pipes, sockets and devices, whose opening could block for ever.
    fn regular(path: PathBuf, metadata: &Metadata) -> io::Result<Option<Self>> {
        if !metadata.is_file() {
            return Ok(None);
        }
        Ok(Some(Self { path, length: metadata.len(), modified: metadata.modified()? }))
    }

    fn into_form(self, encoding: Option<Encoding>, known: Option<&FileEntry>) -> io::Result<Representation> {
        let same = known.and_then(|entry| {
            entry.forms().find(|form| {
                form.encoding == encoding && form.is_version(&self.path, self.length, self.modified)
            })
        });
        let (file, content) = match same {
            Some(form) => (self, form.content.clone()),
            None => self.read()?,
        };
        let validators = Validators::of(file.modified, file.length, encoding)
            .ok_or_else(|| io::Error::other("the file's time cannot be sent"))?;
        let OnDisk { path, length, modified } = file;
        Ok(Representation { path, length, modified, encoding, validators, content })
    }

    /// Reads the bytes of a small file, together with the size and time that belong to them.
    fn read(mut self) -> io::Result<(Self, Option<Bytes>)> {
        for _ in 0..ATTEMPTS {
            if self.length > MAX_KEPT_FILE_BYTES {
                break;
            }
            let mut file = File::open(&self.path)?;
            let mut content = Vec::with_capacity(usize::try_from(self.length).unwrap_or_default());
            file.by_ref().take(MAX_KEPT_FILE_BYTES + 1).read_to_end(&mut content)?;
            let after = file.metadata()?;
            let settled = after.len() == self.length && after.modified()? == self.modified;
            if settled && content.len() as u64 == self.length {
                return Ok((self, Some(Bytes::from(content))));
            }
            self.length = after.len();
            self.modified = after.modified()?;
        }
        Ok((self, None))
    }
}

/// Looks up one file on the disk, without a cache and without compressed siblings: at an absolute path, or below the folder
/// `root`, which the path cannot leave. `None` for a file that is not there. Blocks.
pub(crate) fn single(path: &Path, root: Option<&Path>) -> io::Result<Option<FileEntry>> {
    let found = match root {
        None => {
            let Some(path) = absent_as_none(fs::canonicalize(path))? else { return Ok(None) };
            absent_as_none(fs::metadata(&path))?.map(|metadata| (path, metadata))
        }
        Some(root) => {
            let name = path.to_str().and_then(resolve::resolve_decoded);
            match (Lookup::open(root), name) {
                (Ok(lookup), Some(name)) => lookup.inspect(&name)?,
                _ => None,
            }
        }
    };
    let Some((path, metadata)) = found else { return Ok(None) };
    let content_type = content_type::of(&path);
    let Some(file) = OnDisk::regular(path.clone(), &metadata)? else { return Ok(None) };
    let plain = file.into_form(None, None)?;
    Ok(Some(FileEntry { name: path, content_type, plain, compressed: Vec::new() }))
}

/// Maps the errors of a missing or inaccessible path to `None`.
fn absent_as_none<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    use ErrorKind::{InvalidFilename, InvalidInput, NotADirectory, NotFound, PermissionDenied};
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) => match error.kind() {
            NotFound | NotADirectory | PermissionDenied | InvalidInput | InvalidFilename => Ok(None),
            _ if is_link_loop(&error) => Ok(None),
            _ => Err(error),
        },
    }
}

/// Whether an error is a loop of links. `ErrorKind::FilesystemLoop` is unstable, so its text is compared.
fn is_link_loop(error: &io::Error) -> bool {
    error.kind().to_string() == "filesystem loop or indirection limit (e.g. symlink loop)"
}
