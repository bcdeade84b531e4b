//! Fuzzing of the check of documents.

use std::sync::LazyLock;

use serde::de::IgnoredAny;
use serde_json::Value;

use crate::fuzz::frames::check_frame;
use crate::fuzz::oracle::{Doc, Verdict, judge};
use crate::ir::registry::Registry;
use crate::ir::type_id::TypeId;

/// Types of all kinds; the first byte of an input chooses one.
const TYPES: &str = include_str!("types.json");

static SCHEMA: LazyLock<(Vec<Value>, Registry)> = LazyLock::new(|| {
    let types: Value = serde_json::from_str(TYPES).unwrap_or_default();
    let registry = Registry::from_json(&types);
    assert!(registry.is_ok(), "{registry:?}");
    (types.as_array().cloned().unwrap_or_default(), registry.unwrap_or_else(|_| unreachable!()))
});

/// Input: one byte that chooses a type, then the document.
pub fn validate(data: &[u8]) {
    let Some((choice, document)) = data.split_first() else { return };
    let (types, registry) = &*SCHEMA;
    check(types, registry, u32::from(*choice) % u32::try_from(types.len()).unwrap_or(1), document);
}

/// Checks the properties that hold for any bytes and any type.
pub(crate) fn check(types: &[Value], registry: &Registry, ty: u32, document: &[u8]) {
    let ty = TypeId(ty);
    let mut out = b"kept".to_vec();
    let verdict = registry.check(ty, document, &mut out);
    check_frame(registry, ty, document, verdict.is_ok());
    let written = out.strip_prefix(b"kept").unwrap_or_else(|| panic!("what was there is gone"));
    let nesting = document.iter().filter(|byte| matches!(byte, b'[' | b'{')).count();
    let tree = if nesting < 120 { Some(serde_json::from_slice::<Doc>(document).ok()) } else { None };
    match &verdict {
        Ok(text) => {
            assert_eq!(text.ascii, written.is_ascii());
            let is_text = std::str::from_utf8(document).is_ok();
            assert!(is_text && (nesting >= 120 || serde_json::from_slice::<IgnoredAny>(document).is_ok()));
            if !text.tagged {
                let mut again = Vec::new();
                assert!(registry.check(ty, written, &mut again).is_ok(), "its own text is refused");
                assert_eq!(again, written, "its own text is changed");
            }
        }
        Err(issues) => {
            assert!(written.is_empty() && (1..=16).contains(&issues.len()), "{issues}");
            let mut json = Vec::new();
            issues.to_json(&mut json);
            assert!(serde_json::from_slice::<Value>(&json).is_ok());
        }
    }
    // Digits beyond a double's precision are compared as they are written, which a tree of doubles cannot judge.
    let long_number = document.split(|byte| !matches!(byte, b'0'..=b'9' | b'.')).any(|run| run.len() > 15)
        || document.windows(2).any(|pair| matches!(pair, b"e-" | b"E-"));
    let plain = match (tree, verdict.is_ok()) {
        (Some(Some(tree)), _) if !long_number || types[ty.0 as usize]["kind"] == "any" => tree,
        // Invalid JSON must be refused, unless the error is an infinite number in a dropped property.
        (Some(None), true) if types[ty.0 as usize]["kind"] == "any" => panic!("accepted what is no JSON"),
        _ => return,
    };
    match (judge(types, registry, ty, &plain), verdict) {
        (Verdict::Crosses(expected), Ok(_)) => {
            let written: Option<Doc> = serde_json::from_slice(written).ok();
            assert_eq!(written, Some(expected));
        }
        (Verdict::Crosses(expected), Err(issues)) => panic!("refused {expected:?}: {issues}"),
        (Verdict::Refused, Ok(_)) => panic!("accepted {}", String::from_utf8_lossy(written)),
        (Verdict::Refused, Err(_)) | (Verdict::Unknown, _) => {}
    }
}
