//! Properties of the check over generated types, values and bytes.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a failure ends the run")]

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use twinloop_schema::{Registry, TypeId};

/// A type as a tree, which is laid out as an arena.
#[derive(Debug, Clone)]
enum Tree {
    Leaf(Value),
    Array(Box<Tree>),
    Object(Vec<(String, Tree, bool)>),
    Record(Box<Tree>),
    Union(Vec<Tree>),
}

fn lay_out(tree: &Tree, arena: &mut Vec<Value>) -> usize {
    let node = match tree {
        Tree::Leaf(node) => node.clone(),
        Tree::Array(items) => json!({ "kind": "array", "items": lay_out(items, arena) }),
        Tree::Object(properties) => {
            let laid = |(name, tree, optional): &(String, Tree, bool)| json!({ "name": name, "type": lay_out(tree, arena), "optional": optional });
            let properties: Vec<Value> = properties.iter().map(laid).collect();
            json!({ "kind": "object", "properties": properties, "additional": null })
        }
        Tree::Record(value) => {
            json!({ "kind": "object", "properties": [], "additional": { "key": null, "value": lay_out(value, arena) } })
        }
        Tree::Union(arms) => {
            let arms: Vec<usize> = arms.iter().map(|arm| lay_out(arm, arena)).collect();
            json!({ "kind": "union", "arms": arms })
        }
    };
    arena.push(node);
    arena.len() - 1
}

fn compile(tree: &Tree) -> (Registry, TypeId) {
    let mut arena = Vec::new();
    let root = lay_out(tree, &mut arena);
    (Registry::from_json(&Value::from(arena)).expect("a schema"), TypeId(u32::try_from(root).expect("small")))
}

fn names() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "odd key", "ä", "__proto__", "", "q\"\n"])
        .prop_map(str::to_owned)
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaves = vec![
        json!({ "kind": "any" }),
        json!({ "kind": "null" }),
        json!({ "kind": "boolean" }),
        json!({ "kind": "number" }),
        json!({ "kind": "number", "min": -5, "max": 5.5 }),
        json!({ "kind": "string" }),
        json!({ "kind": "string", "maxLen": 3 }),
        json!({ "kind": "enum", "values": ["a", 1, true] }),
    ];
    let leaf = prop::sample::select(leaves).prop_map(Tree::Leaf);
    leaf.prop_recursive(4, 24, 4, |inner| {
        let property = (names(), inner.clone(), any::<bool>());
        let properties = vec(property, 0..5).prop_map(|mut properties| {
            properties.sort_by(|left, right| left.0.cmp(&right.0));
            properties.dedup_by(|left, right| left.0 == right.0);
            Tree::Object(properties)
        });
        prop_oneof![
            inner.clone().prop_map(|items| Tree::Array(Box::new(items))),
            properties,
            inner.clone().prop_map(|value| Tree::Record(Box::new(value))),
            vec(inner, 1..4).prop_map(Tree::Union),
        ]
    })
}

/// Unions of objects whose properties overlap and are such unions again.
fn overlapping() -> impl Strategy<Value = Tree> {
    let kinds = vec![json!({ "kind": "number" }), json!({ "kind": "string" }), json!({ "kind": "boolean" })];
    let leaf = prop::sample::select(kinds).prop_map(Tree::Leaf);
    leaf.prop_recursive(4, 48, 4, |inner| {
        let property = (prop::sample::select(vec!["a", "b", "c"]), inner.clone(), any::<bool>());
        let object = vec(property, 0..4).prop_map(|mut properties| {
            properties.sort_by_key(|property| property.0);
            properties.dedup_by_key(|property| property.0);
            let owned = |(name, tree, optional): (&str, Tree, bool)| (name.to_owned(), tree, optional);
            Tree::Object(properties.into_iter().map(owned).collect())
        });
        let array = inner.prop_map(|items| Tree::Array(Box::new(items)));
        vec(prop_oneof![3 => object, 1 => array], 1..4).prop_map(Tree::Union)
    })
}

/// The first object takes the members of the second that it lacks, at every depth.
fn blend(left: &mut Value, right: &Value) {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            for (name, value) in right {
                match left.get_mut(name) {
                    Some(own) => blend(own, value),
                    None => drop(left.insert(name.clone(), value.clone())),
                }
            }
        }
        (Value::Array(left), Value::Array(right)) => {
            left.iter_mut().zip(right).for_each(|(left, right)| blend(left, right));
        }
        _ => {}
    }
}

fn values() -> impl Strategy<Value = Value> {
    let number = prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter_map("finite", |number| number.is_finite().then(|| Value::from(number))),
        (-6..6).prop_map(Value::from),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        ".{0,4}".prop_map(Value::from),
        names().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((names(), inner), 0..5)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

/// A value that is likely to fit a type.
fn fitting(tree: &Tree, picks: &mut impl Iterator<Item = u32>) -> Value {
    let pick = picks.next().unwrap_or_default();
    match tree {
        Tree::Leaf(node) => match node["kind"].as_str() {
            Some("boolean") => json!(pick.is_multiple_of(2)),
            Some("number") => json!(f64::from(pick % 21) / 2.0 - 5.0),
            Some("string") => json!(["", "ä\u{0}", "xyz"][pick as usize % 3]),
            Some("enum") => node["values"][pick as usize % 3].clone(),
            Some("null") => Value::Null,
            _ => json!({ "any": [pick] }),
        },
        Tree::Array(items) => (0..pick % 4).map(|_| fitting(items, picks)).collect(),
        Tree::Record(value) => {
            (0..pick % 4).map(|index| (format!("k{index}"), fitting(value, picks))).collect()
        }
        Tree::Object(properties) => {
            let mut members = Map::new();
            for (name, tree, optional) in properties {
                if !optional || picks.next().unwrap_or_default().is_multiple_of(2) {
                    members.insert(name.clone(), fitting(tree, picks));
                }
                if picks.next().unwrap_or_default().is_multiple_of(4) {
                    members.insert(format!("unknown {name}"), json!([1, { "x": "}" }]));
                }
            }
            Value::from(members)
        }
        Tree::Union(arms) => fitting(&arms[pick as usize % arms.len()], picks),
    }
}

/// What crosses of a value, by the plain definition: tried arm by arm, none if it does not fit.
fn model(tree: &Tree, value: &Value) -> Option<Value> {
    match (tree, value) {
        (Tree::Leaf(node), _) => fits(node, value).then(|| value.clone()),
        (Tree::Array(tree), Value::Array(items)) => items.iter().map(|item| model(tree, item)).collect(),
        (Tree::Record(tree), Value::Object(members)) => {
            members.iter().map(|(name, value)| Some((name.clone(), model(tree, value)?))).collect()
        }
        (Tree::Object(properties), Value::Object(members)) => {
            let missing =
                |(name, _, optional): &&(String, Tree, bool)| !optional && !members.contains_key(name);
            if properties.iter().any(|property| missing(&property)) {
                return None;
            }
            let mut kept = Map::new();
            for (name, value) in members {
                if let Some((_, tree, _)) = properties.iter().find(|(known, ..)| known == name) {
                    kept.insert(name.clone(), model(tree, value)?);
                }
            }
            Some(Value::from(kept))
        }
        (Tree::Union(arms), _) => {
            arms.iter().filter_map(|arm| model(arm, value)).reduce(|left, right| merge(value, &left, &right))
        }
        _ => None,
    }
}

fn fits(node: &Value, value: &Value) -> bool {
    match node["kind"].as_str() {
        Some("any") => true,
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("number") => value.as_f64().is_some_and(|number| {
            node["min"].as_f64().is_none_or(|min| number >= min)
                && node["max"].as_f64().is_none_or(|max| number <= max)
        }),
        Some("string") => value
            .as_str()
            .is_some_and(|text| node["maxLen"].as_u64().is_none_or(|max| text.chars().count() as u64 <= max)),
        _ => value == "a" || value.as_f64() == Some(1.0) || value == &json!(true),
    }
}

/// Everything of `value` that one of two readings kept.
fn merge(value: &Value, left: &Value, right: &Value) -> Value {
    match (value, left, right) {
        (Value::Object(members), Value::Object(left), Value::Object(right)) => {
            let kept = |(name, value): (&String, &Value)| {
                let merged = match (left.get(name), right.get(name)) {
                    (Some(left), Some(right)) => merge(value, left, right),
                    (Some(one), None) | (None, Some(one)) => one.clone(),
                    (None, None) => return None,
                };
                Some((name.clone(), merged))
            };
            Value::from(members.iter().filter_map(kept).collect::<Map<_, _>>())
        }
        (Value::Array(items), Value::Array(left), Value::Array(right)) => items
            .iter()
            .zip(left.iter().zip(right))
            .map(|(item, (left, right))| merge(item, left, right))
            .collect(),
        _ => left.clone(),
    }
}

fn agrees(tree: &Tree, value: &Value, text: &str) -> Result<(), TestCaseError> {
    let (registry, ty) = compile(tree);
    let mut out = Vec::new();
    let checked = registry.check(ty, text.as_bytes(), &mut out);
    match (checked, model(tree, value)) {
        (Ok(text), Some(expected)) => {
            let written: Value = serde_json::from_slice(&out).expect("valid JSON");
            prop_assert_eq!(written.to_string(), expected.to_string());
            prop_assert_eq!(text.ascii, out.is_ascii());
            prop_assert!(!text.tagged);
        }
        (Err(issues), None) => prop_assert!(!issues.is_empty() && out.is_empty()),
        (Ok(_), None) => prop_assert!(false, "accepted {}", String::from_utf8_lossy(&out)),
        (Err(issues), Some(expected)) => prop_assert!(false, "refused {expected}: {issues}"),
    }
    Ok(())
}

const OUT_OF_RANGE: &str = "number within the range of a double";

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn s02_a_value_crosses_as_the_plain_definition_says(tree in trees(), value in values()) {
        agrees(&tree, &value, &value.to_string())?;
    }

    #[test]
    fn a_value_made_to_fit_crosses_without_what_is_unknown(tree in trees(), picks in vec(any::<u32>(), 64)) {
        let value = fitting(&tree, &mut picks.into_iter());
        agrees(&tree, &value, &value.to_string())?;
        agrees(&tree, &value, &serde_json::to_string_pretty(&value).unwrap())?;
    }

    #[test]
    fn values_that_fit_several_arms_keep_what_each_fitting_arm_knows(
        tree in overlapping(), picks in vec(any::<u32>(), 64), others in vec(any::<u32>(), 64),
    ) {
        let mut value = fitting(&tree, &mut picks.into_iter());
        blend(&mut value, &fitting(&tree, &mut others.into_iter()));
        agrees(&tree, &value, &value.to_string())?;
    }

    #[test]
    fn no_bytes_make_it_panic_and_what_is_written_is_json(tree in trees(), bytes in vec(any::<u8>(), 0..64)) {
        let (registry, ty) = compile(&tree);
        let mut out = Vec::new();
        if registry.check(ty, &bytes, &mut out).is_ok() {
            prop_assert!(serde_json::from_slice::<Value>(&out).is_ok());
        }
    }

    #[test]
    fn a_document_with_one_changed_byte_is_judged_as_serde_json_judges_it(
        tree in trees(), value in values(), at in any::<prop::sample::Index>(), byte in prop::sample::select(b"\"\\{}[]:,0-.eu \x00\x1f\x80tn".to_vec()),
    ) {
        let mut bytes = value.to_string().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let (registry, ty) = compile(&tree);
        let mut out = Vec::new();
        let accepted = registry.check(ty, &bytes, &mut out).is_ok();
        let (anything, any_ty) = compile(&Tree::Leaf(json!({ "kind": "any" })));
        let read = anything.check(any_ty, &bytes, &mut Vec::new());
        let is_json = serde_json::from_slice::<Value>(&bytes).is_ok();
        prop_assert_eq!(read.is_ok(), is_json);
        // A number that no double holds is JSON by its grammar; where it is dropped, nobody reads it.
        let overflows = read.is_err_and(|issues| issues.iter().all(|issue| issue.expected == OUT_OF_RANGE));
        prop_assert!(is_json || overflows || !accepted);
        if accepted {
            prop_assert!(serde_json::from_slice::<Value>(&out).is_ok());
        }
    }
}
