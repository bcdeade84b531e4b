//! Preflights: what a browser asks before it sends a request of another origin.
//!
//! Source: WHATWG Fetch, section 3.3 "CORS protocol".

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, ORIGIN,
};
use http::request::Parts as Head;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response};

use super::{Cors, OriginStanding};
use crate::answer::body::Body;
use crate::answer::refusal;
use crate::policy::vary;

const REQUEST_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-request-private-network");
const ALLOW_PRIVATE_NETWORK: HeaderName = HeaderName::from_static("access-control-allow-private-network");

/// A preflight: OPTIONS with an origin, and the method that is asked for.
pub(crate) struct Preflight<'h> {
    pub(crate) method: Method,
    origin: &'h HeaderValue,
    headers: &'h HeaderMap,
}

impl<'h> Preflight<'h> {
    /// Reads a preflight; `None` for any other request, and for one that asks for several methods or none.
    pub(crate) fn read(head: &'h Head) -> Option<Self> {
        if head.method != Method::OPTIONS {
            return None;
        }
        let headers = &head.headers;
        let mut methods = headers.get_all(ACCESS_CONTROL_REQUEST_METHOD).iter();
        let method = Method::from_bytes(methods.next()?.as_bytes()).ok()?;
        let origin = headers.get(ORIGIN)?;
        methods.next().is_none().then_some(Self { method, origin, headers })
    }

    /// The answer by this policy; `methods` are those of the path.
    pub(crate) fn answer(&self, cors: &Cors, methods: &[&str]) -> Response<Body> {
        let mut response = refusal::no_content();
        let headers = response.headers_mut();
        let admission = cors.admit(Some(self.origin));
        cors.allow_origin(headers, Some(self.origin), admission);
        for name in ["origin", "access-control-request-method", "access-control-request-headers"] {
            vary::add(headers, name);
        }
        if admission == OriginStanding::Refused {
            return response;
        }
        if let Ok(methods) = HeaderValue::try_from(methods.join(", ")) {
            headers.insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        }
        let allowed = self.allowed_headers(cors, admission);
        if !allowed.is_empty()
            && let Ok(allowed) = HeaderValue::try_from(allowed.join(", "))
        {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
        }
        if let Some(seconds) = &cors.max_age {
            headers.insert(ACCESS_CONTROL_MAX_AGE, seconds.clone());
        }
        if cors.private_network
            && self.headers.get(REQUEST_PRIVATE_NETWORK).is_some_and(|asked| asked == "true")
        {
            headers.insert(ALLOW_PRIVATE_NETWORK, HeaderValue::from_static("true"));
        }
        response
    }

    /// The requested headers that may be sent. `authorization` is a credential: only origins with credentials may send it, as
    /// with Encore.
    fn allowed_headers(&self, cors: &Cors, admission: OriginStanding) -> Vec<&'h str> {
        let values = self.headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS).iter();
        let names = values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
        names
            .map(str::trim)
            .filter(|name| {
                let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else { return false };
                if name == AUTHORIZATION {
                    admission == OriginStanding::WithCredentials
                } else {
                    cors.allows_header(&name)
                }
            })
            .collect()
    }
}
