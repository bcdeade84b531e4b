//! The keys of sealed cookies, derived from the app's cookie secrets.

use std::sync::{Arc, RwLock};

use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::hmac;
use twinloop_runtime::{lock_to_read, lock_to_write};

use crate::hidden::HiddenText;

/// Least bytes of a cookie secret.
const MIN_SECRET_BYTES: usize = 32;
/// Most cookie secrets: each is tried on a cookie that none has sealed.
const MAX_SECRETS: usize = 8;
/// The salt of the derivation; another one would be another format of cookies.
const SALT: &[u8] = b"twinloop sealed cookies 1";

/// The keys of one secret.
#[derive(Clone)]
pub(crate) struct CookieKey {
    /// What tells this secret's keys from another's; derived as they are, and of no other use.
    name: [u8; 32],
    pub(crate) signing: hmac::Key,
    pub(crate) encrypting: LessSafeKey,
}

/// All keys: the first one seals, each of them opens.
#[derive(Default)]
pub(crate) struct CookieKeys(Vec<CookieKey>);

/// The keys in use, which are replaced while the server runs.
#[derive(Default)]
pub(crate) struct CookieKeyRing(RwLock<Arc<CookieKeys>>);

impl CookieKeyRing {
    pub(crate) fn new(keys: CookieKeys) -> Self {
        Self(RwLock::new(Arc::new(keys)))
    }

    pub(crate) fn current(&self) -> Arc<CookieKeys> {
        Arc::clone(&lock_to_read(&self.0))
    }

    /// Puts the keys of new secrets in front. The former keys go on opening, as far as [`MAX_SECRETS`] allows, until the
    /// process ends. The error is a sentence that shows no secret; the former keys then stay as they are.
    pub(crate) fn rotate(&self, secrets: &[HiddenText]) -> Result<(), String> {
        let CookieKeys(mut keys) = CookieKeys::derive(secrets)?;
        let mut current = lock_to_write(&self.0);
        for former in current.all() {
            if keys.len() < MAX_SECRETS && keys.iter().all(|key| key.name != former.name) {
                keys.push(former.clone());
            }
        }
        *current = Arc::new(CookieKeys(keys));
        Ok(())
    }
}

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
            name: key(b"name")?,
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
    fn former_keys_open_behind_new_ones_and_none_is_there_twice() {
        let secret = |text: &str| HiddenText::from(text.repeat(32).as_str());
        let ring = CookieKeyRing::new(CookieKeys::derive(&[secret("a")]).unwrap());
        let former = ring.current().newest().unwrap().name;
        ring.rotate(&[secret("b"), secret("a")]).unwrap();
        let names: Vec<[u8; 32]> = ring.current().all().iter().map(|key| key.name).collect();
        assert_eq!((names.len(), names[1]), (2, former));
        assert!(ring.rotate(&[HiddenText::from("short")]).is_err());
        for text in ["c", "d", "e", "f", "g", "h", "i"] {
            ring.rotate(&[secret(text)]).unwrap();
        }
        assert_eq!(ring.current().all().len(), MAX_SECRETS);
        assert_eq!(ring.current().all()[7].name, names[0], "the oldest goes first");
    }

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
