//! Whether a client already has what it asks for.

use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::http_date;
use super::validators::Validators;

/// What the conditions of a request ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Send it.
    Send,
    /// 304: the client has it.
    NotModified,
    /// 412: it is not what the client thinks it is.
    Failed,
}

/// Weighs the conditions in their order of precedence.
///
/// Source: RFC 9110, section 13.2.2.
pub(crate) fn weigh(headers: &HeaderMap, file: &Validators) -> Verdict {
    if headers.contains_key(IF_MATCH) {
        if !names(headers, &IF_MATCH, &file.etag, Comparison::Strong) {
            return Verdict::Failed;
        }
    } else if date(headers, &IF_UNMODIFIED_SINCE).is_some_and(|since| file.modified_seconds > since) {
        return Verdict::Failed;
    }
    if headers.contains_key(IF_NONE_MATCH) {
        if names(headers, &IF_NONE_MATCH, &file.etag, Comparison::Weak) {
            return Verdict::NotModified;
        }
    } else if date(headers, &IF_MODIFIED_SINCE).is_some_and(|since| file.modified_seconds <= since) {
        return Verdict::NotModified;
    }
    Verdict::Send
}

/// Whether a range may be taken from this file: the part that the client has must be of the same one.
///
/// A date counts only when nothing can have changed within its second.
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

#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Strong,
    Weak,
}

fn names(headers: &HeaderMap, name: &HeaderName, etag: &HeaderValue, how: Comparison) -> bool {
    headers.get_all(name).iter().any(|value| list_names(value.as_bytes(), etag.as_bytes(), how))
}

/// Tags hold no comma of ours, so that splitting at commas cannot make a false match: half a tag lacks a quote.
fn list_names(list: &[u8], etag: &[u8], how: Comparison) -> bool {
    list.split(|&byte| byte == b',').map(<[u8]>::trim_ascii).any(|tag| match (tag, how) {
        (b"*", _) => true,
        (tag, Comparison::Strong) => tag == etag,
        (tag, Comparison::Weak) => tag.strip_prefix(b"W/").unwrap_or(tag) == etag,
    })
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
        let cases: &[(&[(HeaderName, &str)], Verdict)] = &[
            (&[], Verdict::Send),
            (&[(IF_NONE_MATCH, etag)], Verdict::NotModified),
            (&[(IF_NONE_MATCH, &weak)], Verdict::NotModified),
            (&[(IF_NONE_MATCH, &several)], Verdict::NotModified),
            (&[(IF_NONE_MATCH, "*")], Verdict::NotModified),
            (&[(IF_NONE_MATCH, "\"x\"")], Verdict::Send),
            (&[(IF_NONE_MATCH, "\"x\""), (IF_MODIFIED_SINCE, AFTER)], Verdict::Send),
            (&[(IF_MODIFIED_SINCE, DATE)], Verdict::NotModified),
            (&[(IF_MODIFIED_SINCE, AFTER)], Verdict::NotModified),
            (&[(IF_MODIFIED_SINCE, BEFORE)], Verdict::Send),
            (&[(IF_MODIFIED_SINCE, "yesterday")], Verdict::Send),
            (&[(IF_MATCH, etag)], Verdict::Send),
            (&[(IF_MATCH, &weak)], Verdict::Failed),
            (&[(IF_MATCH, "\"x\"")], Verdict::Failed),
            (&[(IF_MATCH, "*"), (IF_UNMODIFIED_SINCE, BEFORE)], Verdict::Send),
            (&[(IF_UNMODIFIED_SINCE, BEFORE)], Verdict::Failed),
            (&[(IF_UNMODIFIED_SINCE, DATE)], Verdict::Send),
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
