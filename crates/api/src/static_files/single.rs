//! One file as the answer of an endpoint.

use std::io;
use std::path::{Path, PathBuf};

use http::{HeaderMap, Method, Response, StatusCode};

use super::answer::{self, FileRequest, Served};
use super::lookup;
use crate::answer::body::Body;

/// Makes the response that sends the file at `path`, which is absolute or, with `root`, below that folder. `None` for a file
/// that is not there, that is no regular file, or that is not below `root`.
///
/// Another status than 200 sends the whole file, without conditions and ranges.
pub(crate) async fn answer(
    path: &Path,
    root: Option<&Path>,
    status: Option<StatusCode>,
    method: &Method,
    headers: &HeaderMap,
) -> io::Result<Option<Response<Body>>> {
    let (path, root): (PathBuf, Option<PathBuf>) = (path.to_owned(), root.map(Path::to_owned));
    let found = tokio::task::spawn_blocking(move || lookup::single(&path, root.as_deref()));
    let Some(entry) = found.await.map_err(io::Error::other)?? else { return Ok(None) };
    let served = status.map_or(Served::File, Served::Page);
    let asked = FileRequest { head: method == Method::HEAD, headers };
    answer::answer(&entry, served, &asked, &HeaderMap::new()).await.map(Some)
}
