//! The sealed cookies of one endpoint's requests.

use std::borrow::Cow;
use std::time::SystemTime;

use http::HeaderMap;
use http::header::COOKIE;
use serde::Deserialize;
use serde_json::Value;
use twinloop_schema::{ReadField, cookie_pairs};

use crate::cookie::keys::CookieKeys;
use crate::cookie::seal::{SealKind, open};
use crate::static_files::http_date::seconds;

/// A request field that is a sealed cookie.
#[derive(Debug, Deserialize)]
struct SealedField {
    wire: String,
    sealed: SealKind,
}

/// The sealed cookies that an endpoint reads.
#[derive(Debug)]
pub(crate) struct SealedFields(Vec<SealedField>);

impl SealedFields {
    /// Finds the sealed cookies of a request's `Place`; `None` where it has none.
    pub(crate) fn read(place: &Value) -> Option<Self> {
        let fields = place.get("fields")?.as_array()?;
        let sealed = fields.iter().filter(|field| field.get("sealed").is_some());
        let read: Vec<SealedField> =
            sealed.filter_map(|field| serde_json::from_value(field.clone()).ok()).collect();
        (!read.is_empty()).then_some(Self(read))
    }

    /// The values of the cookies that were sealed by one of the keys. Of two cookies with one name, which different paths can
    /// bring about, the first that can be opened counts.
    pub(crate) fn open<'f>(&'f self, headers: &HeaderMap, keys: &CookieKeys) -> Vec<ReadField<'f>> {
        let now = seconds(SystemTime::now());
        let opened = self.0.iter().filter_map(|field| {
            let sent = headers.get_all(COOKIE).iter().flat_map(|header| cookie_pairs(header.as_bytes()));
            let own = sent.filter(|(name, _)| *name == field.wire.as_bytes());
            let value = own
                .filter_map(|(_, value)| std::str::from_utf8(value).ok())
                .find_map(|value| open(keys, field.sealed, &field.wire, value, now))?;
            Some(ReadField { name: &field.wire, text: Some(Cow::Owned(value)) })
        });
        opened.collect()
    }
}
