//! The input of the schema workload, read into typed values: query parameters and a JSON body of seven fields.
//!
//! The check is `serde_json` into a typed struct, which walks the bytes once and builds no tree: what a careful
//! Rust programmer would write by hand, and so a fair price for "validated" where no schema is interpreted.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// Why a request does not fit: where, and what was expected.
#[derive(Debug, PartialEq)]
pub(crate) struct Invalid(pub(crate) String);

/// `name?: string` and `excitement?: number`.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Query<'a> {
    pub(crate) name: Option<Cow<'a, str>>,
    pub(crate) excitement: Option<f64>,
}

impl<'a> Query<'a> {
    /// Reads a query string (without its `?`); unknown parameters are dropped, known ones may appear once.
    pub(crate) fn read(text: &'a str) -> Result<Self, Invalid> {
        let mut query = Self::default();
        for (key, value) in form_urlencoded::parse(text.as_bytes()) {
            let repeated = match key.as_ref() {
                "name" => query.name.replace(value).is_some(),
                "excitement" => query.excitement.replace(json_number(&value)?).is_some(),
                _ => false,
            };
            if repeated {
                return Err(Invalid(format!("query.{key}: given twice")));
            }
        }
        Ok(query)
    }
}

fn json_number(text: &str) -> Result<f64, Invalid> {
    let invalid = || Invalid("query.excitement: expected a number".to_owned());
    // serde_json also takes white space around a number, which the grammar of a parameter does not.
    if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
        return Err(invalid());
    }
    serde_json::from_str(text).map_err(|_| invalid())
}

/// The body; every field may be absent but `required_key`, and only `nullable_key` may be null.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "the fields are there to be checked, the answer does not use them")]
#[expect(clippy::struct_field_names, reason = "the workload names them so")]
pub(crate) struct Body<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    some_key: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "present")]
    some_other_key: Option<f64>,
    required_key: Vec<f64>,
    #[serde(default)]
    nullable_key: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    multiple_types_key: Option<BooleanOrNumber>,
    #[serde(borrow, default, deserialize_with = "present")]
    multiple_restricted_types_key: Option<StringOrNumber<'a>>,
    #[serde(default, deserialize_with = "present")]
    enum_key: Option<Name>,
}

impl Body<'_> {
    /// Checks that the bytes are one JSON document of this shape.
    pub(crate) fn check(bytes: &[u8]) -> Result<(), Invalid> {
        serde_json::from_slice::<Body<'_>>(bytes).map(drop).map_err(|error| Invalid(format!("body: {error}")))
    }
}

#[derive(serde::Deserialize)]
enum Name {
    John,
    Foo,
}

/// A field that may be absent, but not null.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

struct BooleanOrNumber;

impl<'de> Deserialize<'de> for BooleanOrNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Expected;
        impl Visitor<'_> for Expected {
            type Value = BooleanOrNumber;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a boolean or a number")
            }
            fn visit_bool<E: de::Error>(self, _: bool) -> Result<Self::Value, E> {
                Ok(BooleanOrNumber)
            }
            fn visit_u64<E: de::Error>(self, _: u64) -> Result<Self::Value, E> {
                Ok(BooleanOrNumber)
            }
            fn visit_i64<E: de::Error>(self, _: i64) -> Result<Self::Value, E> {
                Ok(BooleanOrNumber)
            }
            fn visit_f64<E: de::Error>(self, _: f64) -> Result<Self::Value, E> {
                Ok(BooleanOrNumber)
            }
        }
        // Not serde's untagged enum: it would buffer the value before trying its arms.
        deserializer.deserialize_any(Expected)
    }
}

#[expect(dead_code, reason = "read to be checked, the answer does not use it")]
enum StringOrNumber<'a> {
    String(Cow<'a, str>),
    Number(f64),
}

impl<'de: 'a, 'a> Deserialize<'de> for StringOrNumber<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Expected;
        impl<'de> Visitor<'de> for Expected {
            type Value = StringOrNumber<'de>;
            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string or a number")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(StringOrNumber::String(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(StringOrNumber::String(Cow::Owned(text.to_owned())))
            }
            #[expect(clippy::cast_precision_loss, reason = "a JavaScript number is a double")]
            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(StringOrNumber::Number(number as f64))
            }
            #[expect(clippy::cast_precision_loss, reason = "a JavaScript number is a double")]
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(StringOrNumber::Number(number as f64))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
                Ok(StringOrNumber::Number(number))
            }
        }
        deserializer.deserialize_any(Expected)
    }
}

#[cfg(test)]
mod tests {
    use super::{Body, Query};

    const GOOD: &str = r#"{"someKey":"test","someOtherKey":123,"requiredKey":[123,456,789],"nullableKey":null,
        "multipleTypesKey":true,"multipleRestrictedTypesKey":"test","enumKey":"John"}"#;

    #[test]
    fn accepts_the_body_of_the_workload() {
        assert_eq!(Body::check(GOOD.as_bytes()), Ok(()));
        assert_eq!(Body::check(br#"{"requiredKey":[]}"#), Ok(()));
    }

    #[test]
    fn refuses_a_body_that_breaks_one_rule() {
        for body in [
            "",
            "{}",
            r#"{"requiredKey":["a",1]}"#,
            r#"{"requiredKey":[1],"someKey":null}"#,
            r#"{"requiredKey":[1],"multipleTypesKey":"true"}"#,
            r#"{"requiredKey":[1],"multipleRestrictedTypesKey":false}"#,
            r#"{"requiredKey":[1],"enumKey":"Jane"}"#,
            r#"{"requiredKey":[1],"requiredKey":[2]}"#,
            r#"{"requiredKey":[1e999]}"#,
            r#"{"requiredKey":[1]} x"#,
        ] {
            assert!(Body::check(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn reads_the_query_strictly() {
        let query = Query::read("name=a+b&excitement=1.5&other=x").unwrap();
        assert_eq!((query.name.as_deref(), query.excitement), (Some("a b"), Some(1.5)));
        assert_eq!(Query::read("").unwrap(), Query::default());
        for text in ["excitement=", "excitement=0x10", "excitement=+1", "excitement=inf", "name=a&name=b"] {
            assert!(Query::read(text).is_err(), "{text}");
        }
    }
}
