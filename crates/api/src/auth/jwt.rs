//! JSON Web Tokens, verified without an isolate.
//!
//! The algorithms are pinned by the app, and a key has one algorithm: the token's header only chooses among them (RFC 8725, sections
//! 3.1 and 3.2). `none` is no algorithm. Claims are read after the signature has been verified.

mod claims;
mod key;
mod key_set;
mod remote_keys;
mod token;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Deserialize;
use serde_json::Value;

use super::caller::Caller;
use crate::hidden::HiddenText;
pub use key::Algorithm;

use claims::ClaimRules;
use key::Candidates;
use key_set::KeySet;
use token::Token;

/// How JSON Web Tokens are verified.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct JwtConfig {
    /// The algorithms that are accepted.
    pub algorithms: Vec<Algorithm>,
    /// The issuers of which `iss` must name one.
    pub issuers: Vec<String>,
    /// The audiences of which `aud` must name one.
    pub audiences: Vec<String>,
    /// Milliseconds by which the clocks of issuer and server may differ.
    pub clock_tolerance_ms: u64,
    /// The claim that is the caller's `userID`.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// The keys.
    pub keys: JwtKeysConfig,
}

/// Where the keys of tokens come from.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub enum JwtKeysConfig {
    /// The URL of a JWK set, which is fetched and followed.
    Jwks(String),
    /// Public keys as JWKs.
    Keys(Vec<Value>),
    /// The secret of HS256.
    Secret(HiddenText),
}

/// The verifier of one handler's tokens.
pub(crate) struct Jwt {
    algorithms: Box<[Algorithm]>,
    keys: KeySet,
    rules: ClaimRules,
}

/// What verification says of a token.
pub(crate) enum Verified {
    /// The token is its bearer's.
    Known(Caller),
    /// The token proves nothing.
    Nobody,
    /// The keys have never been fetched, so nothing can be said.
    Unavailable,
}

impl Jwt {
    /// Prepares the verifier; the error is a sentence.
    pub(crate) fn new(config: &JwtConfig) -> Result<Self, String> {
        if config.algorithms.is_empty() {
            return Err("it accepts no algorithm".to_owned());
        }
        Ok(Self {
            algorithms: config.algorithms.as_slice().into(),
            keys: KeySet::new(&config.keys)?,
            rules: ClaimRules {
                issuers: config.issuers.as_slice().into(),
                audiences: config.audiences.as_slice().into(),
                tolerance: Duration::from_millis(config.clock_tolerance_ms).as_secs_f64(),
                user_id: config.user_id.as_str().into(),
            },
        })
    }

    /// Verifies a token in compact form: signature, then `exp`, `nbf`, `iss` and `aud`.
    ///
    /// Source: RFC 7515, section 5.2; RFC 7519, section 7.2.
    pub(crate) async fn verify(&self, text: &str) -> Verified {
        let Some(token) = Token::read(text) else { return Verified::Nobody };
        let Some(algorithm) = Algorithm::named(&token.algorithm) else { return Verified::Nobody };
        if !self.algorithms.contains(&algorithm) {
            return Verified::Nobody;
        }
        let keys = match self.keys.candidates(algorithm, token.key_id.as_deref()).await {
            Candidates::Keys(keys) => keys,
            Candidates::Unavailable => return Verified::Unavailable,
        };
        if !keys.iter().any(|key| key.verifies(token.signed, &token.signature)) {
            return Verified::Nobody;
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        self.rules.caller(&token.payload, now).map_or(Verified::Nobody, Verified::Known)
    }
}

#[cfg(test)]
mod tests;
