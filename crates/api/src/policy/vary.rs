//! The header `Vary`: the request headers on which an answer depends, so that caches keep one answer for each.

use http::header::VARY;
use http::{HeaderMap, HeaderValue};

/// Adds the name of a request header to `Vary`, in one line with the names that are there; `*` says all already.
///
/// Source: RFC 9110, section 12.5.5.
pub(crate) fn add(headers: &mut HeaderMap, name: &'static str) {
    let mut names: Vec<&str> = Vec::new();
    for value in headers.get_all(VARY) {
        let Ok(value) = value.to_str() else { continue };
        names.extend(value.split(',').map(str::trim).filter(|name| !name.is_empty()));
    }
    if names.iter().any(|known| *known == "*" || known.eq_ignore_ascii_case(name)) {
        return;
    }
    if names.is_empty() {
        headers.insert(VARY, HeaderValue::from_static(name));
        return;
    }
    names.push(name);
    if let Ok(value) = HeaderValue::try_from(names.join(", ")) {
        headers.insert(VARY, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(values: &[&'static str], name: &'static str) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(VARY, HeaderValue::from_static(value));
        }
        add(&mut headers, name);
        let all: Vec<&str> = headers.get_all(VARY).iter().map(|value| value.to_str().unwrap()).collect();
        all.join(" + ")
    }

    #[test]
    fn a_name_is_added_once() {
        assert_eq!(added(&[], "origin"), "origin");
        assert_eq!(added(&["accept-encoding"], "origin"), "accept-encoding, origin");
        assert_eq!(added(&["Accept , Origin"], "origin"), "Accept , Origin");
        assert_eq!(added(&["a", "b,"], "origin"), "a, b, origin");
        assert_eq!(added(&["*"], "origin"), "*");
    }
}
