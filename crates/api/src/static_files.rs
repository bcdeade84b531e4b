//! Static files: the files of a folder, answered without an isolate.
//!
//! A request takes four steps: its path is converted to the path of a file (`resolve`); the file and its compressed siblings are
//! looked up, from memory where possible (`lookup`, `cache`, `entry`); the request's headers choose a representation and a part
//! of it (`answer/encoding`, `condition`, `range`); the part is sent (`answer`, `stream`). Disk access runs on blocking threads.

mod answer;
mod cache;
mod condition;
mod config;
mod content_type;
pub(crate) mod document;
mod entry;
pub(crate) mod http_date;
mod lookup;
mod range;
mod resolve;
pub(crate) mod single;
mod stream;
mod validators;

use std::path::PathBuf;
use std::sync::Arc;

use http::{HeaderMap, Method, Response, StatusCode};

use crate::answer::body::Body;
use crate::answer::refusal::Refusal;

pub use config::{DocumentConfig, StaticConfig};

use answer::{FileRequest, Served};
use config::Fallback;
use entry::FileEntry;
use lookup::{Lookup, PathTarget};

/// A folder whose files are served.
pub(crate) struct StaticFiles {
    lookup: Arc<Lookup>,
    headers: HeaderMap,
    fallback: Option<Fallback>,
}

impl StaticFiles {
    /// Opens the folder, which must exist with its not-found page.
    ///
    /// Errors: a sentence that names the route, the folder and the problem.
    pub(crate) fn open(config: &StaticConfig) -> Result<Self, String> {
        let place = format!("the static files of {}", config.path);
        let headers = config.header_map().map_err(|problem| format!("{place}: {problem}"))?;
        let fallback = config.fallback().map_err(|problem| format!("{place}: {problem}"))?;
        let lookup = Lookup::open(&config.dir).map_err(|problem| format!("{place}: {problem}"))?;
        if let Some(Fallback { page, .. }) = &fallback
            && !matches!(lookup.read(page), Ok(PathTarget::File(_)))
        {
            return Err(format!(
                "{place}: notFound is {}, which is no file in {}",
                page.display(),
                config.dir.display()
            ));
        }
        Ok(Self { lookup: Arc::new(lookup), headers, fallback })
    }

    /// Whether each path has an answer with status 200, as in an app whose page does the routing.
    pub(crate) fn answers_every_path(&self) -> bool {
        self.fallback.as_ref().is_some_and(|fallback| fallback.status == StatusCode::OK)
    }

    /// Answers GET and HEAD for `rest`, the raw path below the route. A folder's path without a trailing slash is redirected to
    /// the one with it, so that relative links in its page work.
    pub(crate) async fn answer(&self, method: &Method, rest: &str, headers: &HeaderMap) -> Response<Body> {
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let asked = FileRequest { head: method == Method::HEAD, headers };
        let found = match resolve::resolve(rest) {
            Some(path) => self.find(path).await,
            None => Ok(PathTarget::Nothing),
        };
        match found {
            Ok(PathTarget::File(entry)) => self.file(&entry, Served::File, &asked).await,
            Ok(PathTarget::Folder) => answer::to_folder(rest).unwrap_or_else(|| Refusal::NO_FILE.response()),
            Ok(PathTarget::Nothing) => self.not_found(&asked).await,
            Err(_) => Refusal::UNREADABLE.response(),
        }
    }

    async fn find(&self, path: PathBuf) -> std::io::Result<PathTarget> {
        if let Some(entry) = self.lookup.fresh(&path) {
            return Ok(PathTarget::File(entry));
        }
        let lookup = Arc::clone(&self.lookup);
        tokio::task::spawn_blocking(move || lookup.read(&path)).await.map_err(std::io::Error::other)?
    }

    async fn not_found(&self, asked: &FileRequest<'_>) -> Response<Body> {
        let Some(Fallback { page, status }) = &self.fallback else { return Refusal::NO_FILE.response() };
        let served = if *status == StatusCode::OK { Served::File } else { Served::Page(*status) };
        match self.find(page.clone()).await {
            Ok(PathTarget::File(entry)) => self.file(&entry, served, asked).await,
            _ => Refusal::NO_FILE.response(),
        }
    }

    async fn file(&self, entry: &FileEntry, served: Served, asked: &FileRequest<'_>) -> Response<Body> {
        match answer::answer(entry, served, asked, &self.headers).await {
            Ok(response) => response,
            Err(_) => self.file_anew(entry, served, asked).await,
        }
    }

    /// Answers anew where a streamed file has changed within the second for which its entry is fresh.
    async fn file_anew(&self, old: &FileEntry, served: Served, asked: &FileRequest<'_>) -> Response<Body> {
        self.lookup.forget(old);
        if let Ok(PathTarget::File(entry)) = self.find(old.name.clone()).await
            && let Ok(response) = answer::answer(&entry, served, asked, &self.headers).await
        {
            return response;
        }
        Refusal::UNREADABLE.response()
    }
}

#[cfg(test)]
mod tests;
