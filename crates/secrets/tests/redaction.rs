//! No value survives redaction.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;
use twinloop_secrets::{Redactor, SecretText};

/// Text without the characters of labels, so that a label is no value.
fn value() -> impl Strategy<Value = String> {
    prop_oneof!["[A-Za-z0-9/+=_-]{8,40}", "[!-Z^-~]{8,24}", "[ab]{8,12}", "[à-ü€😀 ]{8,20}"]
        .prop_filter("one line break at the end is cut", |value| !value.ends_with('\n'))
}

fn redactor(values: &[String]) -> Redactor {
    let kept: Vec<SecretText> = values.iter().map(|value| SecretText::new(value.clone())).collect();
    Redactor::new(kept.iter().map(|value| ("S", value)))
}

proptest! {
    #[test]
    fn no_value_survives_in_any_text(
        values in proptest::collection::vec(value(), 1..5),
        parts in proptest::collection::vec((any::<prop::sample::Index>(), "[ -~é€]{0,12}"), 0..8),
    ) {
        let text: String = parts.iter().flat_map(|(which, between)| [between.as_str(), values[which.index(values.len())].as_str()]).collect();
        let clean = redactor(&values).redact(&text).into_owned();
        for value in &values {
            prop_assert!(!clean.contains(value.as_str()), "{clean:?} has {value:?}");
        }
    }

    #[test]
    fn no_value_survives_within_json(value in value(), before in "[ -~é€]{0,12}") {
        let line = serde_json::to_string(&serde_json::json!({ "msg": format!("{before}{value}") })).unwrap();
        let clean = redactor(std::slice::from_ref(&value)).redact(&line).into_owned();
        let parsed: serde_json::Value = serde_json::from_str(&clean).unwrap();
        prop_assert!(!parsed["msg"].as_str().unwrap().contains(&value));
        let twice = serde_json::to_string(&line).unwrap();
        let clean = redactor(std::slice::from_ref(&value)).redact(&twice).into_owned();
        prop_assert!(clean.contains("[secret S]"));
    }

    #[test]
    fn a_text_without_values_is_left_alone(text in "[ -~é€\n]{0,200}", value in "[A-Z0-9]{20,30}") {
        prop_assume!(!text.contains(&value));
        let redactor = redactor(&[value]);
        prop_assert_eq!(redactor.redact(&text), text.as_str());
    }
}
