//! The compact form of a signed token.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The parts of a token, none of them verified.
pub(super) struct Token<'t> {
    /// The text that is signed: header and payload as they were sent.
    pub(super) signed: &'t [u8],
    /// The header's `alg`.
    pub(super) algorithm: String,
    /// The header's `kid`.
    pub(super) key_id: Option<String>,
    pub(super) payload: Vec<u8>,
    pub(super) signature: Vec<u8>,
}

#[derive(Deserialize)]
struct JoseHeader {
    alg: String,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<IgnoredAny>,
}

impl<'t> Token<'t> {
    /// Splits a token and reads its header. `None` for text that is no token, and for one with critical extensions, none of which
    /// is known here.
    ///
    /// Source: RFC 7515, sections 3.1 and 4.1.11: base64url without padding, three parts.
    pub(super) fn read(text: &'t str) -> Option<Self> {
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
        let header = decode(header)?;
        let JoseHeader { alg, kid, crit } = serde_json::from_slice(&header).ok()?;
        // A list would be read as the struct's fields in their order.
        if crit.is_some() || !header.trim_ascii_start().starts_with(b"{") {
            return None;
        }
        Some(Self {
            signed: signed.as_bytes(),
            algorithm: alg,
            key_id: kid,
            payload: decode(payload)?,
            signature: decode(signature)?,
        })
    }
}
