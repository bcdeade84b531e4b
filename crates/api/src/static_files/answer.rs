//! The response for a file that was found.

use std::io;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_TYPE, ETAG, LAST_MODIFIED, LOCATION, VARY, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::condition::{self, Verdict};
use super::encoding::Wanted;
use super::entry::{Entry, Representation};
use super::http_date;
use super::range::{self, Part};
use super::stream::FileStream;
use crate::response_body::Body;

/// The request, as far as it matters here.
pub(crate) struct Asked<'a> {
    /// Only the headers are wanted.
    pub(crate) head: bool,
    pub(crate) headers: &'a HeaderMap,
}

/// What a file is served as.
#[derive(Clone, Copy)]
pub(crate) enum Served {
    /// As itself, under its conditions and ranges.
    File,
    /// In place of something else, with this status and always whole.
    Page(StatusCode),
}

/// The response. `extra` headers win over what this module would say.
///
/// Errors: those of opening a file that is streamed.
pub(crate) async fn answer(
    entry: &Entry,
    served: Served,
    asked: &Asked<'_>,
    extra: &HeaderMap,
) -> io::Result<Response<Body>> {
    let form = entry.best(Wanted::read(asked.headers));
    let (status, part) = match served {
        Served::Page(status) => (status, Part::Whole),
        Served::File => decide(asked, form),
    };
    let mut response = Response::new(Body::default());
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
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

/// The redirect from a folder's name to the same name with a slash: relative, so that it holds wherever the route lies.
pub(crate) fn to_folder(rest: &str) -> Option<Response<Body>> {
    let name = rest.rsplit('/').next()?;
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::MOVED_PERMANENTLY;
    response.headers_mut().insert(LOCATION, HeaderValue::try_from(format!("./{name}/")).ok()?);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Some(response)
}

fn decide(asked: &Asked<'_>, form: &Representation) -> (StatusCode, Part) {
    match condition::weigh(asked.headers, &form.validators) {
        Verdict::NotModified => return (StatusCode::NOT_MODIFIED, Part::Whole),
        Verdict::Failed => return (StatusCode::PRECONDITION_FAILED, Part::Whole),
        Verdict::Send => {}
    }
    // A range is defined for GET alone.
    let now = http_date::seconds(SystemTime::now());
    if asked.head || !condition::allows_range(asked.headers, &form.validators, now) {
        return (StatusCode::OK, Part::Whole);
    }
    let part = range::read(asked.headers, form.length);
    let status = match part {
        Part::Whole => StatusCode::OK,
        Part::Slice { .. } => StatusCode::PARTIAL_CONTENT,
        Part::None => StatusCode::RANGE_NOT_SATISFIABLE,
    };
    (status, part)
}

/// Where the bytes to send start and how many they are; `None` for an answer without content.
fn sent(status: StatusCode, part: Part, length: u64) -> Option<(u64, u64)> {
    match part {
        _ if matches!(status, StatusCode::NOT_MODIFIED | StatusCode::PRECONDITION_FAILED) => None,
        Part::None => None,
        Part::Whole => Some((0, length)),
        Part::Slice { start, length } => Some((start, length)),
    }
}

fn describe(headers: &mut HeaderMap, entry: &Entry, form: &Representation) {
    headers.insert(CONTENT_TYPE, entry.content_type.clone());
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if let Some(encoding) = form.encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding.token()));
    }
}

fn content_range(part: Part, length: u64) -> Option<HeaderValue> {
    let text = match part {
        Part::Whole => return None,
        Part::None => format!("bytes */{length}"),
        Part::Slice { start, length: count } => format!("bytes {start}-{}/{length}", start + count - 1),
    };
    HeaderValue::try_from(text).ok()
}

async fn body(form: &Representation, start: u64, length: u64) -> io::Result<Body> {
    match &form.content {
        None => Ok(Body::file(FileStream::open(form, start, length).await?)),
        Some(content) => Ok(Body::new(slice(content, start, length))),
    }
}

/// Kept content is small, so both numbers fit; what does not would be nothing.
fn slice(content: &Bytes, start: u64, length: u64) -> Bytes {
    let range = usize::try_from(start).ok().zip(usize::try_from(start + length).ok());
    range.map_or_else(Bytes::new, |(start, end)| content.slice(start..end))
}
