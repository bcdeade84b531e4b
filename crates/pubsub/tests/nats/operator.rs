//! An operator of NATS with one account, whose users log in with credentials files: what `nsc` would write.
//!
//! Source: NATS, "JWT authentication guide"; its signatures are those of `ed25519-nkey` over header and claims.

#![allow(unreachable_pub, missing_docs, reason = "one module of each test program")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nkeys::KeyPair;
use serde_json::{Value, json};

pub struct Operator {
    key: KeyPair,
    account: KeyPair,
    /// A server in operator mode runs JetStream only beside an account for the system.
    system: KeyPair,
}

impl Operator {
    pub fn new() -> Self {
        let [account, system] = [KeyPair::new_account(), KeyPair::new_account()];
        Self { key: KeyPair::new_operator(), account, system }
    }

    /// The lines of a server's configuration that know the operator and its accounts.
    pub fn configuration(&self) -> String {
        let operator = signed(&self.key, &self.key, None, &json!({ "type": "operator", "version": 2 }));
        let storage = json!({ "mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1 });
        let [account, system] = [(&self.account, storage), (&self.system, json!({}))].map(|(of, more)| {
            let mut limits = json!({
                "subs": -1, "conn": -1, "leaf": -1, "imports": -1, "exports": -1, "data": -1, "payload": -1, "wildcards": true,
            });
            limits.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            signed(&self.key, of, None, &json!({ "limits": limits, "type": "account", "version": 2 }))
        });
        format!(
            "operator: {operator}\nsystem_account: {system_key}\nresolver: MEMORY\n\
             resolver_preload {{ {account_key}: {account}, {system_key}: {system} }}",
            system_key = self.system.public_key(),
            account_key = self.account.public_key(),
        )
    }

    /// The credentials file of a new user; `expires` are seconds since 1970.
    pub fn credentials(&self, expires: Option<u64>) -> String {
        let user = KeyPair::new_user();
        let claims = json!({ "subs": -1, "data": -1, "payload": -1, "type": "user", "version": 2 });
        let token = signed(&self.account, &user, expires, &claims);
        let seed = user.seed().unwrap();
        format!(
            "-----BEGIN NATS USER JWT-----\n{token}\n------END NATS USER JWT------\n\n\
             -----BEGIN USER NKEY SEED-----\n{seed}\n------END USER NKEY SEED------\n"
        )
    }
}

/// Returns the JSON Web Token in which `issuer` says who `subject` is.
fn signed(issuer: &KeyPair, subject: &KeyPair, expires: Option<u64>, claims: &Value) -> String {
    let name = subject.public_key();
    let mut payload = json!({ "jti": name, "iat": now(), "iss": issuer.public_key(), "name": name, "sub": name, "nats": claims });
    if let Some(expires) = expires {
        payload["exp"] = json!(expires);
    }
    let header = json!({ "typ": "JWT", "alg": "ed25519-nkey" });
    let text = [header, payload].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
    let signature = URL_SAFE_NO_PAD.encode(issuer.sign(text.as_bytes()).unwrap());
    format!("{text}.{signature}")
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
