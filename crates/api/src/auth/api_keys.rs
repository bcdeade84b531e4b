//! API keys, known by their hashes.

use std::collections::HashMap;
use std::sync::Arc;

use ring::rand::SystemRandom;
use ring::{digest, hmac};
use serde::Deserialize;
use serde_json::json;
use twinloop_mailbox::Text;

use super::caller::Caller;
use crate::hidden::HiddenText;

/// One API key.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyConfig {
    /// Whose key it is.
    #[serde(rename = "userID")]
    pub user_id: String,
    /// The SHA-256 of the key, 64 hex digits in lower case.
    pub sha256: HiddenText,
}

/// The API keys of one handler.
///
/// A key is found by an HMAC of its hash, whose own key is drawn for each process: how long a comparison takes says nothing
/// about any key.
pub(crate) struct ApiKeys {
    key: hmac::Key,
    callers: HashMap<[u8; 32], Arc<Caller>>,
}

impl ApiKeys {
    /// Prepares the keys; the error is a sentence.
    pub(crate) fn new(config: &[ApiKeyConfig]) -> Result<Self, String> {
        let key = hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
            .map_err(|_| "the system gives no random numbers".to_owned())?;
        let mut keys = Self { key, callers: HashMap::with_capacity(config.len()) };
        for (index, ApiKeyConfig { user_id, sha256 }) in config.iter().enumerate() {
            let sha256 = sha256.reveal();
            if user_id.is_empty() {
                return Err(format!("keys[{index}] has no userID: name whose key it is"));
            }
            let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
            if sha256.len() != 64 || !sha256.bytes().all(is_digit) {
                return Err(format!(
                    "keys[{index}], of {user_id}, has a sha256 that is none: give the 64 hex digits in lower case, not the key itself"
                ));
            }
            let data = Text::from(json!({ "userID": user_id }).to_string());
            let caller = Arc::new(Caller { user_id: user_id.as_str().into(), data });
            if keys.callers.insert(keys.tag(sha256.as_bytes()), caller).is_some() {
                return Err(format!("a key of {user_id} is given twice"));
            }
        }
        Ok(keys)
    }

    /// Finds whose key a text is.
    pub(crate) fn caller(&self, text: &str) -> Option<Arc<Caller>> {
        let hash = digest::digest(&digest::SHA256, text.as_bytes());
        let mut hex = String::with_capacity(64);
        for byte in hash.as_ref() {
            hex.push(char::from(b"0123456789abcdef"[usize::from(byte >> 4)]));
            hex.push(char::from(b"0123456789abcdef"[usize::from(byte & 15)]));
        }
        self.callers.get(&self.tag(hex.as_bytes())).cloned()
    }

    fn tag(&self, hash: &[u8]) -> [u8; 32] {
        let mut tag = [0; 32];
        tag.copy_from_slice(hmac::sign(&self.key, hash).as_ref());
        tag
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The SHA-256 of `abc`. Source: FIPS 180-4, example B.1.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn keys(config: &[(&str, &str)]) -> Result<ApiKeys, String> {
        let one =
            |(user, hash): &(&str, &str)| ApiKeyConfig { user_id: (*user).into(), sha256: (*hash).into() };
        ApiKeys::new(&config.iter().map(one).collect::<Vec<_>>())
    }

    #[test]
    fn a_key_is_its_users() {
        let keys = keys(&[("ann", ABC)]).unwrap();
        assert_eq!(&*keys.caller("abc").unwrap().user_id, "ann");
        for other in ["", "ab", "abcd", "ABC", ABC] {
            assert!(keys.caller(other).is_none(), "{other}");
        }
    }

    #[test]
    fn keys_that_cannot_be_used_are_told() {
        let (upper, other) = (ABC.to_uppercase(), ABC.replace('b', "g"));
        for bad in [
            &[("", ABC)][..],
            &[("ann", "abc")],
            &[("ann", &upper)],
            &[("ann", &other)],
            &[("ann", ABC), ("bob", ABC)],
        ] {
            let problem = keys(bad).err().unwrap();
            assert!(!problem.contains(bad[0].1), "{problem}");
        }
        let shown = format!("{:?}", ApiKeyConfig { user_id: "ann".into(), sha256: ABC.into() });
        assert!(!shown.contains(ABC), "{shown}");
    }
}
