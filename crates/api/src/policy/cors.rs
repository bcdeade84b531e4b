//! Cross-origin resource sharing: which pages of other origins may read an answer.
//!
//! The policy refuses nothing by itself: it leaves out the headers without which a browser hides the answer from the page. An
//! origin in the list with credentials is told `access-control-allow-credentials`, every other allowed one is not.
//!
//! Source: WHATWG Fetch, section 3.3 "CORS protocol"; the options are Encore's `global_cors`.

mod origin;
mod preflight;

use super::config::CorsConfig;
use super::vary;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use origin::Origins;

pub(crate) use preflight::Preflight;

/// Request headers that pages may always send; `authorization` only where credentials are allowed.
const ALWAYS_ALLOWED: [&str; 10] = [
    "accept",
    "content-type",
    "origin",
    "user-agent",
    "x-correlation-id",
    "x-request-id",
    "x-requested-with",
    "traceparent",
    "tracestate",
    "last-event-id",
];

/// What an origin may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OriginStanding {
    /// Nothing: no header is sent.
    Refused,
    /// Read answers, as any origin may.
    AsAnyone,
    /// Read answers, by its name.
    ByName,
    /// Send credentials and read answers.
    WithCredentials,
}

/// A policy, ready for requests.
#[allow(clippy::struct_excessive_bools, reason = "options that do not depend on one another")]
pub(crate) struct Cors {
    plain: Origins,
    credentialed: Origins,
    allows_all_headers: bool,
    allow_headers: Box<[HeaderName]>,
    exposes_all: bool,
    expose: Option<HeaderValue>,
    max_age: Option<HeaderValue>,
    private_network: bool,
    /// Whether the answer depends on the origin.
    varies: bool,
    pub(super) debug: bool,
}

impl Cors {
    /// Reads the options; the error is a sentence. `readable` are headers of the edge that pages may always read.
    pub(crate) fn new(config: &CorsConfig, readable: &[HeaderName]) -> Result<Self, String> {
        let plain = Origins::parse(
            &config.allow_origins_without_credentials,
            "allowOriginsWithoutCredentials",
            false,
        )?;
        let credentialed =
            Origins::parse(&config.allow_origins_with_credentials, "allowOriginsWithCredentials", true)?;
        let named = |list: &[String], option: &str| -> Result<Vec<HeaderName>, String> {
            let parse = |name: &String| {
                HeaderName::try_from(name)
                    .map_err(|_| format!("cors.{option} has {name:?}, which is no header name"))
            };
            list.iter().filter(|name| *name != "*").map(parse).collect()
        };
        let mut allow_headers = named(&config.allow_headers, "allowHeaders")?;
        allow_headers.extend(ALWAYS_ALLOWED.map(HeaderName::from_static));
        let mut expose = named(&config.expose_headers, "exposeHeaders")?;
        expose.extend_from_slice(readable);
        let expose: Vec<&str> = expose.iter().map(HeaderName::as_str).collect();
        let holds_all = |list: &[String]| list.iter().any(|name| name == "*");
        Ok(Self {
            varies: !(plain.any && credentialed.is_empty()),
            plain,
            credentialed,
            allows_all_headers: holds_all(&config.allow_headers),
            allow_headers: allow_headers.into(),
            exposes_all: holds_all(&config.expose_headers),
            expose: if expose.is_empty() { None } else { HeaderValue::try_from(expose.join(", ")).ok() },
            max_age: config.max_age_seconds.map(HeaderValue::from),
            private_network: config.allow_private_network,
            debug: config.debug,
        })
    }

    /// What the origin may do; a request without one comes from no page, and needs no header.
    pub(crate) fn admit(&self, origin: Option<&HeaderValue>) -> OriginStanding {
        let Some(origin) = origin.and_then(|origin| origin.to_str().ok()) else { return self.of_anyone() };
        if self.credentialed.names(origin) {
            OriginStanding::WithCredentials
        } else if self.plain.any {
            OriginStanding::AsAnyone
        } else if self.plain.names(origin) {
            OriginStanding::ByName
        } else {
            OriginStanding::Refused
        }
    }

    fn of_anyone(&self) -> OriginStanding {
        if self.plain.any { OriginStanding::AsAnyone } else { OriginStanding::Refused }
    }

    /// Adds the headers of an answer to a request of this origin. `Vary` stands also where the origin is refused or absent:
    /// a cache must not give that answer to an allowed one.
    pub(super) fn apply(&self, headers: &mut HeaderMap, origin: Option<&HeaderValue>) {
        let admission = self.admit(origin);
        self.allow_origin(headers, origin, admission);
        if admission == OriginStanding::Refused {
            return;
        }
        // With credentials `*` would be a header of that name.
        let expose = match (self.exposes_all, admission) {
            (false, _) => self.expose.clone(),
            (true, OriginStanding::WithCredentials) => names_of(headers),
            (true, _) => Some(HeaderValue::from_static("*")),
        };
        if let Some(expose) = expose {
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, expose);
        }
    }

    fn allow_origin(&self, headers: &mut HeaderMap, origin: Option<&HeaderValue>, admission: OriginStanding) {
        if self.varies {
            vary::add(headers, "origin");
        }
        match (admission, origin) {
            (OriginStanding::AsAnyone, _) => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            }
            (OriginStanding::ByName | OriginStanding::WithCredentials, Some(origin)) => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
            }
            _ => {
                // A handler that sets the header by itself would otherwise override the policy.
                headers.remove(ACCESS_CONTROL_ALLOW_ORIGIN);
            }
        }
        if admission == OriginStanding::WithCredentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        } else {
            headers.remove(ACCESS_CONTROL_ALLOW_CREDENTIALS);
        }
    }

    fn allows_header(&self, name: &HeaderName) -> bool {
        self.allows_all_headers || self.allow_headers.contains(name)
    }
}

fn names_of(headers: &HeaderMap) -> Option<HeaderValue> {
    let names: Vec<&str> = headers.keys().map(HeaderName::as_str).collect();
    if names.is_empty() { None } else { HeaderValue::try_from(names.join(", ")).ok() }
}

#[cfg(test)]
mod tests;
