//! Conditional requests (RFC 9110, section 13).

use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::http_date;
use super::validators::Validators;
use crate::answer::entity_tag::{self, Comparison};

/// The result of evaluating a request's conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PreconditionResult {
    /// The file is to be sent.
    Send,
    /// 304: the client has the current version.
    NotModified,
    /// 412: a precondition failed.
    Failed,
}

/// Evaluates the conditions in their order of precedence.
///
/// Source: RFC 9110, section 13.2.2.
pub(crate) fn weigh(headers: &HeaderMap, file: &Validators) -> PreconditionResult {
    if headers.contains_key(IF_MATCH) {
        if !names(headers, &IF_MATCH, &file.etag, Comparison::Strong) {
            return PreconditionResult::Failed;
        }
    } else if date(headers, &IF_UNMODIFIED_SINCE).is_some_and(|since| file.modified_seconds > since) {
        return PreconditionResult::Failed;
    }
    if headers.contains_key(IF_NONE_MATCH) {
        if names(headers, &IF_NONE_MATCH, &file.etag, Comparison::Weak) {
            return PreconditionResult::NotModified;
        }
    } else if date(headers, &IF_MODIFIED_SINCE).is_some_and(|since| file.modified_seconds <= since) {
        return PreconditionResult::NotModified;
    }
    PreconditionResult::Send
}

/// Whether `If-Range` allows a range of this file: the client's part must be of the same version.
///
/// A date counts only when the file cannot have changed again within the same second.
///
/// Source: RFC 9110, section 13.1.5.
pub(crate) fn allows_range(headers: &HeaderMap, file: &Validators, now_seconds: u64) -> bool {
    let Some(value) = headers.get(IF_RANGE) else { return true };
    if value.as_bytes().starts_with(b"\"") {
        return value.as_bytes() == file.etag.as_bytes();
    }
    let is_settled = now_seconds > file.modified_seconds + 1;
    is_settled && http_date::parse(value) == Some(file.modified_seconds)
}

fn names(headers: &HeaderMap, name: &HeaderName, etag: &HeaderValue, how: Comparison) -> bool {
    headers.get_all(name).iter().any(|list| entity_tag::names(list.as_bytes(), etag.as_bytes(), how))
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    http_date::parse(headers.get(name)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, UNIX_EPOCH};

    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const BEFORE: &str = "Sun, 06 Nov 1994 08:49:36 GMT";
    const AFTER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";
    const SECONDS: u64 = 784_111_777;

    fn file() -> Validators {
        let modified = UNIX_EPOCH + Duration::from_millis(SECONDS * 1000 + 500);
        Validators::of(modified, 5, None).unwrap()
    }

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn conditions_are_weighed_in_order() {
        let etag = file().etag.to_str().unwrap().to_owned();
        let etag = etag.as_str();
        let weak = format!("W/{etag}");
        let several = format!("\"x\", {etag} ,\"y\"");
        let cases: &[(&[(HeaderName, &str)], PreconditionResult)] = &[
            (&[], PreconditionResult::Send),
            (&[(IF_NONE_MATCH, etag)], PreconditionResult::NotModified),
            (&[(IF_NONE_MATCH, &weak)], PreconditionResult::NotModified),
            (&[(IF_NONE_MATCH, &several)], PreconditionResult::NotModified),
            (&[(IF_NONE_MATCH, "*")], PreconditionResult::NotModified),
            (&[(IF_NONE_MATCH, "\"x\"")], PreconditionResult::Send),
            (&[(IF_NONE_MATCH, "\"x\""), (IF_MODIFIED_SINCE, AFTER)], PreconditionResult::Send),
            (&[(IF_MODIFIED_SINCE, DATE)], PreconditionResult::NotModified),
            (&[(IF_MODIFIED_SINCE, AFTER)], PreconditionResult::NotModified),
            (&[(IF_MODIFIED_SINCE, BEFORE)], PreconditionResult::Send),
            (&[(IF_MODIFIED_SINCE, "yesterday")], PreconditionResult::Send),
            (&[(IF_MATCH, etag)], PreconditionResult::Send),
            (&[(IF_MATCH, &weak)], PreconditionResult::Failed),
            (&[(IF_MATCH, "\"x\"")], PreconditionResult::Failed),
            (&[(IF_MATCH, "*"), (IF_UNMODIFIED_SINCE, BEFORE)], PreconditionResult::Send),
            (&[(IF_UNMODIFIED_SINCE, BEFORE)], PreconditionResult::Failed),
            (&[(IF_UNMODIFIED_SINCE, DATE)], PreconditionResult::Send),
        ];
        for (pairs, expected) in cases {
            assert_eq!(weigh(&headers(pairs), &file()), *expected, "{pairs:?}");
        }
    }

    #[test]
    fn a_range_needs_the_same_file() {
        let etag = file().etag.to_str().unwrap().to_owned();
        let later = SECONDS + 10;
        assert!(allows_range(&HeaderMap::new(), &file(), later));
        let cases = [
            (etag.as_str(), later, true),
            ("\"x\"", later, false),
            (&format!("W/{etag}"), later, false),
            (DATE, later, true),
            (DATE, SECONDS + 1, false),
            (BEFORE, later, false),
            (AFTER, later, false),
        ];
        for (value, now, expected) in cases {
            assert_eq!(allows_range(&headers(&[(IF_RANGE, value)]), &file(), now), expected, "{value}");
        }
    }
}
