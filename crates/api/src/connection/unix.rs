//! Unix sockets: bound without an unguarded moment, taken over from a process that is gone, removed at the end.

use std::path::Path;

use twinloop_runtime::Failure;

use crate::config::UnixConfig;

/// A bound unix socket.
#[cfg(unix)]
pub(crate) struct UnixDoor {
    pub(crate) listener: tokio::net::UnixListener,
    _file: SocketFile,
}

/// The file of a bound socket; removed when this is dropped, unless another process has taken the path.
#[cfg_attr(not(unix), allow(dead_code, reason = "never made on this platform"))]
pub(crate) struct SocketFile {
    path: std::path::PathBuf,
    #[cfg(unix)]
    inode: u64,
}

/// Binds a unix socket. A file that nobody listens on any more is replaced.
///
/// Errors: `unavailable`, with `reason` in its details, as for ports.
#[cfg(unix)]
pub(crate) async fn bind(config: &UnixConfig, backlog: u32) -> Result<UnixDoor, Failure> {
    use std::fs::{metadata, rename, set_permissions};
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let path = Path::new(&config.path);
    check_free(path).await?;
    // Bound under another name first: the socket appears at its path with its permissions, and replaces a stale one in one step.
    let hidden = path.with_file_name(format!(".{:x}", std::process::id()));
    let _ = std::fs::remove_file(&hidden);
    let bound = || -> std::io::Result<UnixDoor> {
        let socket = tokio::net::UnixSocket::new_stream()?;
        socket.bind(&hidden)?;
        set_permissions(&hidden, std::fs::Permissions::from_mode(config.mode))?;
        let listener = socket.listen(backlog)?;
        rename(&hidden, path)?;
        let file = SocketFile { path: path.to_owned(), inode: metadata(path)?.ino() };
        Ok(UnixDoor { listener, _file: file })
    };
    bound().map_err(|error| {
        let _ = std::fs::remove_file(&hidden);
        not_bound(
            path,
            "bind_failed",
            &format!("could not be bound: {error}: name a path in a folder that exists"),
        )
    })
}

#[cfg(unix)]
async fn check_free(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::FileTypeExt;

    let Ok(found) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if !found.file_type().is_socket() {
        return Err(not_bound(path, "address_in_use", "is a file and no socket: name another path"));
    }
    match tokio::net::UnixStream::connect(path).await {
        Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => Ok(()),
        _ => Err(not_bound(
            path,
            "address_in_use",
            "is already in use: stop the other process or set TWINLOOP_UNIX",
        )),
    }
}

/// Refuses: the platform's sockets are not supported.
#[cfg(not(unix))]
pub(crate) fn refuse(config: &UnixConfig) -> Failure {
    not_bound(Path::new(&config.path), "bind_failed", "cannot be bound on this platform: use a port")
}

fn not_bound(path: &Path, reason: &str, what: &str) -> Failure {
    let message = format!("the unix socket {} {what}", path.display());
    Failure::unavailable(message).with_details(serde_json::json!({ "reason": reason }))
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            if std::fs::symlink_metadata(&self.path).is_ok_and(|found| found.ino() == self.inode) {
                let _ = std::fs::remove_file(&self.path);
            }
        }
    }
}
