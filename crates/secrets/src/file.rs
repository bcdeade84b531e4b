//! Reading of files that hold a secret.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use zeroize::Zeroizing;

/// Greatest size of a secret in bytes: far above certificates and keys, and far below a file named by mistake.
pub(crate) const MAX_BYTES: u64 = 1 << 20;

/// Reads a whole file into memory that is wiped on drop. `Ok(None)` where the file does not exist.
///
/// Errors: the reason for which the file cannot be used, as a continuation of "which".
pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, String> {
    let opened = File::open(path).and_then(|file| file.metadata().map(|metadata| (file, metadata)));
    let (file, metadata) = match opened {
        Ok(opened) => opened,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(unreadable(&error)),
    };
    if metadata.is_dir() {
        return Err("is a folder".to_owned());
    }
    // The buffer has its full size at once: a reallocation would leave the old content in memory.
    let expected = usize::try_from(metadata.len().min(MAX_BYTES)).unwrap_or(0);
    let mut bytes = Zeroizing::new(Vec::with_capacity(expected + 1));
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("has more than {MAX_BYTES} bytes"));
    }
    Ok(Some(bytes))
}

fn unreadable(error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::PermissionDenied => "may not be read by this user".to_owned(),
        kind => format!("cannot be read: {kind}"),
    }
}
