//! The ordering key of a message, taken from one property of its body.

use std::fmt;

use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Returns the value of the property `name` as JSON text, or a string without quotes and escapes. `None` where the property
/// is absent or null: the message then has no order.
///
/// The body must be checked already: an object in which `name` occurs once.
pub(crate) fn key_of(body: &str, name: &str) -> Option<String> {
    let found = serde_json::Deserializer::from_str(body).deserialize_map(Finder(name)).ok()??;
    match found.get() {
        "null" => None,
        text if text.starts_with('"') => serde_json::from_str(text).ok(),
        text => Some(text.to_owned()),
    }
}

/// A serde visitor that finds one property of an object and skips the others.
struct Finder<'n>(&'n str);

impl<'de> Visitor<'de> for Finder<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key::<String>()? {
            if name == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::key_of;

    #[test]
    fn a_key_is_the_text_of_a_property() {
        let body = r#"{"a":{"k":"inner"},"k":"x\"yé","n":1.50,"none":null,"l":[1, 2]}"#;
        assert_eq!(key_of(body, "k").as_deref(), Some("x\"yé"));
        assert_eq!(key_of(body, "n").as_deref(), Some("1.50"));
        assert_eq!(key_of(body, "l").as_deref(), Some("[1, 2]"));
    }

    #[test]
    fn a_message_without_the_property_has_no_key() {
        for body in [r#"{"none":null}"#, "{}", "[1]", "1"] {
            assert_eq!(key_of(body, "none"), None, "{body}");
        }
    }
}
