//! Problem details: the form of error answers that RFC 9457 defines.

use http::StatusCode;
use serde_json::{Map, Value};

/// Writes an error of the default form as problem details; `None` where `error` is not of the default form.
///
/// Shape: `{"code","message","details"}` -> `{"type","title","status","detail","instance","code","issues"?,"details"?}`. The
/// type is `about:blank`, so that the title is the status in words; `instance` is the request id, which the response also has
/// in `x-request-id`; the issues of an input stand beside the other members, all other details in `details`.
///
/// Source: RFC 9457, sections 3.1, 3.2 and 4.2.1.
pub(crate) fn render(status: StatusCode, error: &[u8], request_id: &str) -> Option<Vec<u8>> {
    let Ok(Value::Object(mut given)) = serde_json::from_slice(error) else { return None };
    let mut problem = Map::new();
    problem.insert("type".to_owned(), "about:blank".into());
    if let Some(title) = title(status) {
        problem.insert("title".to_owned(), title.into());
    }
    problem.insert("status".to_owned(), status.as_u16().into());
    problem.insert("detail".to_owned(), given.remove("message")?);
    problem.insert("instance".to_owned(), request_id.into());
    problem.insert("code".to_owned(), given.remove("code")?);
    let mut details = given.remove("details").unwrap_or_default();
    if let Some(issues) = details.as_object_mut().and_then(take_issues) {
        problem.insert("issues".to_owned(), issues);
    }
    let is_empty = details.is_null() || details.as_object().is_some_and(Map::is_empty);
    if !is_empty {
        problem.insert("details".to_owned(), details);
    }
    serde_json::to_vec(&problem).ok()
}

fn take_issues(details: &mut Map<String, Value>) -> Option<Value> {
    if details.get("issues").is_some_and(Value::is_array) { details.shift_remove("issues") } else { None }
}

/// The status in words; 499, which no standard has, by the words of nginx, which made it.
fn title(status: StatusCode) -> Option<&'static str> {
    status.canonical_reason().or_else(|| (status.as_u16() == 499).then_some("Client Closed Request"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(status: u16, error: &str) -> String {
        let problem = render(StatusCode::from_u16(status).unwrap(), error.as_bytes(), "1f").unwrap();
        String::from_utf8(problem).unwrap()
    }

    #[test]
    fn a_problem_has_the_members_of_the_standard_first() {
        assert_eq!(
            rendered(404, r#"{"code":"not_found","message":"no such link","details":null}"#),
            r#"{"type":"about:blank","title":"Not Found","status":404,"detail":"no such link","instance":"1f","code":"not_found"}"#
        );
    }

    #[test]
    fn issues_stand_beside_the_other_members_and_details_stay() {
        let both =
            rendered(400, r#"{"code":"c","message":"m","details":{"issues":[{"at":"body"}],"more":1}}"#);
        assert!(both.ends_with(r#""code":"c","issues":[{"at":"body"}],"details":{"more":1}}"#), "{both}");
        let only = rendered(400, r#"{"code":"c","message":"m","details":{"issues":[]}}"#);
        assert!(only.ends_with(r#""code":"c","issues":[]}"#), "{only}");
        let other = rendered(400, r#"{"code":"c","message":"m","details":{"issues":1}}"#);
        assert!(other.ends_with(r#""code":"c","details":{"issues":1}}"#), "{other}");
    }

    #[test]
    fn a_status_of_no_standard_has_the_title_that_is_known() {
        assert!(
            rendered(499, r#"{"code":"c","message":"m"}"#).contains(r#""title":"Client Closed Request""#)
        );
        assert!(!rendered(599, r#"{"code":"c","message":"m"}"#).contains("title"));
    }

    #[test]
    fn what_is_no_error_of_the_default_form_is_left() {
        for other in ["", "[]", "{}", r#"{"code":"c"}"#, r#"{"message":"m"}"#] {
            assert_eq!(render(StatusCode::OK, other.as_bytes(), "1f"), None, "{other}");
        }
    }
}
