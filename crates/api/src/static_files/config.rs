//! The options of `api.static`, and of documents.

use std::collections::BTreeMap;
use std::path::PathBuf;

use http::header::{
    CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Deserialize;

use super::resolve;
use crate::auth::GuardConfig;
use crate::policy::PolicyConfig;

/// Size in bytes from which files are streamed from the disk; smaller ones are cached in memory.
pub(crate) const MAX_KEPT_FILE_BYTES: u64 = 256 << 10;
/// Most bytes that one folder keeps in memory.
pub(crate) const MAX_KEPT_BYTES: u64 = 16 << 20;
/// Most files in one folder's cache, streamed ones included.
pub(crate) const MAX_KEPT_FILES: usize = 1024;
/// Milliseconds for which a file is answered from memory before its size and time are checked again.
pub(crate) const FRESH_MS: u64 = 1000;
/// Bytes per read of a streamed file, and the memory that such a response holds.
pub(crate) const CHUNK_BYTES: usize = 64 << 10;

/// Headers that only the server may set.
const RESERVED: [HeaderName; 7] =
    [CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, TRANSFER_ENCODING, UPGRADE];

/// A folder to serve.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct StaticConfig {
    /// The route, which ends in `/*rest` or `/!rest`.
    pub path: String,
    /// The absolute path of the folder.
    pub dir: PathBuf,
    /// The page for missing files, relative to the folder. Without one the answer is JSON.
    #[serde(default)]
    pub not_found: Option<String>,
    /// The status of the not-found page, 404 or 200. Default 404.
    #[serde(default)]
    pub not_found_status: Option<u16>,
    /// Headers added to every file.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// What the folder asks of its callers; `null` asks nothing.
    #[serde(default)]
    pub auth: Option<GuardConfig>,
    /// Whether the folder is reachable from outside. Default false.
    #[serde(default)]
    pub expose: bool,
    /// The policies of the edge for these files.
    #[serde(default)]
    pub policies: PolicyConfig,
}

/// A document to serve by GET and HEAD.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DocumentConfig {
    /// The path. An endpoint of the app with the same path stays.
    pub path: String,
    /// The content type of `text`; a file has that of its name.
    #[serde(default)]
    pub content_type: String,
    /// The content; `None` for a file.
    #[serde(default)]
    pub text: Option<String>,
    /// The absolute path of the file; `None` for a text.
    #[serde(default)]
    pub file: Option<PathBuf>,
    /// Headers added to the answer.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The policies of the edge for the document.
    #[serde(default)]
    pub policies: PolicyConfig,
}

/// The page for missing files, with its status.
pub(crate) struct Fallback {
    pub(crate) page: PathBuf,
    pub(crate) status: StatusCode,
}

impl StaticConfig {
    pub(crate) fn header_map(&self) -> Result<HeaderMap, String> {
        let mut map = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            let parsed = HeaderName::try_from(name).map_err(|_| format!("{name:?} is no header name"))?;
            if RESERVED.contains(&parsed) {
                return Err(format!("the header {name} is set by the server itself"));
            }
            let value = HeaderValue::try_from(value)
                .map_err(|_| format!("the header {name} has a value that cannot be sent"))?;
            map.insert(parsed, value);
        }
        Ok(map)
    }

    pub(crate) fn fallback(&self) -> Result<Option<Fallback>, String> {
        let status = self.not_found_status.unwrap_or(404);
        if !matches!(status, 200 | 404) {
            return Err(format!("notFoundStatus is {status}: it can be 404 or 200"));
        }
        let Some(page) = &self.not_found else { return Ok(None) };
        let relative = page.strip_prefix("./").unwrap_or(page);
        let resolved = resolve::resolve_decoded(relative);
        let page = resolved
            .ok_or_else(|| format!("notFound is {page:?}, which is no file name within the folder"))?;
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND);
        Ok(Some(Fallback { page, status }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(json: &str) -> StaticConfig {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn reads_what_is_left_out_as_the_default() {
        let config = config(r#"{"path":"/*file","dir":"/public"}"#);
        assert!(!config.expose && config.headers.is_empty());
        assert!(config.fallback().unwrap().is_none());
    }

    #[test]
    fn takes_a_page_and_its_status() {
        let config = config(r#"{"path":"/*f","dir":"/p","notFound":"./a/404.html","notFoundStatus":200}"#);
        let fallback = config.fallback().unwrap().unwrap();
        assert_eq!((fallback.page, fallback.status), (PathBuf::from("a/404.html"), StatusCode::OK));
    }

    #[test]
    fn refuses_what_cannot_be_meant() {
        for json in [
            r#"{"path":"/*f","dir":"/p","notFound":"../404.html"}"#,
            r#"{"path":"/*f","dir":"/p","notFound":"404.html","notFoundStatus":500}"#,
        ] {
            assert!(config(json).fallback().is_err(), "{json}");
        }
        for json in [
            r#"{"path":"/*f","dir":"/p","headers":{"x y":"1"}}"#,
            r#"{"path":"/*f","dir":"/p","headers":{"x":"a\r\nb: c"}}"#,
            r#"{"path":"/*f","dir":"/p","headers":{"Content-Length":"1"}}"#,
        ] {
            assert!(config(json).header_map().is_err(), "{json}");
        }
    }
}
