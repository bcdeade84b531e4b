//! The keys of sealed cookies, derived from the app's cookie secrets.

use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::hmac;

use crate::hidden::HiddenText;

/// Least bytes of a cookie secret.
const MIN_SECRET_BYTES: usize = 32;
/// Most cookie secrets: each is tried on a cookie that none has sealed.
const MAX_SECRETS: usize = 8;
/// The salt of the derivation; another one would be another format of cookies.
const SALT: &[u8] = b"twinloop sealed cookies 1";

/// The keys of one secret.
pub(crate) struct CookieKey {
    pub(crate) signing: hmac::Key,
    pub(crate) encrypting: LessSafeKey,
}

/// All keys: the first one seals, each of them opens.
#[derive(Default)]
pub(crate) struct CookieKeys(Vec<CookieKey>);

/// The length of a derived key.
struct KeyLength;

impl KeyType for KeyLength {
    fn len(&self) -> usize {
        32
    }
}

impl CookieKeys {
    /// Derives the keys of secrets, the newest first. The error is a sentence that shows no secret.
    pub(crate) fn derive(secrets: &[HiddenText]) -> Result<Self, String> {
        if secrets.len() > MAX_SECRETS {
            return Err(format!("cookieSecrets has {} secrets: at most {MAX_SECRETS} can be", secrets.len()));
        }
        let keys = secrets.iter().enumerate().map(|(index, secret)| {
            let secret = secret.reveal();
            if secret.len() < MIN_SECRET_BYTES {
                let found = secret.len();
                return Err(format!(
                    "cookieSecrets[{index}] has {found} bytes: a secret has at least {MIN_SECRET_BYTES}, drawn at random"
                ));
            }
            CookieKey::derive(secret.as_bytes()).ok_or_else(|| "a cookie key could not be derived".to_owned())
        });
        keys.collect::<Result<Vec<CookieKey>, String>>().map(Self)
    }

    /// The key that seals; `None` without a secret.
    pub(crate) fn newest(&self) -> Option<&CookieKey> {
        self.0.first()
    }

    pub(crate) fn all(&self) -> &[CookieKey] {
        &self.0
    }
}

impl CookieKey {
    /// Source: RFC 5869 (HKDF); one key for each use.
    fn derive(secret: &[u8]) -> Option<Self> {
        let pseudorandom = Salt::new(HKDF_SHA256, SALT).extract(secret);
        let key = |purpose: &[u8]| {
            let mut bytes = [0; 32];
            pseudorandom.expand(&[purpose], KeyLength).ok()?.fill(&mut bytes).ok()?;
            Some(bytes)
        };
        Some(Self {
            signing: hmac::Key::new(hmac::HMAC_SHA256, &key(b"sign")?),
            encrypting: LessSafeKey::new(UnboundKey::new(&AES_256_GCM, &key(b"encrypt")?).ok()?),
        })
    }
}

#[cfg(test)]
pub(crate) fn keys_of(secrets: &[&str]) -> CookieKeys {
    let secrets: Vec<HiddenText> = secrets.iter().map(|&secret| secret.into()).collect();
    CookieKeys::derive(&secrets).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_secret_is_refused_and_none_is_shown() {
        let short = HiddenText::from("short");
        let problem = CookieKeys::derive(std::slice::from_ref(&short)).err().unwrap();
        assert!(problem.contains("at least 32") && !problem.contains("short"));
        assert_eq!(format!("{short:?}"), "[hidden]");
        let many = vec![HiddenText::from("x".repeat(32).as_str()); 9];
        assert!(CookieKeys::derive(&many).is_err());
    }
}
