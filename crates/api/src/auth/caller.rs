//! A known caller: the data that an auth handler has given for a request's credentials.

use serde::Deserialize;
use twinloop_mailbox::Text;
use twinloop_schema::{Parts, RequestShape};

/// A caller whom an auth handler has recognised.
pub(crate) struct Caller {
    /// The `userID` of the data.
    pub(crate) user_id: Box<str>,
    /// The data as JSON text.
    pub(crate) data: Text,
}

#[derive(Deserialize)]
struct Identified {
    #[serde(rename = "userID")]
    user_id: Box<str>,
}

impl Caller {
    /// The length of the data in UTF-16, as JavaScript counts.
    pub(crate) fn data_length(&self) -> usize {
        let Text { bytes, ascii, .. } = &self.data;
        if *ascii { bytes.len() } else { String::from_utf8_lossy(bytes).encode_utf16().count() }
    }

    /// Reads an auth handler's data, checked by `shape` where there is one: text that an isolate has written as JSON.
    ///
    /// Errors: `None` for data that does not fit, or that has no `userID`.
    pub(crate) fn read(shape: Option<&RequestShape>, json: &[u8]) -> Option<Self> {
        let Identified { user_id } = serde_json::from_slice(json).ok()?;
        // A list would be read as the struct's fields in their order.
        if user_id.is_empty() || !json.trim_ascii_start().starts_with(b"{") {
            return None;
        }
        let data = match shape {
            None => Text { bytes: json.to_vec(), ascii: json.is_ascii(), tagged: false, framed: false },
            Some(shape) => {
                let mut bytes = Vec::with_capacity(json.len());
                let text = shape.read(&Parts { path: &[], query: None, headers: &() }, json, &mut bytes);
                let text = text.ok()?;
                Text { bytes, ascii: text.ascii, tagged: text.tagged, framed: false }
            }
        };
        Some(Self { user_id, data })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_without_a_user_is_nobodys() {
        for json in ["null", "{}", r#"["ann"]"#, r#"{"userID":""}"#, r#"{"userID":1}"#, "[", ""] {
            assert!(Caller::read(None, json.as_bytes()).is_none(), "{json}");
        }
        let caller = Caller::read(None, r#"{"userID":"ann","role":"admin"}"#.as_bytes()).unwrap();
        assert_eq!((&*caller.user_id, caller.data.ascii), ("ann", true));
    }
}
