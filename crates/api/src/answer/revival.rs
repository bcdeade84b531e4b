//! Revival: which strings of a JSON answer stand for dates, bigints and bytes, told to clients that ask.
//!
//! A client asks by `accept: application/json;revive=1`, which any page may send to any origin, and is told by the parameter
//! `revive` of `content-type`, which any page may read.

use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response};

use crate::answer::body::Body;
use crate::policy::vary;

const ASKED: &str = "revive=1";

/// The content types of an endpoint's answers for clients that ask, prepared at start.
pub(crate) struct Revival {
    json: HeaderValue,
    events: HeaderValue,
}

impl Revival {
    /// Prepares the content types that carry a plan; the error is a sentence.
    ///
    /// Shape: the text of the plan, which a quoted string of a header can hold as it is.
    pub(crate) fn new(plan: &str) -> Result<Self, String> {
        let is_sound = plan.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
        let of = |essence: &str| HeaderValue::try_from(format!("{essence}; revive=\"{plan}\"")).ok();
        match (is_sound, of("application/json"), of("text/event-stream")) {
            (true, Some(json), Some(events)) => Ok(Self { json, events }),
            _ => Err("the plan of its answers' dates, bigints and bytes fits no header".to_owned()),
        }
    }

    /// Whether a request asks for the plan.
    pub(crate) fn is_asked(headers: &HeaderMap) -> bool {
        headers.get_all(ACCEPT).iter().any(|value| {
            let parameters = value.to_str().unwrap_or_default().split([';', ',']);
            parameters.map(str::trim).any(|parameter| parameter == ASKED)
        })
    }

    /// Tells the plan with an answer of JSON or events where it is asked for. An answer that caches may keep says in any case
    /// that it depends on the question.
    pub(crate) fn tell(&self, is_asked: bool, response: &mut Response<Body>) {
        let headers = response.headers_mut();
        let told = match headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes) {
            Some(b"application/json") => &self.json,
            Some(b"text/event-stream") => &self.events,
            _ => return,
        };
        if is_asked {
            headers.insert(CONTENT_TYPE, told.clone());
        }
        if is_asked || headers.contains_key(CACHE_CONTROL) {
            vary::add(headers, "accept");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(content_type: &'static str, is_asked: bool) -> Response<Body> {
        let mut response = Response::new(Body::new("{}".into()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Revival::new("[{'at':'d'}]").unwrap().tell(is_asked, &mut response);
        response
    }

    #[test]
    fn a_client_asks_by_a_parameter_of_accept() {
        for (accept, is_asked) in [
            ("application/json;revive=1", true),
            ("text/html, application/json; revive=1 , */*", true),
            ("application/json", false),
            ("application/json;revive=10", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(accept))]);
            assert_eq!(Revival::is_asked(&headers), is_asked, "{accept}");
        }
        assert!(!Revival::is_asked(&HeaderMap::new()));
    }

    #[test]
    fn json_and_events_carry_the_plan_where_it_is_asked_for() {
        for essence in ["application/json", "text/event-stream"] {
            let response = told(essence, true);
            assert_eq!(response.headers()[CONTENT_TYPE], format!("{essence}; revive=\"[{{'at':'d'}}]\""));
            assert_eq!(response.headers()["vary"], "accept");
            assert_eq!(told(essence, false).headers().len(), 1);
        }
        assert_eq!(told("text/csv", true).headers()[CONTENT_TYPE], "text/csv");
    }

    #[test]
    fn an_answer_that_caches_may_keep_depends_on_the_question() {
        let mut response = told("application/json", false);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("max-age=60"));
        Revival::new("['d']").unwrap().tell(false, &mut response);
        assert_eq!(response.headers()["vary"], "accept");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    }

    #[test]
    fn a_plan_that_no_header_can_hold_is_refused() {
        for plan in ["\"", "\\", "\n", "ä", "a b"] {
            assert!(Revival::new(plan).is_err(), "{plan:?}");
        }
    }
}
