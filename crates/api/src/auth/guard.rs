//! The guard of an endpoint: whom it lets in, by which auth handlers.

use std::sync::Arc;

use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, Response, StatusCode};
use twinloop_schema::Parts;

use super::admission::{Admission, AuthStep};
use super::credentials::{AuthHandler, Credentials};
use super::jwt::Verified;
use crate::answer::body::Body;
use crate::answer::refusal::Refusal;

/// What an endpoint asks of its callers.
pub(crate) struct AuthGuard {
    /// Whether a caller must be known.
    pub(crate) required: bool,
    handlers: Box<[Arc<AuthHandler>]>,
    /// The challenges of the handlers, each once.
    challenges: Box<[HeaderValue]>,
}

impl AuthGuard {
    pub(crate) fn new(required: bool, handlers: Vec<Arc<AuthHandler>>) -> Self {
        let mut challenges: Vec<HeaderValue> = Vec::with_capacity(handlers.len());
        for handler in &handlers {
            if !challenges.contains(&handler.challenge) {
                challenges.push(handler.challenge.clone());
            }
        }
        Self { required, handlers: handlers.into(), challenges: challenges.into() }
    }

    /// Whether callers are let in whom the auth handler with this index knows.
    pub(crate) fn takes(&self, handler: u16) -> bool {
        self.handlers.iter().any(|one| one.index == handler)
    }

    /// Looks for the credentials of a request; those of handlers that come after a known caller are not looked for.
    pub(crate) fn candidates(&self, parts: &Parts<'_>) -> Vec<(&AuthHandler, Credentials)> {
        let mut found = Vec::new();
        for handler in &self.handlers {
            let credentials = handler.credentials(parts);
            let is_known = matches!(credentials, Credentials::Known(_));
            if !matches!(credentials, Credentials::None) {
                found.push((&**handler, credentials));
            }
            if is_known {
                break;
            }
        }
        found
    }

    /// Makes the steps towards the caller from the credentials of a request. Tokens are verified here.
    ///
    /// Errors: 401 where a caller is needed and there is nobody to ask about; 503 where keys of tokens are needed and have never
    /// been fetched.
    pub(crate) async fn admit(
        &self,
        candidates: Vec<(&AuthHandler, Credentials)>,
    ) -> Result<Admission, Refusal> {
        let (mut steps, mut is_unavailable) = (Vec::with_capacity(candidates.len()), false);
        for (handler, credentials) in candidates {
            let index = handler.index;
            let caller = match credentials {
                Credentials::None => continue,
                Credentials::Unknown(params, ticket) => {
                    steps.push(AuthStep::Ask { handler: index, params, ticket });
                    continue;
                }
                Credentials::Known(caller) => caller,
                Credentials::Token(token) => match handler.verify(&token).await {
                    Verified::Known(caller) => Arc::new(caller),
                    Verified::Nobody => continue,
                    Verified::Unavailable => {
                        is_unavailable = true;
                        continue;
                    }
                },
            };
            steps.push(AuthStep::Known { handler: index, caller });
            break;
        }
        if !steps.is_empty() {
            return Ok(Admission { steps });
        }
        match (is_unavailable, self.required) {
            (true, _) => Err(Refusal::NO_KEYS),
            (false, true) => Err(Refusal::UNAUTHENTICATED),
            (false, false) => Ok(Admission { steps }),
        }
    }

    /// Makes the response of a refusal, a 401 with the challenges.
    pub(crate) fn refuse(&self, refusal: Refusal) -> Response<Body> {
        let mut refused = refusal.response();
        self.challenge(&mut refused);
        refused
    }

    /// Adds the challenges to a 401 that has none.
    ///
    /// Source: RFC 9110, section 15.5.2: a 401 carries at least one challenge.
    pub(crate) fn challenge(&self, response: &mut Response<Body>) {
        if response.status() != StatusCode::UNAUTHORIZED || response.headers().contains_key(WWW_AUTHENTICATE)
        {
            return;
        }
        for challenge in &self.challenges {
            response.headers_mut().append(WWW_AUTHENTICATE, challenge.clone());
        }
    }
}
