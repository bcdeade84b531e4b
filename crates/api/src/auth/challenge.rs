//! The challenge of an auth handler: what `www-authenticate` says on a 401.

use http::HeaderValue;
use serde_json::Value;

use super::config::AuthHandlerConfig;

/// Makes the challenge of a handler: the one that is given, or the scheme that its credentials suggest.
///
/// A field of the `authorization` header suggests `Bearer`; another header or a query parameter `ApiKey`, a cookie `Cookie`, both
/// with the field's name. Only `Bearer` is registered with IANA, but RFC 9110 requires some challenge.
///
/// Source: RFC 9110, section 11.6.1; RFC 6750, section 3.
pub(crate) fn challenge(config: &AuthHandlerConfig) -> Result<HeaderValue, String> {
    let written = config.challenge.clone().unwrap_or_else(|| suggested(&config.params));
    HeaderValue::from_str(&written)
        .ok()
        .filter(|value| !value.is_empty())
        .ok_or_else(|| "its challenge is empty, or has characters that a header cannot carry".to_owned())
}

fn suggested(params: &Value) -> String {
    let fields = params["fields"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_in = |field: &&Value, place: &str| field["in"] == place;
    let is_authorization = |field: &Value| {
        is_in(&field, "header")
            && field["wire"].as_str().is_some_and(|wire| wire.eq_ignore_ascii_case("authorization"))
    };
    if fields.iter().any(is_authorization) {
        return "Bearer".to_owned();
    }
    let wire = |field: &Value| field["wire"].as_str().unwrap_or_default().replace(['"', '\\'], "");
    if let Some(field) = fields.iter().find(|field| is_in(field, "header") || is_in(field, "query")) {
        return format!(r#"ApiKey name="{}""#, wire(field));
    }
    match fields.first() {
        Some(field) => format!(r#"Cookie cookie-name="{}""#, wire(field)),
        None => "Bearer".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(fields: &Value, given: Option<&str>) -> Result<HeaderValue, String> {
        let config = json!({ "name": "n", "params": { "fields": fields }, "challenge": given });
        challenge(&serde_json::from_value(config).unwrap())
    }

    #[test]
    fn the_scheme_is_what_the_credentials_suggest() {
        let field = |place: &str, wire: &str| json!({ "in": place, "wire": wire });
        let cases = [
            (json!([field("cookie", "sid"), field("header", "authorization")]), "Bearer"),
            (json!([field("cookie", "sid"), field("header", "x-api-key")]), r#"ApiKey name="x-api-key""#),
            (json!([field("query", "key")]), r#"ApiKey name="key""#),
            (json!([field("cookie", "sid")]), r#"Cookie cookie-name="sid""#),
        ];
        for (fields, expected) in cases {
            assert_eq!(of(&fields, None).unwrap(), expected);
        }
        assert_eq!(of(&json!([]), Some("Basic realm=\"ops\"")).unwrap(), "Basic realm=\"ops\"");
    }

    #[test]
    fn a_challenge_that_no_header_can_carry_is_an_error() {
        for bad in ["", "a\r\nb: c", "\u{0}"] {
            assert!(of(&json!([]), Some(bad)).is_err(), "{bad:?}");
        }
    }
}
