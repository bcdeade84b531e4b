//! Files of a folder, answered without an isolate.
//!
//! A request goes through four steps, each in its own file: its path becomes the path of a file (`resolve`), the file is
//! looked up with its compressed siblings, in memory where it can be (`lookup`, `cache`, `entry`), the headers of the request
//! choose one representation and a part of it (`encoding`, `condition`, `range`), and that is sent (`answer`, `stream`).
//! Everything that touches the disk runs on the blocking threads.

mod answer;
mod cache;
mod condition;
mod config;
mod content_type;
mod encoding;
mod entry;
mod http_date;
mod lookup;
mod range;
mod resolve;
mod stream;
mod validators;

use std::path::PathBuf;
use std::sync::Arc;

use http::{HeaderMap, Method, Response, StatusCode};

use crate::refusal::Refusal;
use crate::response_body::Body;

pub use config::StaticConfig;
pub(crate) use stream::FileStream;

use answer::{Asked, Served};
use config::Fallback;
use entry::Entry;
use lookup::{Found, Lookup};

/// A folder whose files are served.
pub(crate) struct StaticFiles {
    lookup: Arc<Lookup>,
    headers: HeaderMap,
    fallback: Option<Fallback>,
}

impl StaticFiles {
    /// Opens the folder: it must be there, and the not-found page in it.
    ///
    /// Errors: a sentence that names the route, the folder and what is wrong with it.
    pub(crate) fn open(config: &StaticConfig) -> Result<Self, String> {
        let place = format!("the static files of {}", config.path);
        let headers = config.header_map().map_err(|problem| format!("{place}: {problem}"))?;
        let fallback = config.fallback().map_err(|problem| format!("{place}: {problem}"))?;
        let lookup = Lookup::open(&config.dir).map_err(|problem| format!("{place}: {problem}"))?;
        if let Some(Fallback { page, .. }) = &fallback
            && !matches!(lookup.read(page), Ok(Found::File(_)))
        {
            return Err(format!(
                "{place}: notFound is {}, which is no file in {}",
                page.display(),
                config.dir.display()
            ));
        }
        Ok(Self { lookup: Arc::new(lookup), headers, fallback })
    }

    /// The answer to GET and HEAD for `rest`, the raw path below the route. A folder's name without a slash at the end is
    /// redirected to the one with, so that relative links in its page work.
    pub(crate) async fn answer(&self, method: &Method, rest: &str, headers: &HeaderMap) -> Response<Body> {
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let asked = Asked { head: method == Method::HEAD, headers };
        let found = match resolve::resolve(rest) {
            Some(path) => self.find(path).await,
            None => Ok(Found::Nothing),
        };
        match found {
            Ok(Found::File(entry)) => self.file(&entry, Served::File, &asked).await,
            Ok(Found::Folder) => answer::to_folder(rest).unwrap_or_else(|| Refusal::NO_FILE.response()),
            Ok(Found::Nothing) => self.not_found(&asked).await,
            Err(_) => Refusal::UNREADABLE.response(),
        }
    }

    async fn find(&self, path: PathBuf) -> std::io::Result<Found> {
        if let Some(entry) = self.lookup.fresh(&path) {
            return Ok(Found::File(entry));
        }
        let lookup = Arc::clone(&self.lookup);
        tokio::task::spawn_blocking(move || lookup.read(&path)).await.map_err(std::io::Error::other)?
    }

    async fn not_found(&self, asked: &Asked<'_>) -> Response<Body> {
        let Some(Fallback { page, status }) = &self.fallback else { return Refusal::NO_FILE.response() };
        let served = if *status == StatusCode::OK { Served::File } else { Served::Page(*status) };
        match self.find(page.clone()).await {
            Ok(Found::File(entry)) => self.file(&entry, served, asked).await,
            _ => Refusal::NO_FILE.response(),
        }
    }

    async fn file(&self, entry: &Entry, served: Served, asked: &Asked<'_>) -> Response<Body> {
        match answer::answer(entry, served, asked, &self.headers).await {
            Ok(response) => response,
            Err(_) => self.file_anew(entry, served, asked).await,
        }
    }

    /// A streamed file may have changed within the second that it is trusted for.
    async fn file_anew(&self, old: &Entry, served: Served, asked: &Asked<'_>) -> Response<Body> {
        self.lookup.forget(old);
        if let Ok(Found::File(entry)) = self.find(old.name.clone()).await
            && let Ok(response) = answer::answer(&entry, served, asked, &self.headers).await
        {
            return response;
        }
        Refusal::UNREADABLE.response()
    }
}

#[cfg(test)]
mod tests;
