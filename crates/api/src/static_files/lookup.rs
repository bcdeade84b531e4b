//! Finding a file in the folder, in memory or on the disk.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

use bytes::Bytes;

use super::cache::Cache;
use super::config::MAX_KEPT_FILE_BYTES;
use super::encoding::Encoding;
use super::entry::{Entry, Representation};
use super::validators::Validators;
use super::{content_type, resolve};

/// How often a file that changes while it is read is read again before it is streamed instead.
const ATTEMPTS: u32 = 3;

/// What a path stands for.
pub(crate) enum Found {
    File(Arc<Entry>),
    /// A folder with an index page, asked for without the slash at its end.
    Folder,
    Nothing,
}

/// A folder and what of it is in memory.
pub(crate) struct Lookup {
    /// With every link resolved.
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

    /// The file, if it is in memory and was compared with the disk within the last second. Does not block.
    pub(crate) fn fresh(&self, name: &Path) -> Option<Arc<Entry>> {
        self.cache().fresh(name, Instant::now())
    }

    /// What lies on the disk; unchanged forms keep the bytes they have in memory. Blocks.
    pub(crate) fn read(&self, name: &Path) -> io::Result<Found> {
        let now = Instant::now();
        let Some(metadata) = self.inspect(name)? else {
            self.cache().remove(name);
            return Ok(Found::Nothing);
        };
        let (path, metadata) = metadata;
        if metadata.is_dir() {
            let index = self.inspect(&name.join("index.html"))?;
            return Ok(if index.is_some_and(|(_, index)| index.is_file()) {
                Found::Folder
            } else {
                Found::Nothing
            });
        }
        let Some(file) = OnDisk::regular(path, &metadata)? else { return Ok(Found::Nothing) };
        let entry = Arc::new(self.entry(name, file)?);
        self.cache().put(Arc::clone(&entry), now);
        Ok(Found::File(entry))
    }

    /// Forgets an entry that the disk has overtaken.
    pub(crate) fn forget(&self, entry: &Entry) {
        self.cache().remove(&entry.name);
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn entry(&self, name: &Path, file: OnDisk) -> io::Result<Entry> {
        let known = self.cache().known(name);
        let known = known.as_deref();
        let mut compressed = Vec::new();
        for encoding in Encoding::ALL {
            if let Some(sibling) = self.sibling(name, encoding, file.modified)? {
                compressed.push(sibling.into_form(Some(encoding), known)?);
            }
        }
        let plain = file.into_form(None, known)?;
        Ok(Entry { name: name.to_owned(), content_type: content_type::of(name), plain, compressed })
    }

    /// The compressed form beside a file. One that is older than the file was made of something else.
    fn sibling(&self, name: &Path, encoding: Encoding, modified: SystemTime) -> io::Result<Option<OnDisk>> {
        let mut beside = OsString::from(name);
        beside.push(encoding.suffix());
        let Some((path, metadata)) = self.inspect(Path::new(&beside))? else { return Ok(None) };
        let found = OnDisk::regular(path, &metadata)?;
        Ok(found.filter(|sibling| sibling.modified >= modified))
    }

    /// Where a path leads, with every link followed. `None` when that is nowhere, outside of the folder, or hidden.
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
    /// `None` for pipes, sockets and devices: to open one could wait for ever.
    fn regular(path: PathBuf, metadata: &Metadata) -> io::Result<Option<Self>> {
        if !metadata.is_file() {
            return Ok(None);
        }
        Ok(Some(Self { path, length: metadata.len(), modified: metadata.modified()? }))
    }

    fn into_form(self, encoding: Option<Encoding>, known: Option<&Entry>) -> io::Result<Representation> {
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

    /// The bytes of a small file together with the size and time that belong to them.
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

/// A path that leads nowhere, or nowhere that we may look, is an absence and not a failure.
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

/// `ErrorKind::FilesystemLoop` is not stable yet; its text is.
fn is_link_loop(error: &io::Error) -> bool {
    error.kind().to_string() == "filesystem loop or indirection limit (e.g. symlink loop)"
}
