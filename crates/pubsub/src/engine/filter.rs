//! The filter of a subscription: conditions on top-level properties of a message.
//!
//! A publish asks the filters of the subscriptions that its process declares, so that a provider stores no copy that nobody wants. Each
//! delivery asks the filter again, because a copy may come from a process that declares no filter or another one: what is not wanted then
//! is acknowledged unseen.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer as _, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

/// The conditions of a filter by property. A message is wanted where each property meets one of its conditions.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub(crate) struct Filter(BTreeMap<String, Vec<Condition>>);

/// A condition on one property: all of its parts must hold. A property that is `null` counts as absent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Condition {
    /// The value is one of these; `null` stands for an absent property.
    is: Option<Vec<Value>>,
    /// The property is there, and its value is none of these.
    not: Option<Vec<Value>>,
    /// The property is there, or is not.
    exists: Option<bool>,
    /// The value is a text that begins so.
    prefix: Option<String>,
    /// The value is a number above this one.
    gt: Option<f64>,
    /// The value is this number or one above.
    gte: Option<f64>,
    /// The value is a number below this one.
    lt: Option<f64>,
    /// The value is this number or one below.
    lte: Option<f64>,
}

impl Filter {
    /// Whether a message is wanted. True for a body that is no object, which is not the filter's to refuse.
    pub(crate) fn admits(&self, body: &[u8]) -> bool {
        let Ok(found) = serde_json::Deserializer::from_slice(body).deserialize_map(Finder(self)) else {
            return true;
        };
        self.0.iter().all(|(name, conditions)| {
            let value = found.get(name.as_str()).filter(|value| !value.is_null());
            conditions.iter().any(|condition| condition.holds(value))
        })
    }
}

impl Condition {
    fn holds(&self, value: Option<&Value>) -> bool {
        let number = value.and_then(Value::as_f64);
        let text = value.and_then(Value::as_str);
        let compares = |bound: Option<f64>, holds: fn(f64, f64) -> bool| {
            bound.is_none_or(|bound| number.is_some_and(|number| holds(number, bound)))
        };
        self.is.as_ref().is_none_or(|accepted| accepted.iter().any(|one| is_equal(value, one)))
            && self
                .not
                .as_ref()
                .is_none_or(|refused| value.is_some() && refused.iter().all(|one| !is_equal(value, one)))
            && self.exists.is_none_or(|exists| exists == value.is_some())
            && self.prefix.as_ref().is_none_or(|prefix| text.is_some_and(|text| text.starts_with(prefix)))
            && compares(self.gt, |number, bound| number > bound)
            && compares(self.gte, |number, bound| number >= bound)
            && compares(self.lt, |number, bound| number < bound)
            && compares(self.lte, |number, bound| number <= bound)
    }
}

/// Compares as JavaScript does: numbers by their value, so that `1.0` is `1`.
#[allow(clippy::float_cmp, reason = "equality is what is asked for")]
fn is_equal(value: Option<&Value>, wanted: &Value) -> bool {
    match (value, wanted) {
        (None, wanted) => wanted.is_null(),
        (Some(Value::Number(one)), Value::Number(other)) => one.as_f64() == other.as_f64(),
        (Some(value), wanted) => value == wanted,
    }
}

/// A serde visitor that reads the properties which a filter names, and skips the others.
struct Finder<'f>(&'f Filter);

impl<'de, 'f> Visitor<'de> for Finder<'f> {
    type Value = BTreeMap<&'f str, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            match self.0.0.get_key_value(&name) {
                Some((name, _)) => drop(found.insert(name.as_str(), map.next_value()?)),
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn admits(filter: Value, body: &Value) -> bool {
        serde_json::from_value::<Filter>(filter).unwrap().admits(body.to_string().as_bytes())
    }

    #[test]
    fn each_property_must_meet_one_of_its_conditions() {
        let filter = json!({ "region": [{ "is": ["eu", "us"] }], "cents": [{ "gte": 100, "lt": 500 }, { "is": [0] }] });
        for (body, is_wanted) in [
            (json!({ "region": "eu", "cents": 100 }), true),
            (json!({ "region": "us", "cents": 499.5, "other": {} }), true),
            (json!({ "region": "us", "cents": 0.0 }), true),
            (json!({ "region": "us", "cents": 500 }), false),
            (json!({ "region": "as", "cents": 200 }), false),
            (json!({ "cents": 200 }), false),
            (json!({ "region": "eu", "cents": "200" }), false),
        ] {
            assert_eq!(admits(filter.clone(), &body), is_wanted, "{body}");
        }
    }

    #[test]
    fn each_operator_means_what_it_says() {
        let cases = [
            (json!({ "prefix": "bo" }), json!("book"), true),
            (json!({ "prefix": "bo" }), json!("abo"), false),
            (json!({ "prefix": "1" }), json!(12), false),
            (json!({ "not": ["a", 1] }), json!("b"), true),
            (json!({ "not": ["a", 1] }), json!(1.0), false),
            (json!({ "not": ["a"] }), Value::Null, false),
            (json!({ "exists": true }), json!(false), true),
            (json!({ "exists": true }), json!({ "deep": [1] }), true),
            (json!({ "exists": true }), Value::Null, false),
            (json!({ "exists": false }), Value::Null, true),
            (json!({ "is": [null] }), Value::Null, true),
            (json!({ "is": [null] }), json!(0), false),
            (json!({ "is": [true] }), json!(true), true),
            (json!({ "is": ["1"] }), json!(1), false),
            (json!({ "gt": 1, "lte": 2 }), json!(2), true),
            (json!({ "gt": 1, "lte": 2 }), json!(1), false),
            (json!({ "lt": 1 }), Value::Null, false),
        ];
        for (condition, value, is_wanted) in cases {
            let filter = json!({ "p": [condition] });
            assert_eq!(admits(filter.clone(), &json!({ "p": value })), is_wanted, "{filter} {value}");
            if value.is_null() {
                assert_eq!(admits(filter.clone(), &json!({})), is_wanted, "{filter} of an absent property");
            }
        }
    }

    #[test]
    fn a_body_that_is_no_object_is_left_to_the_check_of_its_type() {
        let filter: Filter = serde_json::from_value(json!({ "p": [{ "is": ["a"] }] })).unwrap();
        for body in ["1", "[]", "null", "", "{\"p\":", "\u{feff}{}"] {
            assert!(filter.admits(body.as_bytes()), "{body}");
        }
        // The last of two counts, as it does for JavaScript.
        assert!(filter.admits(br#"{"p":"b","p":"a"}"#) && !filter.admits(br#"{"p":"a","p":"b"}"#));
        assert!(filter.admits(br#"{"\u0070":"\u0061"}"#));
    }

    #[test]
    fn an_unknown_operator_is_refused() {
        assert!(serde_json::from_value::<Filter>(json!({ "p": [{ "like": "a" }] })).is_err());
    }
}
