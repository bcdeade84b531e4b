//! The agreement on permessage-deflate.
//!
//! Messages are compressed one by one: the answer always says `server_no_context_takeover` and `client_no_context_takeover`, which a
//! server may say unasked.
//!
//! Source: RFC 6455, section 9.1; RFC 7692, sections 5 and 7.1.

use http::header::{HeaderMap, HeaderValue, SEC_WEBSOCKET_EXTENSIONS};

use crate::websocket::deflate::WINDOW_BITS;

/// An agreed compression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Agreement {
    /// The exponent of the window that the server compresses with.
    pub(crate) window_bits: u8,
    is_window_told: bool,
}

impl Agreement {
    /// The value of the response's header.
    pub(crate) fn header(self) -> HeaderValue {
        const PLAIN: &str = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
        if !self.is_window_told {
            return HeaderValue::from_static(PLAIN);
        }
        let text = format!("{PLAIN}; server_max_window_bits={}", self.window_bits);
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(PLAIN))
    }
}

/// Agrees to the first offer that can be kept; `None` leaves messages uncompressed.
pub(crate) fn agree(headers: &HeaderMap) -> Option<Agreement> {
    let values = headers.get_all(SEC_WEBSOCKET_EXTENSIONS).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).find_map(agree_to)
}

fn agree_to(offer: &str) -> Option<Agreement> {
    let mut parts = offer.split(';').map(str::trim);
    if parts.next() != Some("permessage-deflate") {
        return None;
    }
    let mut agreement = Agreement { window_bits: *WINDOW_BITS.end(), is_window_told: false };
    let mut seen: Vec<&str> = Vec::new();
    for part in parts {
        let (name, value) = match part.split_once('=') {
            Some((name, value)) => (name.trim(), Some(unquoted(value.trim()))),
            None => (part, None),
        };
        if seen.contains(&name) {
            return None;
        }
        seen.push(name);
        match (name, value) {
            (
                "server_no_context_takeover" | "client_no_context_takeover" | "client_max_window_bits",
                None,
            ) => {}
            ("client_max_window_bits", Some(bits)) => {
                bits_of(bits)?;
            }
            ("server_max_window_bits", Some(bits)) => {
                agreement.window_bits = bits_of(bits).filter(|bits| WINDOW_BITS.contains(bits))?;
                agreement.is_window_told = true;
            }
            _ => return None,
        }
    }
    Some(agreement)
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value)
}

/// Reads the exponent of a window: 8 to 15, without leading zeros.
fn bits_of(text: &str) -> Option<u8> {
    let bits: u8 = text.parse().ok()?;
    ((8..=15).contains(&bits) && !text.starts_with(['0', '+'])).then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(offers: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for offer in offers {
            headers.append(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static(offer));
        }
        agree(&headers).map(|agreement| agreement.header().to_str().unwrap().to_owned())
    }

    #[test]
    fn agrees_to_the_first_offer_that_can_be_kept() {
        let plain = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
        for offer in [
            "permessage-deflate",
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate;client_max_window_bits=\"9\"; server_no_context_takeover",
            "x-webkit-deflate-frame, permessage-deflate",
            "permessage-deflate; server_max_window_bits=8, permessage-deflate",
        ] {
            assert_eq!(answer(&[offer]).as_deref(), Some(plain), "{offer}");
        }
        let narrow = answer(&["foo", "permessage-deflate; server_max_window_bits=10"]);
        assert_eq!(narrow, Some(format!("{plain}; server_max_window_bits=10")));
    }

    #[test]
    fn declines_what_it_does_not_know() {
        for offer in [
            "",
            "permessage-bzip2",
            "permessage-deflate; unknown",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=09",
            "permessage-deflate; server_max_window_bits=8",
            "permessage-deflate; client_max_window_bits=7",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
        ] {
            assert_eq!(answer(&[offer]), None, "{offer}");
        }
    }
}
