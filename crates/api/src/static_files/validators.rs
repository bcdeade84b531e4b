//! Validators: `etag` and `last-modified` of a version of a file.

use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use http::HeaderValue;

use super::http_date;
use crate::answer::encoding::Encoding;

/// The validators of one version of a file, ready to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Validators {
    /// A strong entity tag, made of the size, the modification time in nanoseconds, and the encoding.
    pub(crate) etag: HeaderValue,
    pub(crate) last_modified: HeaderValue,
    pub(crate) modified_seconds: u64,
}

impl Validators {
    pub(crate) fn of(modified: SystemTime, length: u64, encoding: Option<Encoding>) -> Option<Self> {
        let nanoseconds = modified.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        let mut etag = format!("\"{length:x}-{nanoseconds:x}");
        if let Some(encoding) = encoding {
            let _ = write!(etag, "-{}", encoding.token());
        }
        etag.push('"');
        Some(Self {
            etag: HeaderValue::try_from(etag).ok()?,
            last_modified: http_date::format(modified)?,
            modified_seconds: http_date::seconds(modified),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn tags_differ_by_size_time_and_encoding() {
        let time = UNIX_EPOCH + Duration::from_nanos(17);
        let later = UNIX_EPOCH + Duration::from_nanos(18);
        let tags = [(time, 5, None), (later, 5, None), (time, 6, None), (time, 5, Some(Encoding::Gzip))]
            .map(|(time, length, encoding)| Validators::of(time, length, encoding).unwrap().etag);
        assert_eq!(tags, ["\"5-11\"", "\"5-12\"", "\"6-11\"", "\"5-11-gzip\""]);
    }
}
