//! No value survives redaction.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use proptest::prelude::*;
use twinloop_secrets::{Redactor, SecretText};

/// Generates texts without the characters of labels, so that no label is a value.
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
    fn no_value_survives_within_json_at_any_depth(
        value in "[!-Z^-~\\\\\n\t\u{1}\u{1b}<&'\" é]{8,24}", before in "[ -~é€]{0,12}", depth in 1..7_usize,
    ) {
        let redactor = redactor(std::slice::from_ref(&value));
        let mut text = format!("{before}{value}");
        for _ in 0..depth {
            text = serde_json::to_string(&text).unwrap();
        }
        let clean = redactor.redact(&text).into_owned();
        // The rest is JSON to the same depth.
        let mut parsed = clean.clone();
        for _ in 0..depth {
            parsed = serde_json::from_str(&parsed).unwrap_or_else(|error| panic!("{clean:?} of {text:?}: {error}"));
        }
        let kept = SecretText::new(value.clone());
        prop_assume!(kept.expose().chars().filter(|c| *c != '\\').map(char::len_utf8).sum::<usize>() >= 8);
        prop_assert!(clean.contains("[secret S]"), "{clean:?}");
        prop_assert!(!parsed.contains(kept.expose()), "{parsed:?}");
    }

    #[test]
    fn no_value_survives_as_numbers(
        value in "[!-~é]{8,24}", before in prop::collection::vec(any::<u8>(), 0..4), indent in 0..3_usize,
    ) {
        let bytes: Vec<u8> = before.iter().copied().chain(value.bytes()).collect();
        let numbers: Vec<String> = bytes.iter().map(u8::to_string).collect();
        let indexed: Vec<String> = numbers.iter().enumerate().map(|(at, number)| format!("\"{at}\":{number}")).collect();
        let hex: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let separator = [",", ", ", ",\n    "][indent];
        let texts = [
            format!("[{}]", numbers.join(separator)),
            format!("{{{}}}", indexed.join(separator)),
            format!("<Buffer {}>", hex.join(" ")),
        ];
        let redactor = redactor(std::slice::from_ref(&value));
        for text in texts {
            for text in [text.clone(), serde_json::to_string(&text).unwrap()] {
                prop_assert!(redactor.redact(&text).contains("[secret S]"), "{text}");
            }
        }
    }

    #[test]
    fn a_text_without_values_is_left_alone(text in "[ -~é€\n]{0,200}", value in "[A-Z0-9]{20,30}") {
        prop_assume!(!text.contains(&value));
        let redactor = redactor(&[value]);
        prop_assert_eq!(redactor.redact(&text), text.as_str());
    }
}
