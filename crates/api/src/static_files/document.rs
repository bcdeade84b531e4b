//! A document with a path of its own: constant bytes, or one file.

use std::path::PathBuf;
use std::time::SystemTime;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};
use twox_hash::XxHash3_128;

use super::answer::{self, FileRequest, Served};
use super::config::DocumentConfig;
use super::entry::{FileEntry, Representation};
use super::validators::Validators;
use super::{http_date, single};
use crate::answer::body::Body;
use crate::answer::compressed_body::compress;
use crate::answer::encoding::Encoding;
use crate::answer::refusal::Refusal;

/// A document, ready to serve.
pub(crate) struct ServedDocument {
    content: Content,
    headers: HeaderMap,
}

enum Content {
    Kept(Box<FileEntry>),
    File(PathBuf),
}

impl ServedDocument {
    /// Prepares a document; compresses a text once. The error is a sentence.
    pub(crate) fn open(config: &DocumentConfig) -> Result<Self, String> {
        let place = format!("the document {}", config.path);
        let mut headers = HeaderMap::with_capacity(config.headers.len());
        for (name, value) in &config.headers {
            let name =
                HeaderName::try_from(name).map_err(|_| format!("{place}: {name:?} is no header name"))?;
            let value = HeaderValue::try_from(value)
                .map_err(|_| format!("{place}: the header {name} cannot be sent"))?;
            headers.insert(name, value);
        }
        let content = match (&config.text, &config.file) {
            (Some(text), None) => {
                let entry = kept(text, &config.content_type);
                Content::Kept(Box::new(entry.ok_or_else(|| format!("{place}: it cannot be sent"))?))
            }
            (None, Some(file)) => Content::File(file.clone()),
            _ => return Err(format!("{place}: it is neither a text nor a file")),
        };
        Ok(Self { content, headers })
    }

    /// Answers GET and HEAD, with conditions and ranges.
    pub(crate) async fn answer(&self, method: &Method, headers: &HeaderMap) -> Response<Body> {
        let asked = FileRequest { head: method == Method::HEAD, headers };
        let found = match &self.content {
            Content::Kept(entry) => {
                answer::answer(entry, Served::File, &asked, &self.headers).await.map(Some)
            }
            Content::File(path) => single::answer(path, None, None, method, headers).await,
        };
        let Ok(found) = found else { return Refusal::UNREADABLE.response() };
        let Some(mut response) = found else { return Refusal::NO_FILE.response() };
        for (name, value) in &self.headers {
            response.headers_mut().insert(name, value.clone());
        }
        response
    }
}

fn kept(text: &str, content_type: &str) -> Option<FileEntry> {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    let tag = format!("{:032x}", XxHash3_128::oneshot(&bytes));
    let modified = SystemTime::now();
    let form = |content: Bytes, encoding: Option<Encoding>| {
        let suffix = encoding.map_or_else(String::new, |encoding| format!("-{}", encoding.token()));
        Some(Representation {
            path: PathBuf::new(),
            length: content.len() as u64,
            modified,
            encoding,
            validators: Validators {
                etag: HeaderValue::try_from(format!("\"{tag}{suffix}\"")).ok()?,
                last_modified: http_date::format(modified)?,
                modified_seconds: http_date::seconds(modified),
            },
            content: Some(content),
        })
    };
    let compressed = Encoding::OF_FILES
        .iter()
        .filter_map(|&encoding| form(compress(&bytes, encoding).ok()?, Some(encoding)))
        .collect();
    Some(FileEntry {
        name: PathBuf::new(),
        content_type: HeaderValue::try_from(content_type).ok()?,
        plain: form(bytes, None)?,
        compressed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, ETAG, IF_NONE_MATCH};

    fn document(json: &str) -> Result<ServedDocument, String> {
        ServedDocument::open(&serde_json::from_str(json).unwrap())
    }

    async fn status_and_encoding(
        document: &ServedDocument,
        headers: &[(HeaderName, &str)],
    ) -> (u16, Option<String>) {
        let map = headers.iter().map(|(name, value)| (name.clone(), value.parse().unwrap())).collect();
        let response = document.answer(&Method::GET, &map).await;
        let encoding =
            response.headers().get(CONTENT_ENCODING).map(|value| value.to_str().unwrap().to_owned());
        (response.status().as_u16(), encoding)
    }

    #[tokio::test]
    async fn a_text_is_sent_in_the_encoding_that_the_client_prefers_and_not_again() {
        let json = r#"{"path":"/a","contentType":"application/json","text":"{}","headers":{"x-a":"1"}}"#;
        let document = document(json).unwrap();
        assert_eq!(status_and_encoding(&document, &[]).await, (200, None));
        let gzip = [(ACCEPT_ENCODING, "gzip")];
        assert_eq!(status_and_encoding(&document, &gzip).await, (200, Some("gzip".to_owned())));
        let response = document.answer(&Method::GET, &HeaderMap::new()).await;
        assert_eq!(response.headers()["x-a"], "1");
        let tag = response.headers()[ETAG].to_str().unwrap().to_owned();
        assert_eq!(status_and_encoding(&document, &[(IF_NONE_MATCH, &tag)]).await.0, 304);
    }

    #[tokio::test]
    async fn a_file_that_is_gone_is_not_found() {
        let document = document(r#"{"path":"/a","file":"/not/there.js"}"#).unwrap();
        assert_eq!(status_and_encoding(&document, &[]).await.0, 404);
    }

    #[test]
    fn what_is_neither_a_text_nor_a_file_is_refused() {
        assert!(document(r#"{"path":"/a"}"#).is_err());
        assert!(document(r#"{"path":"/a","text":"","contentType":"a/b","headers":{"x y":"1"}}"#).is_err());
    }
}
