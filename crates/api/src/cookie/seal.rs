//! The sealing of cookie values.
//!
//! A signed cookie is `s1.<expiry>.<value>.<mac>`, an encrypted one `e1.<nonce, expiry and value, tag>`; the parts are base64url,
//! the expiry is in seconds since 1970 (empty, or 0, for none). The cookie's name is bound into both, so that the value of one
//! cookie cannot be sent as that of another.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{Aad, NONCE_LEN, Nonce};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use serde::Deserialize;

use crate::cookie::keys::CookieKeys;

/// Most bytes of a sealed value; browsers drop a cookie of more than 4,096 bytes in all (RFC 6265, section 6.1).
pub(crate) const MAX_SEALED_BYTES: usize = 3800;

/// How a cookie is sealed.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SealKind {
    Signed,
    Encrypted,
}

/// Seals a value; `expires` is in seconds since 1970. The error is the end of a sentence.
pub(crate) fn seal(
    keys: &CookieKeys,
    kind: SealKind,
    name: &str,
    value: &str,
    expires: Option<u64>,
) -> Result<String, &'static str> {
    let key = keys.newest().ok_or("there is no cookie secret")?;
    let sealed = match kind {
        SealKind::Signed => {
            let expiry = expires.map(|at| at.to_string()).unwrap_or_default();
            let body = format!("s1.{expiry}.{}", URL_SAFE_NO_PAD.encode(value));
            let tag = hmac::sign(&key.signing, &bound(name, body.as_bytes()));
            format!("{body}.{}", URL_SAFE_NO_PAD.encode(tag.as_ref()))
        }
        SealKind::Encrypted => {
            let mut nonce = [0; NONCE_LEN];
            SystemRandom::new().fill(&mut nonce).map_err(|_| "the system has no random numbers")?;
            let mut inside = expires.unwrap_or(0).to_be_bytes().to_vec();
            inside.extend_from_slice(value.as_bytes());
            let about = Aad::from(bound(name, b"e1"));
            key.encrypting
                .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), about, &mut inside)
                .map_err(|_| "it could not be encrypted")?;
            format!("e1.{}", URL_SAFE_NO_PAD.encode([&nonce[..], &inside].concat()))
        }
    };
    if sealed.len() > MAX_SEALED_BYTES { Err("its value is too large for a cookie") } else { Ok(sealed) }
}

/// Opens a sealed value; `None` for one that none of the keys has sealed under this name, and for one that has expired.
pub(crate) fn open(
    keys: &CookieKeys,
    kind: SealKind,
    name: &str,
    sealed: &str,
    now_seconds: u64,
) -> Option<String> {
    if sealed.len() > MAX_SEALED_BYTES {
        return None;
    }
    let (expires, value) = match kind {
        SealKind::Signed => open_signed(keys, name, sealed)?,
        SealKind::Encrypted => open_encrypted(keys, name, sealed)?,
    };
    let is_current = expires == 0 || now_seconds < expires;
    is_current.then_some(value).and_then(|value| String::from_utf8(value).ok())
}

fn open_signed(keys: &CookieKeys, name: &str, sealed: &str) -> Option<(u64, Vec<u8>)> {
    let (body, tag) = sealed.rsplit_once('.')?;
    let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
    let message = bound(name, body.as_bytes());
    // `verify` takes the same time for every wrong tag.
    let is_ours = keys.all().iter().any(|key| hmac::verify(&key.signing, &message, &tag).is_ok());
    let (expiry, value) = body.strip_prefix("s1.").filter(|_| is_ours)?.split_once('.')?;
    let expires = if expiry.is_empty() { 0 } else { expiry.parse().ok()? };
    Some((expires, URL_SAFE_NO_PAD.decode(value).ok()?))
}

fn open_encrypted(keys: &CookieKeys, name: &str, sealed: &str) -> Option<(u64, Vec<u8>)> {
    let bytes = URL_SAFE_NO_PAD.decode(sealed.strip_prefix("e1.")?).ok()?;
    let (nonce, inside) = bytes.split_at_checked(NONCE_LEN)?;
    let opened = keys.all().iter().find_map(|key| {
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut inside = inside.to_vec();
        let plain = key.encrypting.open_in_place(nonce, Aad::from(bound(name, b"e1")), &mut inside).ok()?;
        Some(plain.to_vec())
    })?;
    let (expires, value) = opened.split_first_chunk::<8>()?;
    Some((u64::from_be_bytes(*expires), value.to_vec()))
}

/// A text that holds the cookie's name, which no other name and text give: names have no `=`.
fn bound(name: &str, text: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b"=", text].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cookie::keys::keys_of;
    use proptest::prelude::*;

    const OLD: &str = "an old secret of 32 bytes or more";
    const NEW: &str = "a newer secret of 32 bytes or more";
    const KINDS: [SealKind; 2] = [SealKind::Signed, SealKind::Encrypted];

    #[test]
    fn a_value_is_opened_under_its_own_name_and_kind_alone() {
        let keys = keys_of(&[NEW]);
        for (kind, other) in [(KINDS[0], KINDS[1]), (KINDS[1], KINDS[0])] {
            let sealed = seal(&keys, kind, "session", r#"{"user":"ü"}"#, None).unwrap();
            assert_eq!(open(&keys, kind, "session", &sealed, 9).as_deref(), Some(r#"{"user":"ü"}"#));
            assert_eq!(open(&keys, kind, "sessio", &sealed, 9), None);
            assert_eq!(open(&keys, kind, "admin", &sealed, 9), None);
            assert_eq!(open(&keys, other, "session", &sealed, 9), None);
            assert!(sealed.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
        }
        let sealed = seal(&keys, SealKind::Encrypted, "session", "\"hunter2\"", None).unwrap();
        assert_ne!(sealed, seal(&keys, SealKind::Encrypted, "session", "\"hunter2\"", None).unwrap());
    }

    #[test]
    fn the_newest_secret_seals_and_all_open() {
        let (before, during, after) = (keys_of(&[OLD]), keys_of(&[NEW, OLD]), keys_of(&[NEW]));
        for kind in KINDS {
            let old = seal(&before, kind, "a", "1", None).unwrap();
            let new = seal(&during, kind, "a", "1", None).unwrap();
            assert_eq!(open(&during, kind, "a", &old, 0).as_deref(), Some("1"));
            assert_eq!(open(&after, kind, "a", &new, 0).as_deref(), Some("1"));
            assert_eq!(open(&after, kind, "a", &old, 0), None);
            assert_eq!(open(&before, kind, "a", &new, 0), None);
            assert_eq!(open(&CookieKeys::default(), kind, "a", &new, 0), None);
        }
        assert!(seal(&CookieKeys::default(), SealKind::Signed, "a", "1", None).is_err());
    }

    #[test]
    fn a_value_ends_at_its_expiry() {
        let keys = keys_of(&[NEW]);
        for kind in KINDS {
            let sealed = seal(&keys, kind, "a", "1", Some(100)).unwrap();
            assert_eq!(open(&keys, kind, "a", &sealed, 99).as_deref(), Some("1"));
            assert_eq!(open(&keys, kind, "a", &sealed, 100), None);
        }
    }

    #[test]
    fn a_value_that_browsers_would_drop_is_refused() {
        assert!(seal(&keys_of(&[NEW]), SealKind::Signed, "a", &"x".repeat(4000), None).is_err());
    }

    proptest! {
        #[test]
        fn a_touched_value_is_never_opened(
            value in ".{0,40}", at in 0_usize..1000, byte in "[A-Za-z0-9_.-]", kind in 0_usize..2,
        ) {
            let (keys, kind) = (keys_of(&[NEW, OLD]), KINDS[kind]);
            let sealed = seal(&keys, kind, "a", &value, None).unwrap();
            prop_assert_eq!(open(&keys, kind, "a", &sealed, 0), Some(value.clone()));
            let at = at % sealed.len();
            let mut touched = sealed.clone();
            touched.replace_range(at..=at, &byte);
            if touched != sealed {
                prop_assert_eq!(open(&keys, kind, "a", &touched, 0), None);
            }
            prop_assert_eq!(open(&keys, kind, "a", &sealed[..at], 0), None);
        }

        #[test]
        fn arbitrary_texts_never_panic(text in "(s1|e1)?\\.?.{0,60}", kind in 0_usize..2) {
            prop_assert_eq!(open(&keys_of(&[NEW]), KINDS[kind], "a", &text, 0), None);
        }
    }
}
