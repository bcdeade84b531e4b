//! All policies of an endpoint, and the order in which they act.

use std::net::IpAddr;
use std::sync::OnceLock;

use http::header::{ETAG, ORIGIN};
use http::request::Parts as Head;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode};
use serde_json::json;
use twinloop_runtime::{Core, Level};

use super::compression::{self, Compression};
use super::config::PolicyConfig;
use super::cors::{Cors, OriginStanding};
use super::etag::{self, Known};
use super::rate_limit::{self, BucketKey, Limiters, Quota, RateLimit};
use super::security_headers::{self, SecurityHeaders};
use crate::answer::body::Body;
use crate::answer::encoding::Encoding;
use crate::answer::refusal::Refusal;
use crate::connection::remote::Scheme;
use crate::request::peer::Peer;

/// The policies of an endpoint, or of requests that no endpoint takes.
pub(crate) struct Policies {
    cors: Option<Cors>,
    compression: Option<Compression>,
    rate_limit: Option<RateLimit>,
    security_headers: Option<SecurityHeaders>,
    etag: bool,
}

/// A request under policies.
pub(crate) struct Visit<'p> {
    policies: &'p Policies,
    asked: Asked<'p>,
    address: IpAddr,
    is_secure: bool,
    quota: OnceLock<Quota>,
}

/// What was asked.
enum Asked<'p> {
    Request(&'p Head),
    /// What was refused before it was a request; the origin is the page's, where it could be read.
    Unread(Option<HeaderValue>),
}

impl Asked<'_> {
    fn method(&self) -> &Method {
        match self {
            Self::Request(head) => &head.method,
            Self::Unread(_) => &Method::GET,
        }
    }

    fn headers(&self) -> Option<&HeaderMap> {
        match self {
            Self::Request(head) => Some(&head.headers),
            Self::Unread(_) => None,
        }
    }

    fn origin(&self) -> Option<&HeaderValue> {
        match self {
            Self::Request(head) => head.headers.get(ORIGIN),
            Self::Unread(origin) => origin.as_ref(),
        }
    }
}

/// What the policies of all endpoints share while they are built.
#[derive(Default)]
pub(crate) struct PolicyBuilder {
    limiters: Limiters,
    /// The header in which answers tell the request id; `None` where they tell none.
    request_id: Option<HeaderName>,
}

impl PolicyBuilder {
    pub(crate) fn new(request_id: Option<HeaderName>) -> Self {
        Self { limiters: Limiters::default(), request_id }
    }

    /// Builds the policies; `None` where nothing was asked for. The error is a sentence.
    pub(crate) fn build(
        &mut self,
        config: &PolicyConfig,
        is_sensitive: bool,
    ) -> Result<Option<Box<Policies>>, String> {
        if *config == PolicyConfig::default() {
            return Ok(None);
        }
        let readable = self.readable(config);
        Ok(Some(Box::new(Policies {
            cors: config.cors.as_ref().map(|cors| Cors::new(cors, &readable)).transpose()?,
            compression: config
                .compression
                .as_ref()
                .and_then(|config| Compression::new(config, is_sensitive)),
            rate_limit: config
                .rate_limit
                .as_ref()
                .map(|config| RateLimit::new(config, &mut self.limiters))
                .transpose()?,
            security_headers: config.security_headers.as_ref().map(SecurityHeaders::new).transpose()?,
            etag: config.etag,
        })))
    }

    /// The response headers of the edge that pages of other origins may read.
    fn readable(&self, config: &PolicyConfig) -> Vec<HeaderName> {
        let mut names: Vec<HeaderName> = self.request_id.iter().cloned().collect();
        if config.etag {
            names.push(ETAG);
        }
        if config.rate_limit.is_some() {
            names.extend(rate_limit::HEADERS);
        }
        names
    }
}

impl Policies {
    /// About the number of headers that policies add to an answer.
    pub(crate) const HEADERS: usize = 11;

    /// Begins the visit of a request.
    pub(crate) fn visit<'p>(&'p self, head: &'p Head, peer: Peer) -> Visit<'p> {
        self.begin(Asked::Request(head), (peer.address.ip, peer.protocol))
    }

    /// Begins a visit of what was refused before it was a request; `origin` is the page's, where it could be read.
    pub(crate) fn visit_unread(&self, origin: Option<HeaderValue>, client: (IpAddr, Scheme)) -> Visit<'_> {
        self.begin(Asked::Unread(origin), client)
    }

    fn begin<'p>(&'p self, asked: Asked<'p>, (address, protocol): (IpAddr, Scheme)) -> Visit<'p> {
        let is_secure = protocol == Scheme::Https;
        Visit { policies: self, asked, address, is_secure, quota: OnceLock::new() }
    }

    /// The policy of CORS.
    pub(crate) fn cors(&self) -> Option<&Cors> {
        self.cors.as_ref()
    }
}

impl Visit<'_> {
    /// Takes a token before the credentials are looked at; the error refuses the request. Where no auth handler will tell who
    /// calls, nobody does.
    pub(crate) async fn admit(
        &self,
        core: &'static Core,
        headers: &HeaderMap,
        is_guarded: bool,
    ) -> Result<(), Refusal> {
        let Some(limit) = &self.policies.rate_limit else { return Ok(()) };
        let nobody = || if is_guarded { None } else { limit.principal_key(None, self.address) };
        let key = limit.early_key(self.address, headers).or_else(nobody);
        self.take(core, limit, key).await
    }

    /// Takes a token once the credentials have been looked at, before the body is read; the error refuses the request. A principal
    /// whom the auth handler has yet to tell counts by his address.
    pub(crate) async fn admit_principal(
        &self,
        core: &'static Core,
        principal: Option<&str>,
    ) -> Result<(), Refusal> {
        match &self.policies.rate_limit {
            Some(limit) => self.take(core, limit, limit.principal_key(principal, self.address)).await,
            None => Ok(()),
        }
    }

    async fn take(
        &self,
        core: &'static Core,
        limit: &RateLimit,
        key: Option<BucketKey>,
    ) -> Result<(), Refusal> {
        let Some(key) = key else { return Ok(()) };
        let Some(quota) = limit.take(core, key).await else { return Err(Refusal::LIMIT_UNKNOWN) };
        let _ = self.quota.set(quota);
        if quota.retry_after.is_some() { Err(Refusal::TOO_MANY_REQUESTS) } else { Ok(()) }
    }

    /// Completes an answer, also a refusal.
    pub(crate) async fn complete(&self, core: &'static Core, mut response: Response<Body>) -> Response<Body> {
        if let Some(encoding) = self.choose(&mut response) {
            // Boxed: few answers are compressed, and the size would be part of every request's future.
            response = Box::pin(self.encode(response, encoding)).await;
        }
        self.tell(core, response.headers_mut());
        response
    }

    /// Chooses the encoding of an answer, and gives it its entity tag.
    fn choose(&self, response: &mut Response<Body>) -> Option<Encoding> {
        let policies = self.policies;
        let (method, headers) = (self.asked.method(), self.asked.headers()?);
        let compression = policies.compression.as_ref();
        let encoding = compression.and_then(|compression| compression.choose(method, headers, response));
        if policies.etag && matches!(*method, Method::GET | Method::HEAD) {
            etag::apply(response, &Known::read(headers), encoding.is_some());
        }
        encoding.filter(|_| response.status() != StatusCode::NOT_MODIFIED)
    }

    /// Encodes an answer as it was chosen.
    async fn encode(&self, mut response: Response<Body>, encoding: Encoding) -> Response<Body> {
        if *self.asked.method() == Method::HEAD {
            compression::describe(&mut response);
            return response;
        }
        compression::encode(response, encoding).await
    }

    /// Adds the headers of the policies to an answer that has its encoding.
    fn tell(&self, core: &'static Core, headers: &mut HeaderMap) {
        let policies = self.policies;
        if let (Some(limit), Some(quota)) = (&policies.rate_limit, self.quota.get()) {
            limit.limiter().tell(*quota, headers);
        }
        match &policies.security_headers {
            Some(security) => security.apply(headers, self.is_secure),
            None => security_headers::forbid_sniffing(headers),
        }
        if let Some(cors) = &policies.cors {
            let origin = self.asked.origin();
            cors.apply(headers, origin);
            tell_refused(core, cors, origin, self.asked.method());
        }
    }
}

/// Logs that an origin is not in the lists of a policy that is to be debugged.
pub(crate) fn tell_refused(
    runtime: &'static Core,
    cors: &Cors,
    origin: Option<&HeaderValue>,
    method: &Method,
) {
    let Some(origin) = origin else { return };
    if cors.debug && cors.admit(Some(origin)) == OriginStanding::Refused {
        let fields =
            json!({ "origin": String::from_utf8_lossy(origin.as_bytes()), "method": method.as_str() });
        runtime.log(Level::Info, "left out the headers of CORS: the origin is not in the lists", &fields);
    }
}

#[cfg(test)]
mod tests;
