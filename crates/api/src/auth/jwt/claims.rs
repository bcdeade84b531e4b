//! The claims of a verified token.

use serde_json::{Map, Value, json};
use twinloop_mailbox::Text;

use crate::auth::caller::Caller;

/// What the claims of a token must say.
pub(super) struct ClaimRules {
    /// The issuers of which `iss` must be one.
    pub(super) issuers: Box<[String]>,
    /// The audiences of which `aud` must name one.
    pub(super) audiences: Box<[String]>,
    /// Seconds by which clocks may differ.
    pub(super) tolerance: f64,
    /// The claim that is the caller's id.
    pub(super) user_id: Box<str>,
}

impl ClaimRules {
    /// Finds the caller in the payload of a verified token: `{"userID","claims"}`. `None` where a claim is missing, of a wrong type,
    /// or out of its time; `exp` is required.
    ///
    /// Source: RFC 7519, section 4.1; a time counts as over in its very second.
    pub(super) fn caller(&self, payload: &[u8], now: f64) -> Option<Caller> {
        let claims: Map<String, Value> = serde_json::from_slice(payload).ok()?;
        let fits = self.is_in_time(&claims, now)? && self.is_issued(&claims)? && self.is_for_us(&claims)?;
        let user_id = claims.get(&*self.user_id)?.as_str().filter(|id| fits && !id.is_empty())?.to_owned();
        let data = Text::from(json!({ "userID": user_id, "claims": claims }).to_string());
        Some(Caller { user_id: user_id.into(), data })
    }

    fn is_in_time(&self, claims: &Map<String, Value>, now: f64) -> Option<bool> {
        let expires = claims.get("exp")?.as_f64()?;
        let begins = claims.get("nbf").map_or(Some(f64::MIN), Value::as_f64)?;
        Some(now < expires + self.tolerance && now >= begins - self.tolerance)
    }

    fn is_issued(&self, claims: &Map<String, Value>) -> Option<bool> {
        let issuer = claims.get("iss")?.as_str()?;
        Some(self.issuers.iter().any(|one| one == issuer))
    }

    fn is_for_us(&self, claims: &Map<String, Value>) -> Option<bool> {
        let ours = |audience: &Value| {
            audience.as_str().is_some_and(|name| self.audiences.iter().any(|one| one == name))
        };
        Some(match claims.get("aud")? {
            Value::Array(several) => several.iter().any(ours),
            one => ours(one),
        })
    }
}
