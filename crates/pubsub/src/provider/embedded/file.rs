//! Opening the file: its folder, its lock, the repair of a torn length, and compaction.
//!
//! redb writes pages beside the old ones and switches between two roots, so that a crash at any moment leaves one sound
//! root, which redb finds by checksums. redb refuses a file whose *length* it did not write: garbage behind the end, or an
//! end that was cut off. Such a file is filled with zeros to a length that fits and then checked page by page: where the
//! lost part held no live page, everything is there; otherwise opening fails with an error that says so.

use std::fs::{self, File, OpenOptions};
use std::io::Read;
use std::path::Path;

use redb::{Builder, Database, DatabaseError};

use crate::provider::embedded::fault::Fault;

/// Bytes of pages that are kept in memory.
const CACHE_BYTES: usize = 32 << 20;
/// Least size in bytes of a file that is compacted.
const COMPACT_FROM_BYTES: u64 = 16 << 20;
/// Bytes of one redb page.
const PAGE_BYTES: u64 = 4096;

/// Opens the database at `path`, created where it is missing, and takes its lock. Blocks.
pub(super) fn open(path: &Path) -> Result<Database, Fault> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    let is_new = !path.exists();
    let mut database = match build(path, false) {
        Err(fault) if fault.is_damage() => build_filled_up(path, fault)?,
        other => other?,
    };
    if is_new {
        sync_folder(path)?;
    }
    reclaim(&mut database, path)?;
    Ok(database)
}

fn build(path: &Path, check: bool) -> Result<Database, Fault> {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(check);
    builder.create(path).map_err(|error: DatabaseError| error.into())
}

/// Brings the file to a length that redb accepts and opens it again. A file that still cannot be opened gets its old length
/// back.
fn build_filled_up(path: &Path, fault: Fault) -> Result<Database, Fault> {
    let mut file = OpenOptions::new().read(true).write(true).open(path)?;
    let length = file.metadata()?.len();
    let wanted = match laid_out_bytes(&mut file) {
        Some(bytes) => bytes.max(length.next_multiple_of(PAGE_BYTES)),
        None => return Err(fault),
    };
    if wanted == length || file.try_lock().is_err() {
        return Err(fault);
    }
    file.set_len(wanted)?;
    file.sync_all()?;
    drop(file);
    let built = build(path, true);
    if built.is_err() {
        OpenOptions::new().write(true).open(path)?.set_len(length)?;
    }
    built
}

/// Reads the length that the file's header states; `None` where the file is not redb's.
fn laid_out_bytes(file: &mut File) -> Option<u64> {
    let mut header = [0_u8; 32];
    file.read_exact(&mut header).ok()?;
    header.starts_with(b"redb").then_some(())?;
    let number = |at: usize| {
        let bytes = header[at..].first_chunk::<4>().copied().unwrap_or_default();
        u64::from(u32::from_le_bytes(bytes))
    };
    let (page, head, most, full, rest) = (number(12), number(16), number(20), number(24), number(28));
    if page != PAGE_BYTES || head + most > 1 << 21 || full >= 1 << 16 {
        return None;
    }
    let trailing = if rest == 0 { 0 } else { head + rest };
    Some(page * (1 + full * (head + most) + trailing))
}

/// Writes the folder to the disk too: without it a new file may be gone after a power failure.
fn sync_folder(path: &Path) -> Result<(), Fault> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok(File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?)
}

/// Returns space to the disk where more than half of the file is unused.
fn reclaim(database: &mut Database, path: &Path) -> Result<(), Fault> {
    let length = fs::metadata(path)?.len();
    if length < COMPACT_FROM_BYTES {
        return Ok(());
    }
    let transaction = database.begin_write()?;
    let used = transaction.stats()?.allocated_pages() * PAGE_BYTES;
    transaction.abort()?;
    if used < length / 2 {
        database.compact()?;
    }
    Ok(())
}
