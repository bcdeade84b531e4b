//! Failures of a store in the words of `contract/errors.json`.

use std::error::Error as _;
use std::io;

use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};
use twinloop_runtime::{Code, Failure};

/// Characters of a store's own message that are passed on.
const MAX_REASON: usize = 400;
/// The store does not know who asks.
const BAD_CREDENTIALS: (Code, &str) =
    (Code::Unauthenticated, "correct the credentials in the environment of the process");

/// The failure that an isolate is told of for an error of a store.
///
/// Codes: `not_found`, `already_exists` (a precondition did not hold), `invalid_argument`, `permission_denied`,
/// `unauthenticated`, `unimplemented`, `resource_exhausted`, `unavailable`, `failed_precondition`, `internal`.
pub(crate) fn of_store(doing: &str, error: &Error) -> Failure {
    let (code, hint) = classify(error);
    let reason = reason(error);
    let hint = if hint.is_empty() { String::new() } else { format!("; {hint}") };
    Failure::new(code, format!("{doing}: {reason}{hint}"))
}

fn classify(error: &Error) -> (Code, &'static str) {
    match error {
        Error::NotFound { .. } if names_no_bucket(error) => {
            (Code::FailedPrecondition, "create the bucket that OBJECTS_URL names, or correct OBJECTS_URL")
        }
        Error::NotFound { .. } => (Code::NotFound, ""),
        Error::AlreadyExists { .. } | Error::Precondition { .. } => (Code::AlreadyExists, ""),
        Error::InvalidPath { .. } => (Code::InvalidArgument, "use another key"),
        Error::NotSupported { .. } | Error::NotImplemented { .. } => (Code::Unimplemented, ""),
        Error::PermissionDenied { .. } if names_bad_credentials(error) => BAD_CREDENTIALS,
        Error::PermissionDenied { .. } => {
            (Code::PermissionDenied, "allow these credentials to do it, in the policy of the bucket")
        }
        Error::Unauthenticated { .. } => BAD_CREDENTIALS,
        _ => of_cause(error),
    }
}

/// The code of an error whose variant says nothing, by what has caused it.
fn of_cause(error: &Error) -> (Code, &'static str) {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(http) = inner.downcast_ref::<HttpError>() {
            return match http.kind() {
                HttpErrorKind::Decode => (Code::Internal, ""),
                _ => (Code::Unavailable, "check that the store runs and that its endpoint is right"),
            };
        }
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            return of_file_system(io);
        }
        cause = inner.source();
    }
    // The client's own type of an answered request is not public: the status stands in its text.
    let text = whole(error);
    let answered = |status: &str| text.contains(&format!("non-2xx status code: {status}"));
    if answered("5") || answered("429") {
        return (Code::Unavailable, "");
    }
    if names_no_bucket(error) {
        return (
            Code::FailedPrecondition,
            "create the bucket that OBJECTS_URL names, or correct OBJECTS_URL",
        );
    }
    if names_bad_credentials(error) {
        return BAD_CREDENTIALS;
    }
    if answered("403") {
        return (Code::PermissionDenied, "allow these credentials to do it, in the policy of the bucket");
    }
    (Code::Internal, "")
}

fn of_file_system(error: &io::Error) -> (Code, &'static str) {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            (Code::PermissionDenied, "let this user write to the folder that OBJECTS_URL names")
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            (Code::ResourceExhausted, "make room on the disk")
        }
        io::ErrorKind::InvalidFilename => {
            (Code::InvalidArgument, "shorten the segment of the key: a file's name has at most 255 bytes")
        }
        io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory | io::ErrorKind::DirectoryNotEmpty => (
            Code::FailedPrecondition,
            "in a folder no key may go on where another one ends: use a/b and a/c, not a and a/b",
        ),
        _ => (Code::Internal, ""),
    }
}

/// Whether S3 does not know who asks: "Error responses", the codes that come with 403 before any policy is looked at.
fn names_bad_credentials(error: &Error) -> bool {
    let text = whole(error);
    ["InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "NotSignedUp"]
        .iter()
        .any(|code| text.contains(code))
}

/// Whether a cloud knows who asks, and does not allow it: the code that S3 and Google give, and Azure's.
pub(crate) fn is_policy(error: &Error) -> bool {
    let text = whole(error);
    ["AccessDenied", "AuthorizationPermissionMismatch"].iter().any(|code| text.contains(code))
}

pub(crate) fn names_no_bucket(error: &Error) -> bool {
    whole(error).contains("NoSuchBucket")
}

/// The words of an error and of all that has caused it, on one line.
fn whole(error: &Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let more = inner.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = inner.source();
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A store's own message, cut where it is long.
fn reason(error: &Error) -> String {
    let line = whole(error);
    let cut: String = line.chars().take(MAX_REASON).collect();
    if cut.len() < line.len() { format!("{cut}…") } else { cut }
}

/// A step that was not done in its time.
pub(crate) fn too_late(doing: &str, seconds: u64) -> Failure {
    let hint = "check the network and the store, then try again";
    Failure::unavailable(format!("{doing}: no answer after {seconds} s; {hint}"))
}
