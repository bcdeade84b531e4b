//! The operations by which isolates tell the outcome of an auth handler, and what is to be forgotten.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::value::RawValue;
use twinloop_runtime::clock;
use twinloop_schema::Parts;

use super::cache::Ticket;
use super::caller::Caller;
use super::gateway::Gateway;
use crate::request::headers::Headers;

/// The result of an auth handler: whose credentials those of the ticket are.
#[derive(Deserialize)]
pub(crate) struct Authenticated {
    handler: u16,
    ticket: String,
    data: Box<RawValue>,
}

/// What an auth handler's cache is to forget: the result for credentials, or all of a user's.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Forget {
    handler: u16,
    /// The user whose results are forgotten.
    #[serde(default, rename = "userID")]
    user_id: Option<String>,
    /// The headers and the query of a request with the credentials.
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(default)]
    query: Option<String>,
}

impl Authenticated {
    /// Keeps the result in the handler's cache. A result that does not fit the handler's type is not kept.
    pub(crate) fn keep(&self, gateway: &Gateway) {
        let Some(handler) = gateway.handler(self.handler) else { return };
        let (Some(cache), Some(ticket)) = (&handler.cache, Ticket::read(&self.ticket)) else { return };
        if let Some(caller) = Caller::read(handler.data.as_ref(), self.data.get().as_bytes()) {
            cache.keep(ticket, Arc::new(caller), clock::now());
        }
    }
}

impl Forget {
    /// Forgets what the cache of the handler knows. Credentials are read as a request's, so that they have the same hash.
    pub(crate) fn apply(&self, gateway: &Gateway) {
        let Some(handler) = gateway.handler(self.handler) else { return };
        let Some(cache) = &handler.cache else { return };
        if let Some(user_id) = &self.user_id {
            return cache.forget_user(user_id);
        }
        let mut headers = HeaderMap::with_capacity(self.headers.len());
        for (name, value) in &self.headers {
            // A request cannot have a header that cannot be written, so nothing is known of it.
            let (Ok(name), Ok(value)) =
                (HeaderName::try_from(name), HeaderValue::from_bytes(value.as_bytes()))
            else {
                return;
            };
            headers.append(name, value);
        }
        let headers = Headers(&headers);
        let parts = Parts { path: &[], query: self.query.as_deref(), headers: &headers };
        if let Some(credentials) = handler.written(&parts) {
            cache.forget(&credentials);
        }
    }
}
