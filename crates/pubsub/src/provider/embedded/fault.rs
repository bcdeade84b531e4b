//! The failures of redb, and the errors that publishers get for them.

use std::io::ErrorKind;
use std::path::Path;

use twinloop_runtime::Failure;

/// A failure of the file, boxed because it is rare and large.
#[derive(Debug)]
pub(super) struct Fault(Box<redb::Error>);

macro_rules! from_redb {
    ($($source:ty),+) => {
        $(impl From<$source> for Fault {
            fn from(error: $source) -> Self {
                Self(Box::new(error.into()))
            }
        })+
    };
}

from_redb!(
    redb::StorageError,
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    redb::DatabaseError,
    redb::CompactionError,
    redb::SetDurabilityError
);

impl From<std::io::Error> for Fault {
    fn from(error: std::io::Error) -> Self {
        Self(Box::new(redb::Error::Io(error)))
    }
}

impl Fault {
    /// Creates the fault of content that differs from what was written.
    pub(super) fn damaged(what: &str) -> Self {
        Self(Box::new(redb::Error::Corrupted(what.to_owned())))
    }

    /// Returns whether the file is no sound database, as opposed to one that cannot be reached.
    pub(super) fn is_damage(&self) -> bool {
        match &*self.0 {
            redb::Error::Corrupted(_) => true,
            redb::Error::Io(error) => {
                matches!(error.kind(), ErrorKind::InvalidData | ErrorKind::UnexpectedEof)
            }
            _ => false,
        }
    }

    /// Converts the failure into an error that says what to do next.
    pub(super) fn explain(&self, path: &Path) -> Failure {
        let file = path.display();
        if self.is_damage() {
            return Failure::failed_precondition(format!(
                "the pubsub file {file} is damaged ({}): put a backup in its place, or move it away to begin with an empty \
                 one; it was left as it is",
                self.0
            ));
        }
        match &*self.0 {
            redb::Error::DatabaseAlreadyOpen => Failure::failed_precondition(format!(
                "the pubsub file {file} is open in another process: one process at a time can use an embedded broker; stop \
                 the other one, or set PUBSUB_URL to postgres:// or amqp:// to share a broker"
            )),
            redb::Error::Io(error) => explain_io(error, path),
            other => Failure::unavailable(format!("the pubsub file {file} failed: {other}")),
        }
    }
}

fn explain_io(error: &std::io::Error, path: &Path) -> Failure {
    let file = path.display();
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            Failure::resource_exhausted(format!(
                "there is no room for the pubsub file {file} ({error}): free some disk space; messages being published are not confirmed"
            ))
        }
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Failure::failed_precondition(format!(
            "the pubsub file {file} cannot be written ({error}): let this user write its folder, or name another one with \
             PUBSUB_URL=embedded:<path>"
        )),
        ErrorKind::NotADirectory
        | ErrorKind::IsADirectory
        | ErrorKind::NotFound
        | ErrorKind::AlreadyExists => Failure::failed_precondition(format!(
            "the pubsub file {file} cannot be created ({error}): name another path with PUBSUB_URL=embedded:<path>"
        )),
        _ => Failure::unavailable(format!(
            "the pubsub file {file} could not be read or written ({error}): check its disk; messages being published are not confirmed"
        )),
    }
}
