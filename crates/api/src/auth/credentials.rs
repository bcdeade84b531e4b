//! An auth handler as requests see it: the credentials that it takes, and what is known of them already.

use std::sync::Arc;

use http::HeaderValue;
use serde::Deserialize;
use twinloop_mailbox::Text;
use twinloop_runtime::clock;
use twinloop_schema::{Parts, Registry, RequestShape};

use super::api_keys::ApiKeys;
use super::cache::{CallerCache, Ticket};
use super::caller::Caller;
use super::challenge::challenge;
use super::config::{AuthHandlerConfig, VerifyConfig};
use super::jwt::{Jwt, Verified};
use crate::cookie::sealed_fields::SealedFields;

/// An auth handler, prepared for requests.
pub(crate) struct AuthHandler {
    /// The handler's index in the gateway.
    pub(crate) index: u16,
    /// The value of `www-authenticate` on a 401.
    pub(crate) challenge: HeaderValue,
    /// The shape of the handler's data; `None` takes any JSON.
    pub(crate) data: Option<RequestShape>,
    pub(crate) cache: Option<CallerCache>,
    params: RequestShape,
    verify: Option<Verifier>,
}

/// What verifies the credentials of a handler in Rust.
enum Verifier {
    Jwt(Box<Jwt>),
    ApiKeys(Box<ApiKeys>),
}

/// The parameter of a handler whose credentials Rust verifies.
#[derive(Deserialize)]
struct Sole {
    token: String,
}

/// What a request's credentials are to one auth handler.
pub(crate) enum Credentials {
    /// The request has none, or none that could be the handler's.
    None,
    /// Somebody's whom the handler has recognised before.
    Known(Arc<Caller>),
    /// The handler has to be asked; with a ticket, its answer is kept.
    Unknown(Text, Option<Ticket>),
    /// A token that Rust has to verify.
    Token(String),
}

impl AuthHandler {
    /// Prepares the handler with this index; the error is a sentence.
    pub(crate) fn new(
        index: u16,
        config: &AuthHandlerConfig,
        registry: &Arc<Registry>,
    ) -> Result<Self, String> {
        let params = RequestShape::from_json(Arc::clone(registry), &config.params);
        let params = params.map_err(|error| error.to_string())?;
        if params.takes_body() || !config.params["bodyAs"].is_null() {
            return Err(
                "its parameters are in the body: they can be headers, query parameters and cookies".into()
            );
        }
        if SealedFields::read(&config.params).is_some() {
            return Err("a parameter is a sealed cookie, which only an endpoint opens: use `Cookie`".into());
        }
        let body = |ty: u32| serde_json::json!({ "fields": [], "body": ty, "bodyOptional": false });
        let data = config.data.map(|ty| RequestShape::from_json(Arc::clone(registry), &body(ty)));
        Ok(Self {
            index,
            challenge: challenge(config)?,
            data: data.transpose().map_err(|error| error.to_string())?,
            cache: config.cache.as_ref().map(CallerCache::new).transpose()?,
            params: params.hiding_values(),
            verify: config.verify.as_ref().map(Verifier::new).transpose()?,
        })
    }

    /// Looks for the handler's credentials in a request. Credentials that do not fit the handler's parameters are none.
    pub(crate) fn credentials(&self, parts: &Parts<'_>) -> Credentials {
        let mut bytes = Vec::with_capacity(128);
        let Some(text) = self.params.read_given(parts, &mut bytes) else { return Credentials::None };
        if let Some(verifier) = &self.verify {
            return verifier.credentials(&bytes);
        }
        let ticket = match &self.cache {
            None => None,
            Some(cache) => match cache.find(&bytes, clock::now()) {
                Ok(caller) => return Credentials::Known(caller),
                Err(ticket) => Some(ticket),
            },
        };
        Credentials::Unknown(Text { bytes, ascii: text.ascii, tagged: text.tagged, framed: false }, ticket)
    }

    /// Verifies a token.
    pub(crate) async fn verify(&self, token: &str) -> Verified {
        match &self.verify {
            Some(Verifier::Jwt(jwt)) => jwt.verify(token).await,
            _ => Verified::Nobody,
        }
    }

    /// Writes the parameters of a request as the cache's keys are made from them; `None` where they do not fit.
    pub(crate) fn written(&self, parts: &Parts<'_>) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        self.params.read(parts, b"", &mut bytes).ok()?;
        Some(bytes)
    }
}

impl Verifier {
    fn new(config: &VerifyConfig) -> Result<Self, String> {
        match config {
            VerifyConfig::Jwt(config) => Jwt::new(config).map(|jwt| Self::Jwt(Box::new(jwt))),
            VerifyConfig::ApiKeys(keys) => ApiKeys::new(keys).map(Box::new).map(Self::ApiKeys),
        }
    }

    /// Reads the parameter, which has been accepted as a text, and finds whose key it is; a token is left to be verified.
    fn credentials(&self, params: &[u8]) -> Credentials {
        let Ok(Sole { token }) = serde_json::from_slice(params) else { return Credentials::None };
        let token = without_scheme(&token);
        match self {
            Self::Jwt(_) => Credentials::Token(token.to_owned()),
            Self::ApiKeys(keys) => keys.caller(token).map_or(Credentials::None, Credentials::Known),
        }
    }
}

/// The token of a header: what stands after `Bearer`, or the whole. Source: RFC 6750, section 2.1; RFC 9110, section 11.1.
fn without_scheme(value: &str) -> &str {
    match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start_matches(' '),
        _ => value,
    }
}
