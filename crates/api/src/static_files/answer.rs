//! Responses for files.

use std::io;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_TYPE, ETAG, LAST_MODIFIED, LOCATION, VARY,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::condition::{self, PreconditionResult};
use super::entry::{FileEntry, Representation};
use super::http_date;
use super::range::{self, ByteRange};
use super::stream::FileStream;
use crate::answer::body::Body;
use crate::answer::encoding::Wanted;

/// The parts of a request that decide the response.
pub(crate) struct FileRequest<'a> {
    /// Whether only the headers are wanted (HEAD).
    pub(crate) head: bool,
    pub(crate) headers: &'a HeaderMap,
}

/// The role in which a file is served.
#[derive(Clone, Copy)]
pub(crate) enum Served {
    /// The requested file, with conditions and ranges.
    File,
    /// A page in place of the requested file, with this status and always whole.
    Page(StatusCode),
}

/// Makes the response. `extra` headers replace the computed ones.
///
/// Errors: those of opening a file that is streamed.
pub(crate) async fn answer(
    entry: &FileEntry,
    served: Served,
    asked: &FileRequest<'_>,
    extra: &HeaderMap,
) -> io::Result<Response<Body>> {
    let form = entry.best(Wanted::read(asked.headers));
    let (status, part) = match served {
        Served::Page(status) => (status, ByteRange::Whole),
        Served::File => decide(asked, form),
    };
    let mut response = Response::new(Body::default());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if !entry.compressed.is_empty() {
        headers.insert(VARY, HeaderValue::from(ACCEPT_ENCODING));
    }
    if matches!(served, Served::File) {
        headers.insert(ETAG, form.validators.etag.clone());
        headers.insert(LAST_MODIFIED, form.validators.last_modified.clone());
    }
    if let Some((start, length)) = sent(status, part, form.length) {
        describe(headers, entry, form);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        *response.body_mut() = if asked.head { Body::default() } else { body(form, start, length).await? };
    }
    if let Some(range) = content_range(part, form.length) {
        response.headers_mut().insert(CONTENT_RANGE, range);
    }
    for (name, value) in extra {
        response.headers_mut().insert(name, value.clone());
    }
    Ok(response)
}

/// Makes the redirect from a folder's path to the path with a trailing slash; relative, so that it is right behind any prefix.
pub(crate) fn to_folder(rest: &str) -> Option<Response<Body>> {
    let name = rest.rsplit('/').next()?;
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    response.headers_mut().insert(LOCATION, HeaderValue::try_from(format!("./{name}/")).ok()?);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Some(response)
}

fn decide(asked: &FileRequest<'_>, form: &Representation) -> (StatusCode, ByteRange) {
    match condition::weigh(asked.headers, &form.validators) {
        PreconditionResult::NotModified => return (StatusCode::NOT_MODIFIED, ByteRange::Whole),
        PreconditionResult::Failed => return (StatusCode::PRECONDITION_FAILED, ByteRange::Whole),
        PreconditionResult::Send => {}
    }
    // Ranges are defined for GET alone (RFC 9110, section 14.2).
    let now = http_date::seconds(SystemTime::now());
    if asked.head || !condition::allows_range(asked.headers, &form.validators, now) {
        return (StatusCode::OK, ByteRange::Whole);
    }
    let part = range::read(asked.headers, form.length);
    let status = match part {
        ByteRange::Whole => StatusCode::OK,
        ByteRange::Slice { .. } => StatusCode::PARTIAL_CONTENT,
        ByteRange::None => StatusCode::RANGE_NOT_SATISFIABLE,
    };
    (status, part)
}

/// The start and length of the bytes to send; `None` for an answer without content.
fn sent(status: StatusCode, part: ByteRange, length: u64) -> Option<(u64, u64)> {
    match part {
        _ if matches!(status, StatusCode::NOT_MODIFIED | StatusCode::PRECONDITION_FAILED) => None,
        ByteRange::None => None,
        ByteRange::Whole => Some((0, length)),
        ByteRange::Slice { start, length } => Some((start, length)),
    }
}

fn describe(headers: &mut HeaderMap, entry: &FileEntry, form: &Representation) {
    headers.insert(CONTENT_TYPE, entry.content_type.clone());
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Some(encoding) = form.encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding.token()));
    }
}

fn content_range(part: ByteRange, length: u64) -> Option<HeaderValue> {
    let text = match part {
        ByteRange::Whole => return None,
        ByteRange::None => format!("bytes */{length}"),
        ByteRange::Slice { start, length: count } => format!("bytes {start}-{}/{length}", start + count - 1),
    };
    HeaderValue::try_from(text).ok()
}

async fn body(form: &Representation, start: u64, length: u64) -> io::Result<Body> {
    match &form.content {
        None => Ok(Body::live(FileStream::open(form, start, length).await?)),
        Some(content) => Ok(Body::new(slice(content, start, length))),
    }
}

/// Slices content in memory; a range that does not fit gives no bytes.
fn slice(content: &Bytes, start: u64, length: u64) -> Bytes {
    let range = usize::try_from(start).ok().zip(usize::try_from(start + length).ok());
    range.map_or_else(Bytes::new, |(start, end)| content.slice(start..end))
}
