//! Security headers: constants that stand on every answer, unless the endpoint has set its own value.

use http::header::X_CONTENT_TYPE_OPTIONS;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::config::SecurityHeadersConfig;

type Constants = Box<[(HeaderName, HeaderValue)]>;

/// Security headers, ready to send.
pub(super) struct SecurityHeaders {
    always: Constants,
    over_tls: Constants,
    forbids_sniffing: bool,
}

impl SecurityHeaders {
    pub(super) fn new(config: &SecurityHeadersConfig) -> Result<Self, String> {
        let read = |pairs: &[(String, String)]| pairs.iter().map(constant).collect::<Result<Constants, _>>();
        Ok(Self {
            always: read(&config.headers)?,
            over_tls: read(&config.secure_headers)?,
            forbids_sniffing: config.content_type_options,
        })
    }

    /// Adds the headers that the answer does not have.
    pub(super) fn apply(&self, headers: &mut HeaderMap, is_secure: bool) {
        let over_tls = if is_secure { &self.over_tls[..] } else { &[] };
        for (name, value) in self.always.iter().chain(over_tls) {
            headers.entry(name).or_insert_with(|| value.clone());
        }
        if self.forbids_sniffing {
            forbid_sniffing(headers);
        }
    }
}

/// Adds `nosniff`, which forbids browsers to guess the type of the content; a value that the endpoint has set stays.
pub(crate) fn forbid_sniffing(headers: &mut HeaderMap) {
    headers.entry(X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
}

fn constant((name, value): &(String, String)) -> Result<(HeaderName, HeaderValue), String> {
    let parsed =
        HeaderName::try_from(name).map_err(|_| format!("securityHeaders: {name:?} is no header name"))?;
    let value = HeaderValue::try_from(value).map_err(|_| {
        format!("securityHeaders: the value of {name} has a line break or a control character")
    })?;
    Ok((parsed, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(json: &str) -> Result<SecurityHeaders, String> {
        SecurityHeaders::new(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_value_of_the_endpoint_stays() {
        let policy =
            build(r#"{"headers":[["x-frame-options","DENY"],["referrer-policy","no-referrer"]]}"#).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("x-frame-options", HeaderValue::from_static("SAMEORIGIN"));
        policy.apply(&mut headers, false);
        assert_eq!(headers["x-frame-options"], "SAMEORIGIN");
        assert_eq!(headers["referrer-policy"], "no-referrer");
        assert_eq!(headers["x-content-type-options"], "nosniff");
    }

    #[test]
    fn transport_security_needs_tls() {
        let policy = build(r#"{"headers":[],"secureHeaders":[["strict-transport-security","max-age=1"]],"contentTypeOptions":false}"#).unwrap();
        for is_secure in [false, true] {
            let mut headers = HeaderMap::new();
            policy.apply(&mut headers, is_secure);
            assert_eq!(headers.contains_key("strict-transport-security"), is_secure);
            assert!(!headers.contains_key("x-content-type-options"));
        }
    }

    #[test]
    fn a_value_that_would_begin_another_header_is_refused() {
        assert!(build(r#"{"headers":[["x","a\r\nb: c"]]}"#).is_err());
        assert!(build(r#"{"headers":[["x y","a"]]}"#).is_err());
    }
}
