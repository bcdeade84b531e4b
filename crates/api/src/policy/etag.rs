//! Entity tags of answers that are in memory, and 304 to a client that has the current one.
//!
//! Source: RFC 9110, sections 8.8.3 and 13.1.2.

use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH,
    LAST_MODIFIED,
};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use twox_hash::XxHash3_128;

use crate::answer::body::Body;
use crate::answer::entity_tag::{Comparison, names};
use crate::static_files::http_date;

/// What a client says that it has.
#[derive(Default)]
pub(super) struct Known {
    tags: Vec<HeaderValue>,
    modified_since: Option<HeaderValue>,
}

impl Known {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        Self {
            tags: headers.get_all(IF_NONE_MATCH).iter().cloned().collect(),
            modified_since: headers.get(IF_MODIFIED_SINCE).cloned(),
        }
    }

    /// Whether the client has what the answer holds. A date counts only without tags (RFC 9110, section 13.1.3).
    fn has(&self, answer: &HeaderMap) -> bool {
        if !self.tags.is_empty() {
            let Some(tag) = answer.get(ETAG) else { return false };
            let named = |list: &HeaderValue| names(list.as_bytes(), tag.as_bytes(), Comparison::Weak);
            return self.tags.iter().any(named);
        }
        let seconds = |value: Option<&HeaderValue>| value.and_then(http_date::parse);
        match (seconds(answer.get(LAST_MODIFIED)), seconds(self.modified_since.as_ref())) {
            (Some(modified), Some(since)) => modified <= since,
            _ => false,
        }
    }
}

/// Gives the answer to a GET or HEAD its entity tag, and turns it into 304 where the client has it. `is_encoded` says that the
/// answer will be compressed, so that its tag is weak: the bytes differ, the meaning does not.
///
/// A tag that the endpoint has set stays, and so does an answer other than 200.
pub(super) fn apply(response: &mut Response<Body>, known: &Known, is_encoded: bool) {
    if response.status() != StatusCode::OK {
        return;
    }
    if !response.headers().contains_key(ETAG)
        && !directs(response.headers(), "no-store")
        && let Some(bytes) = response.body().whole()
    {
        let tag = format!(
            "{}\"{:x}-{:032x}\"",
            if is_encoded { "W/" } else { "" },
            bytes.len(),
            XxHash3_128::oneshot(bytes)
        );
        if let Ok(tag) = HeaderValue::try_from(tag) {
            response.headers_mut().insert(ETAG, tag);
        }
    }
    if known.has(response.headers()) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::default();
        for name in [CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE] {
            response.headers_mut().remove(name);
        }
    }
}

/// Makes a strong tag weak, of an answer whose bytes are changed on the way.
pub(super) fn weaken(headers: &mut HeaderMap) {
    let Some(tag) = headers.get(ETAG) else { return };
    if tag.as_bytes().starts_with(b"\"") {
        let weak = [b"W/", tag.as_bytes()].concat();
        if let Ok(weak) = HeaderValue::from_bytes(&weak) {
            headers.insert(ETAG, weak);
        }
    }
}

/// Whether `cache-control` has a directive that takes no argument.
pub(super) fn directs(headers: &HeaderMap, directive: &str) -> bool {
    headers.get_all(CACHE_CONTROL).iter().any(|value| {
        let mut own = value.as_bytes().split(|&byte| byte == b',');
        own.any(|own| own.trim_ascii().eq_ignore_ascii_case(directive.as_bytes()))
    })
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn asked(pairs: &[(&'static str, &str)]) -> Known {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        Known::read(&headers)
    }

    fn answered(body: &'static str, known: &Known, is_encoded: bool) -> Response<Body> {
        let mut response = Response::new(Body::new(Bytes::from_static(body.as_bytes())));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
        apply(&mut response, known, is_encoded);
        response
    }

    fn tag(response: &Response<Body>) -> &str {
        response.headers()[ETAG].to_str().unwrap()
    }

    #[test]
    fn the_same_bytes_have_the_same_tag() {
        let none = Known::default();
        let (one, same, other) =
            (answered("a", &none, false), answered("a", &none, false), answered("b", &none, false));
        assert_eq!(tag(&one), tag(&same));
        assert_ne!(tag(&one), tag(&other));
        assert_eq!(tag(&answered("a", &none, true)), format!("W/{}", tag(&one)));
    }

    #[test]
    fn a_client_that_has_it_is_told_so() {
        let strong = tag(&answered("a", &Known::default(), false)).to_owned();
        let lists = [
            (strong.clone(), true),
            (format!("W/{strong}"), true),
            (format!("\"a,b\", {strong}"), true),
            (format!("\"x\" ,W/\"y\",{strong}"), true),
            ("*".to_owned(), true),
            ("\"x\"".to_owned(), false),
            (strong.trim_matches('"').to_owned(), false),
            (format!("\"unended, {strong}"), false),
            ("W/".to_owned(), false),
            ("\"".to_owned(), false),
        ];
        for (list, is_known) in lists {
            let response = answered("a", &asked(&[("if-none-match", &list)]), false);
            assert_eq!(response.status() == 304, is_known, "{list}");
            assert_eq!(response.headers().contains_key(CONTENT_TYPE), !is_known);
            assert_eq!(tag(&response), strong);
        }
    }

    #[test]
    fn a_date_counts_only_without_tags() {
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        let with_date = |known: &Known| {
            let mut response = Response::new(Body::new(Bytes::from_static(b"a")));
            response.headers_mut().insert(LAST_MODIFIED, HeaderValue::from_static(date));
            apply(&mut response, known, false);
            response.status().as_u16()
        };
        assert_eq!(with_date(&asked(&[("if-modified-since", date)])), 304);
        assert_eq!(with_date(&asked(&[("if-modified-since", "Sun, 06 Nov 1994 08:49:36 GMT")])), 200);
        assert_eq!(with_date(&asked(&[("if-modified-since", date), ("if-none-match", "\"x\"")])), 200);
        assert_eq!(with_date(&asked(&[("if-modified-since", "yesterday")])), 200);
    }

    #[test]
    fn what_must_not_be_stored_has_no_tag() {
        let mut response = Response::new(Body::new(Bytes::from_static(b"a")));
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, No-Store"));
        apply(&mut response, &Known::default(), false);
        assert!(!response.headers().contains_key(ETAG));
    }
}
