//! Who may ask the admin server: the name it is called by, the origin of a page, and the token.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, ORIGIN, WWW_AUTHENTICATE};
use http::request::Parts;
use http::{HeaderValue, Method};
use subtle::ConstantTimeEq;
use twinloop_runtime::{Code, Failure};

use crate::admin::answer::{self, AdminAnswer};
use crate::settings::AdminSettings;

/// What to do about a wrong name.
const HOST_HINT: &str =
    "call the server by its address or as localhost, or list the name in ADMIN_ALLOWED_HOSTS";
/// What to do about a wrong token.
const TOKEN_HINT: &str = "send `authorization: Bearer <ADMIN_TOKEN>`";

/// The rules by which requests are let in.
pub(crate) struct AdminGuard {
    /// Names beside `localhost`, in lower case.
    hosts: Vec<String>,
    token: Option<Vec<u8>>,
    /// Whether `/metrics` wants the token too.
    metrics_token: bool,
}

/// How much a path gives away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Secrecy {
    /// Nothing: health probes, and the files of the dashboard.
    Open,
    /// Figures.
    Metrics,
    /// What the app does.
    Inner,
    /// Profiles and snapshots, which hold all that the app has in memory: only behind a token.
    Memory,
}

/// The host of a `Host` header without its port.
fn without_port(host: &str) -> &str {
    match host.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or(rest, |(address, _)| address),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || without_brackets(host).parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn without_brackets(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}

impl AdminGuard {
    /// The rules of these settings.
    ///
    /// Errors: `invalid_argument` where the server would listen beyond loopback without a token.
    pub(crate) fn new(settings: &AdminSettings) -> Result<Self, Failure> {
        let token = settings.token.as_deref().filter(|token| !token.is_empty());
        if token.is_none() && !is_loopback(&settings.host) {
            return Err(Failure::invalid_argument(format!(
                "ADMIN_HOST is {}: an admin server beyond this machine wants a token; set ADMIN_TOKEN",
                settings.host
            )));
        }
        if token.is_none() && settings.metrics_token {
            return Err(Failure::invalid_argument(
                "ADMIN_METRICS_TOKEN is required, and there is no ADMIN_TOKEN; set it",
            ));
        }
        let hosts =
            settings.allowed_hosts.iter().chain([&settings.host]).map(|host| host.to_lowercase()).collect();
        let token = token.map(|token| token.as_bytes().to_vec());
        Ok(Self { hosts, token, metrics_token: settings.metrics_token })
    }

    /// Lets a request in, or answers it.
    pub(crate) fn admit(&self, request: &Parts, secrecy: Secrecy) -> Result<(), Box<AdminAnswer>> {
        self.check_host(request).map_err(|failure| Box::new(answer::refusal_with(&failure, HOST_HINT)))?;
        check_origin(request).map_err(|failure| Box::new(answer::refusal(&failure)))?;
        let wants_token = match secrecy {
            Secrecy::Open => false,
            Secrecy::Metrics => self.metrics_token,
            Secrecy::Inner => self.token.is_some(),
            Secrecy::Memory => {
                if self.token.is_none() {
                    let message =
                        "profiles and snapshots hold what the app has in memory, and are given only by token";
                    let failure = Failure::new(Code::PermissionDenied, message);
                    return Err(Box::new(answer::refusal_with(&failure, "set ADMIN_TOKEN, and send it")));
                }
                true
            }
        };
        if wants_token && !self.has_token(request) {
            let failure = Failure::new(Code::Unauthenticated, "the token is missing or wrong");
            let mut refused = answer::refusal_with(&failure, TOKEN_HINT);
            refused
                .headers_mut()
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"twinloop\""));
            return Err(Box::new(refused));
        }
        Ok(())
    }

    /// A page of another name that resolves to this machine (DNS rebinding) calls by that name. An address as a name is no such page:
    /// it resolves to itself.
    fn check_host(&self, request: &Parts) -> Result<(), Failure> {
        let named = request.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = named.map(without_port).unwrap_or_default().to_lowercase();
        if host.parse::<IpAddr>().is_ok() || host == "localhost" || self.hosts.contains(&host) {
            return Ok(());
        }
        Err(Failure::new(Code::PermissionDenied, format!("the admin server is not known as {host:?}")))
    }

    fn has_token(&self, request: &Parts) -> bool {
        let Some(token) = &self.token else { return false };
        let credentials = request.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some((scheme, sent)) = credentials.and_then(|value| value.split_once(' ')) else { return false };
        if scheme.eq_ignore_ascii_case("bearer") {
            return is_same(token, sent.trim().as_bytes());
        }
        // Prometheus and browsers know this form as well; the name before the colon may be any.
        let decoded = STANDARD.decode(sent.trim()).unwrap_or_default();
        let password = decoded.iter().position(|&byte| byte == b':').map(|colon| &decoded[colon + 1..]);
        scheme.eq_ignore_ascii_case("basic") && password.is_some_and(|password| is_same(token, password))
    }
}

/// Compares in a time that depends on the lengths only.
fn is_same(token: &[u8], sent: &[u8]) -> bool {
    token.ct_eq(sent).into()
}

/// A page of another origin may send no `POST`: it could neither set this type nor would its origin be ours.
fn check_origin(request: &Parts) -> Result<(), Failure> {
    if request.method != Method::POST {
        return Ok(());
    }
    let header = |name| request.headers.get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    let media_type = header(CONTENT_TYPE).and_then(|value| value.split(';').next()).unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/json") {
        return Err(Failure::invalid_argument("a POST has `content-type: application/json`"));
    }
    let is_own = |origin: &str| {
        let place = origin.strip_prefix("http://").or(origin.strip_prefix("https://"));
        place.is_some_and(|place| header(HOST).is_some_and(|host| host.eq_ignore_ascii_case(place)))
    };
    match request.headers.get(ORIGIN) {
        None => Ok(()),
        Some(origin) if origin.to_str().is_ok_and(is_own) => Ok(()),
        Some(_) => Err(Failure::new(Code::PermissionDenied, "a page of another origin may not ask")),
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn settings(token: Option<&str>) -> AdminSettings {
        AdminSettings {
            port: 0,
            host: "127.0.0.1".to_owned(),
            token: token.map(str::to_owned),
            metrics_token: false,
            allowed_hosts: vec!["Admin.Example".to_owned()],
            ui: None,
        }
    }

    fn parts(method: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri("/api/app");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn status(guard: &AdminGuard, request: &Parts, secrecy: Secrecy) -> u16 {
        guard.admit(request, secrecy).map_or_else(|answer| answer.status().as_u16(), |()| 200)
    }

    #[test]
    fn a_page_that_rebinds_its_name_is_refused() {
        let guard = AdminGuard::new(&settings(None)).unwrap();
        for good in
            ["localhost:4040", "127.0.0.1:4040", "[::1]:4040", "10.0.0.7:4040", "admin.example", "LOCALHOST"]
        {
            assert_eq!(status(&guard, &parts("GET", &[("host", good)]), Secrecy::Open), 200, "{good}");
        }
        for bad in ["evil.example:4040", "localhost.evil.example", "", "127.0.0.1.evil.example:4040"] {
            assert_eq!(status(&guard, &parts("GET", &[("host", bad)]), Secrecy::Open), 403, "{bad}");
        }
        assert_eq!(status(&guard, &parts("GET", &[]), Secrecy::Open), 403);
    }

    #[test]
    fn a_wrong_or_missing_token_is_refused() {
        let guard = AdminGuard::new(&settings(Some("right"))).unwrap();
        let with = |value: &str| parts("GET", &[("host", "localhost"), ("authorization", value)]);
        assert_eq!(status(&guard, &with("Bearer right"), Secrecy::Inner), 200);
        assert_eq!(status(&guard, &with("basic dXNlcjpyaWdodA=="), Secrecy::Memory), 200);
        for forged in
            ["Bearer wrong", "Bearer righ", "Bearer rightt", "Bearer ", "Basic !!", "Basic dXNlcg==", "right"]
        {
            assert_eq!(status(&guard, &with(forged), Secrecy::Inner), 401, "{forged}");
        }
        let without = parts("GET", &[("host", "localhost")]);
        assert_eq!(status(&guard, &without, Secrecy::Inner), 401);
        assert_eq!(status(&guard, &without, Secrecy::Metrics), 200);
        let open = AdminGuard::new(&settings(None)).unwrap();
        assert_eq!(status(&open, &without, Secrecy::Inner), 200);
        assert_eq!(status(&open, &with("Bearer right"), Secrecy::Memory), 403);
    }

    #[test]
    fn a_post_of_another_page_is_refused() {
        let guard = AdminGuard::new(&settings(None)).unwrap();
        let post = |headers: &[(&str, &str)]| {
            let all: Vec<_> =
                [("host", "localhost:4040")].into_iter().chain(headers.iter().copied()).collect();
            status(&guard, &parts("POST", &all), Secrecy::Inner)
        };
        let json = ("content-type", "application/json; charset=utf-8");
        assert_eq!(post(&[json]), 200);
        assert_eq!(post(&[json, ("origin", "http://localhost:4040")]), 200);
        assert_eq!(post(&[json, ("origin", "http://evil.example")]), 403);
        assert_eq!(post(&[json, ("origin", "null")]), 403);
        assert_eq!(post(&[("content-type", "text/plain")]), 400);
    }

    #[test]
    fn a_server_for_others_wants_a_token() {
        let open = AdminSettings { host: "0.0.0.0".to_owned(), ..settings(None) };
        assert!(AdminGuard::new(&open).is_err());
        assert!(AdminGuard::new(&AdminSettings { token: Some("t".to_owned()), ..open }).is_ok());
        assert!(AdminGuard::new(&AdminSettings { metrics_token: true, ..settings(None) }).is_err());
    }
}
