//! Uploaded files: small ones in memory, others in a folder of temporary files that ends with the server.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use serde::Deserialize;
use tempfile::{NamedTempFile, TempDir, TempPath};
use tokio::runtime::Handle;
use tokio::task::spawn_blocking;

/// Bytes that are gathered before they are written to a file.
pub(crate) const WRITE_BYTES: usize = 256 << 10;

/// The beginning of the name of a server's folder of uploads.
const PREFIX: &str = "twinloop-uploads-";
/// The file in such a folder that its server holds locked, so that others can tell that the server lives.
const LOCK: &str = "lock";

/// The limits of uploads to one endpoint.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct UploadConfig {
    /// Most files of one body; 413 beyond. Default 20.
    pub max_files: usize,
    /// Most bytes of one file; `None` has no limit but that of the body. 413 beyond.
    pub max_file_bytes: Option<u64>,
    /// Most fields of one form that are no files; 413 beyond. Default 1,000.
    pub max_fields: usize,
    /// Most bytes of one such field of a multipart body; 413 beyond. Default 1 MiB.
    pub max_field_bytes: usize,
    /// Most bytes of a file that is kept in memory; a larger one is written to the disk. Default 64 KiB.
    pub memory_bytes: u64,
    /// The folder for temporary files. Default: the operating system's.
    pub dir: Option<PathBuf>,
}

impl Default for UploadConfig {
    fn default() -> Self {
        Self {
            max_files: 20,
            max_file_bytes: None,
            max_fields: 1000,
            max_field_bytes: 1 << 20,
            memory_bytes: 64 << 10,
            dir: None,
        }
    }
}

/// A folder for the temporary files of one endpoint, which only this user can read. Deleted when the server ends.
pub(crate) struct UploadFolder {
    folder: TempDir,
    _lock: File,
}

impl UploadFolder {
    /// Creates the folder, and deletes those of servers that ended without doing so.
    pub(crate) fn create(dir: Option<&Path>) -> io::Result<Self> {
        let dir = dir.map_or_else(std::env::temp_dir, Path::to_owned);
        remove_abandoned(&dir);
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        let folder = builder.tempdir_in(&dir)?;
        // Renamed when it is held, so that another server that starts never finds it free.
        let unnamed = folder.path().join("lock.new");
        let lock = File::create_new(&unnamed)?;
        lock.try_lock().map_err(io::Error::from)?;
        fs::rename(unnamed, folder.path().join(LOCK))?;
        Ok(Self { folder, _lock: lock })
    }

    fn file(&self) -> impl FnOnce() -> io::Result<NamedTempFile> + Send + 'static {
        let path = self.folder.path().to_owned();
        move || tempfile::Builder::new().prefix("").tempfile_in(path)
    }
}

/// Deletes the folders whose lock nobody holds. A folder without a lock is being created by another server.
fn remove_abandoned(dir: &Path) {
    let Ok(entries) = fs::read_dir(dir) else { return };
    for path in entries.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        let is_ours =
            path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(PREFIX.as_bytes()));
        let lock = path.join(LOCK);
        // Opening what is no file, such as another user's pipe, could wait for ever.
        let is_lock = is_ours && fs::symlink_metadata(&lock).is_ok_and(|found| found.is_file());
        if is_lock && File::open(lock).is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(&path);
        }
    }
}

/// A file that is being received.
#[derive(Default)]
pub(crate) struct IncomingFile {
    length: u64,
    /// Bytes that are not written to the disk.
    gathered: Vec<u8>,
    disk: Option<NamedTempFile>,
}

impl IncomingFile {
    /// The number of bytes so far.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Adds bytes; unless all of the file stays `in_memory`, they are written when enough are gathered.
    pub(crate) async fn add(
        &mut self,
        bytes: &Bytes,
        in_memory: bool,
        folder: &UploadFolder,
    ) -> io::Result<()> {
        self.length += bytes.len() as u64;
        self.gathered.extend_from_slice(bytes);
        if in_memory {
            return Ok(());
        }
        if self.disk.is_none() {
            self.disk = Some(blocking(folder.file()).await?);
        }
        if self.gathered.len() >= WRITE_BYTES { self.write().await } else { Ok(()) }
    }

    async fn write(&mut self) -> io::Result<()> {
        let Some(mut file) = self.disk.take() else { return Ok(()) };
        let mut gathered = std::mem::take(&mut self.gathered);
        let written = blocking(move || {
            file.write_all(&gathered)?;
            gathered.clear();
            Ok((file, gathered))
        });
        let (file, gathered) = written.await?;
        self.disk = Some(file);
        self.gathered = gathered;
        Ok(())
    }

    /// Ends the file.
    pub(crate) async fn finish(mut self) -> io::Result<StoredFile> {
        if self.disk.is_some() {
            self.write().await?;
        }
        Ok(match self.disk {
            Some(file) => StoredFile::Disk(Deleted(Some(file.into_temp_path())), self.length),
            None => StoredFile::Memory(Bytes::from(self.gathered)),
        })
    }
}

/// A file that has been received; deleted when this is dropped.
pub(crate) enum StoredFile {
    Memory(Bytes),
    Disk(Deleted, u64),
}

impl StoredFile {
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Disk(_, length) => *length,
        }
    }

    pub(crate) fn bytes_in_memory(&self) -> u64 {
        if let Self::Memory(bytes) = self { bytes.len() as u64 } else { 0 }
    }

    /// The bytes, where they are in memory.
    pub(crate) fn bytes(&self) -> Option<Bytes> {
        if let Self::Memory(bytes) = self { Some(bytes.clone()) } else { None }
    }

    /// The path, where the file is on the disk.
    pub(crate) fn path(&self) -> Option<&Path> {
        if let Self::Disk(Deleted(path), _) = self { path.as_deref() } else { None }
    }
}

/// A path whose file is deleted with it, on a blocking thread: the deletion of a large file takes its time.
pub(crate) struct Deleted(Option<TempPath>);

impl Drop for Deleted {
    fn drop(&mut self) {
        let path = self.0.take();
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn_blocking(move || drop(path));
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_small_file_stays_in_memory_and_a_large_one_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let folder = UploadFolder::create(Some(dir.path())).unwrap();
        let mut small = IncomingFile::default();
        small.add(&Bytes::from_static(b"abc"), true, &folder).await.unwrap();
        assert_eq!(small.finish().await.unwrap().bytes().unwrap(), "abc");

        let mut large = IncomingFile::default();
        let piece = Bytes::from(vec![7; 100_000]);
        for _ in 0..10 {
            large.add(&piece, false, &folder).await.unwrap();
            assert!(large.gathered.len() < 2 * WRITE_BYTES);
        }
        let stored = large.finish().await.unwrap();
        let path = stored.path().unwrap().to_owned();
        assert_eq!(fs::read(&path).unwrap(), vec![7; 1_000_000]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        drop(stored);
        for _ in 0..1000 {
            if !path.exists() {
                break;
            }
            tokio::task::yield_now().await;
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        assert!(!path.exists(), "the file is deleted with its request");
    }

    #[test]
    fn folders_of_servers_that_have_died_are_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let alive = UploadFolder::create(Some(dir.path())).unwrap();
        let dead = dir.path().join("twinloop-uploads-dead");
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        fs::write(dead.join("file"), "left").unwrap();
        let other = dir.path().join("others");
        fs::create_dir(&other).unwrap();
        let next = UploadFolder::create(Some(dir.path())).unwrap();
        assert!(!dead.exists() && other.exists() && alive.folder.path().exists());
        let path = next.folder.path().to_owned();
        drop(next);
        assert!(!path.exists());
    }

    #[test]
    fn a_folder_that_is_not_there_is_an_error() {
        assert!(UploadFolder::create(Some(Path::new("/nowhere/at/all"))).is_err());
    }
}
