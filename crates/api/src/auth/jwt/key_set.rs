//! The keys among which the one of a token is found.

use std::sync::Arc;

use super::JwtKeysConfig;
use super::key::{Algorithm, Candidates, VerifyingKey, matching};
use super::remote_keys::RemoteKeys;

/// The least bytes of a secret of HS256. Source: RFC 7518, section 3.2.
const LEAST_SECRET_BYTES: usize = 32;

/// The keys of a handler.
pub(super) enum KeySet {
    Fixed(Vec<Arc<VerifyingKey>>),
    Remote(Arc<RemoteKeys>),
}

impl KeySet {
    pub(super) fn new(config: &JwtKeysConfig) -> Result<Self, String> {
        match config {
            JwtKeysConfig::Jwks(url) => RemoteKeys::new(url).map(Arc::new).map(Self::Remote),
            JwtKeysConfig::Secret(secret) if secret.reveal().len() < LEAST_SECRET_BYTES => {
                Err(format!("its secret has fewer than {LEAST_SECRET_BYTES} bytes"))
            }
            JwtKeysConfig::Secret(secret) => {
                Ok(Self::Fixed(vec![Arc::new(VerifyingKey::of_secret(secret.reveal().as_bytes()))]))
            }
            JwtKeysConfig::Keys(jwks) => {
                let read = jwks.iter().map(|jwk| VerifyingKey::of_jwk(jwk).map(Arc::new));
                let keys: Option<Vec<_>> = read.collect();
                keys.filter(|keys| !keys.is_empty()).map(Self::Fixed).ok_or_else(|| {
                    "each of its keys must be a JWK for signatures: RSA, EC P-256 or OKP Ed25519".to_owned()
                })
            }
        }
    }

    /// The keys that may have signed a token with this header.
    pub(super) async fn candidates(&self, algorithm: Algorithm, id: Option<&str>) -> Candidates {
        match self {
            Self::Fixed(keys) => Candidates::Keys(matching(keys, algorithm, id)),
            Self::Remote(remote) => remote.candidates(algorithm, id).await,
        }
    }
}
