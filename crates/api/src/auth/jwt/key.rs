//! Keys that verify signatures of tokens.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::Value;

/// A signature algorithm of tokens. Source: RFC 7518, section 3.1; RFC 8037, section 3.1.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, keys from 2048 bits.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// HMAC with SHA-256.
    #[serde(rename = "HS256")]
    Hs256,
}

impl Algorithm {
    /// The algorithm that a header's `alg` names.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" => Some(Self::EdDsa),
            "HS256" => Some(Self::Hs256),
            _ => None,
        }
    }
}

/// A key, which has exactly one algorithm.
pub(super) struct VerifyingKey {
    pub(super) algorithm: Algorithm,
    /// The key's `kid`; one without can be meant by any token.
    pub(super) id: Option<Box<str>>,
    material: Material,
}

enum Material {
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    Point(Vec<u8>),
    Edwards(Vec<u8>),
    Secret(hmac::Key),
}

impl VerifyingKey {
    /// The key of HS256 that a secret is.
    pub(super) fn of_secret(secret: &[u8]) -> Self {
        let material = Material::Secret(hmac::Key::new(hmac::HMAC_SHA256, secret));
        Self { algorithm: Algorithm::Hs256, id: None, material }
    }

    /// Reads a public key. `None` for one of another kind, algorithm or use; symmetric keys are not read, because a set of keys is
    /// public.
    ///
    /// Source: RFC 7517, section 4; RFC 7518, section 6; RFC 8037, section 2.
    pub(super) fn of_jwk(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?.trim_end_matches('=')).ok();
        if text("use").is_some_and(|use_| use_ != "sig") {
            return None;
        }
        let (algorithm, material) = match (text("kty")?, text("crv")) {
            ("RSA", _) => {
                let without_zeros =
                    |bytes: Vec<u8>| bytes.into_iter().skip_while(|byte| *byte == 0).collect();
                let (modulus, exponent) = (without_zeros(bytes("n")?), without_zeros(bytes("e")?));
                (Algorithm::Rs256, Material::Rsa { modulus, exponent })
            }
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                if x.len() != 32 || y.len() != 32 {
                    return None;
                }
                (Algorithm::Es256, Material::Point([&[4][..], &x, &y].concat()))
            }
            ("OKP", Some("Ed25519")) => (Algorithm::EdDsa, Material::Edwards(bytes("x")?)),
            _ => return None,
        };
        let is_its = text("alg").is_none_or(|alg| Algorithm::named(alg) == Some(algorithm));
        is_its.then(|| Self { algorithm, id: text("kid").map(Into::into), material })
    }

    /// Whether `signature` is this key's for `signed`. HMACs are compared in constant time.
    pub(super) fn verifies(&self, signed: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Rsa { modulus, exponent } => {
                let key = RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature).is_ok()
            }
            Material::Point(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature).is_ok()
            }
            Material::Edwards(key) => UnparsedPublicKey::new(&ED25519, key).verify(signed, signature).is_ok(),
            Material::Secret(key) => hmac::verify(key, signed, signature).is_ok(),
        }
    }
}

/// The keys that may be a token's.
pub(super) enum Candidates {
    Keys(Vec<Arc<VerifyingKey>>),
    /// No keys have ever been fetched.
    Unavailable,
}

/// The keys that a token's `alg` and `kid` can mean.
pub(super) fn matching(
    keys: &[Arc<VerifyingKey>],
    algorithm: Algorithm,
    id: Option<&str>,
) -> Vec<Arc<VerifyingKey>> {
    let is_meant = |key: &&Arc<VerifyingKey>| {
        let is_named = id.is_none() || key.id.is_none() || key.id.as_deref() == id;
        key.algorithm == algorithm && is_named
    };
    keys.iter().filter(is_meant).cloned().collect()
}
