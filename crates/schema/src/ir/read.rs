//! Loading of the nodes of a manifest's `types`.

use regex::Regex;
use serde_json::Value;

use crate::ir::choice::{Choice, Literal};
use crate::ir::entry::Entry;
use crate::ir::error::SchemaError;
use crate::ir::node::{ArrayNode, Node, TupleNode};
use crate::ir::object::{ObjectNode, Others, Property};
use crate::ir::union::UnionNode;
use crate::issues::sensitive::is_sensitive;
use crate::rules::bytes::BytesRules;
use crate::rules::format::Format;
use crate::rules::number::{BigIntRules, Bound, NumberRules, Side};
use crate::rules::text::{TextRule, TextTest};

/// Reads one node; the routes of unions are made later, when all arms are loaded.
pub(crate) fn read_node(entry: &Entry<'_>) -> Result<Node, SchemaError> {
    let kind = entry.required_str("kind")?;
    let keys: &[&str] = match kind {
        "any" | "null" | "boolean" | "date" => &[],
        "number" => &["min", "max", "exclusiveMin", "exclusiveMax", "multipleOf", "int"],
        "string" => &["minLen", "maxLen", "patterns", "startsWith", "endsWith", "formats", "labels"],
        "literal" => &["value"],
        "enum" => &["values"],
        "template" => &["pattern"],
        "array" => &["items", "minItems", "maxItems"],
        "tuple" => &["items", "rest"],
        "object" => &["properties", "additional", "closed"],
        "union" => &["arms", "tag"],
        "bigint" => &["min", "max"],
        "bytes" => &["minLen", "maxLen"],
        other => return Err(entry.wrong("kind", format!("`{other}` is no kind that this version knows"))),
    };
    entry.only(keys)?;
    match kind {
        "any" => Ok(Node::Any),
        "null" => Ok(Node::Null),
        "boolean" => Ok(Node::Boolean),
        "date" => Ok(Node::Date),
        "number" => read_number(entry),
        "string" => read_string(entry),
        "literal" => {
            Ok(Node::Choice(Box::new(Choice::new([read_literal(entry, "value", entry.get("value"))?]))))
        }
        "enum" => read_enum(entry),
        "template" => read_template(entry),
        "array" => read_array(entry),
        "tuple" => read_tuple(entry),
        "object" => read_object(entry),
        "union" => read_union(entry),
        "bigint" => Ok(Node::BigInt(Box::new(BigIntRules::new(bounds(
            entry,
            "bigint",
            &[("min", Side::Min), ("max", Side::Max)],
        )?)))),
        _ => read_bytes(entry),
    }
}

fn bounds(entry: &Entry<'_>, noun: &str, sides: &[(&str, Side)]) -> Result<Vec<Bound>, SchemaError> {
    let mut bounds = Vec::new();
    for (key, side) in sides {
        if let Some(text) = entry.decimal(key)? {
            bounds.push(
                Bound::new(*side, &text, noun).ok_or_else(|| entry.wrong(key, "is no decimal number"))?,
            );
        }
    }
    Ok(bounds)
}

fn read_number(entry: &Entry<'_>) -> Result<Node, SchemaError> {
    let sides = [
        ("min", Side::Min),
        ("max", Side::Max),
        ("exclusiveMin", Side::ExclusiveMin),
        ("exclusiveMax", Side::ExclusiveMax),
    ];
    let multiple_of = match entry.decimal("multipleOf")? {
        None => None,
        Some(text) => {
            let unit = crate::rules::number::unit(&text).ok_or_else(|| {
                entry.wrong("multipleOf", "must be positive, with at most 19 significant digits")
            })?;
            Some((unit, format!("multiple of {text}").into()))
        }
    };
    let rules =
        NumberRules { bounds: bounds(entry, "number", &sides)?, integer: entry.flag("int")?, multiple_of };
    Ok(Node::Number(Box::new(rules)))
}

fn read_string(entry: &Entry<'_>) -> Result<Node, SchemaError> {
    let mut rules = Vec::new();
    let mut rule = |test, expected: String| rules.push(TextRule { test, expected: expected.into() });
    if let Some(min) = entry.size("minLen")? {
        rule(TextTest::MinLength(min), format!("string of at least {min} characters"));
    }
    if let Some(max) = entry.size("maxLen")? {
        rule(TextTest::MaxLength(max), format!("string of at most {max} characters"));
    }
    for start in entry.strings("startsWith")? {
        rule(TextTest::StartsWith(start.into()), format!("string that starts with {}", quoted(start)));
    }
    for end in entry.strings("endsWith")? {
        rule(TextTest::EndsWith(end.into()), format!("string that ends with {}", quoted(end)));
    }
    for name in entry.strings("formats")? {
        let format = Format::named(name)
            .ok_or_else(|| entry.wrong("formats", format!("`{name}` is no known format")))?;
        rule(TextTest::Format(format), format.expected().to_owned());
    }
    let labels = entry.strings("labels")?;
    for (index, pattern) in entry.strings("patterns")?.into_iter().enumerate() {
        let expected = match labels.get(index) {
            None | Some(&"") => format!("string that matches {pattern}"),
            Some(label) => (*label).to_owned(),
        };
        rule(TextTest::Pattern(regex(entry, "patterns", pattern)?), expected);
    }
    Ok(Node::String(rules))
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

fn regex(entry: &Entry<'_>, key: &str, pattern: &str) -> Result<Regex, SchemaError> {
    Regex::new(pattern).map_err(|error| entry.wrong(key, format!("bad pattern `{pattern}`: {error}")))
}

fn read_literal(entry: &Entry<'_>, key: &str, value: Option<&Value>) -> Result<Literal, SchemaError> {
    match value {
        Some(Value::Null) => Ok(Literal::Null),
        Some(Value::Bool(value)) => Ok(Literal::Boolean(*value)),
        Some(Value::String(text)) => Ok(Literal::String(text.clone())),
        Some(Value::Number(number)) => number
            .to_string()
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite())
            .map(Literal::Number)
            .ok_or_else(|| entry.wrong(key, "is no finite number")),
        _ => Err(entry.wrong(key, "must be a string, a number, a boolean or null")),
    }
}

fn read_enum(entry: &Entry<'_>) -> Result<Node, SchemaError> {
    let values = entry.required_list("values")?;
    let literals: Result<Vec<Literal>, SchemaError> =
        values.iter().map(|value| read_literal(entry, "values", Some(value))).collect();
    Ok(Node::Choice(Box::new(Choice::new(literals?))))
}

fn read_template(entry: &Entry<'_>) -> Result<Node, SchemaError> {
    let pattern = entry.required_str("pattern")?;
    Ok(Node::Template(Box::new(regex(entry, "pattern", pattern)?)))
}

fn read_array(entry: &Entry<'_>) -> Result<Node, SchemaError> {
    let (min, max) = (entry.size("minItems")?.unwrap_or(0), entry.size("maxItems")?.unwrap_or(usize::MAX));
    Ok(Node::Array(ArrayNode { items: entry.required_type("items")?, min, max }))
}

fn read_tuple(entry: &Entry<'_>) -> Result<Node, SchemaError> {
    let mut items = Vec::new();
    let mut required = 0;
    for item in entry.entries("items")? {
        item.only(&["type", "optional"])?;
        items.push(item.required_type("type")?);
        if !item.flag("optional")? {
            required = items.len();
        }
    }
    Ok(Node::Tuple(Box::new(TupleNode { items, required, rest: entry.type_ref("rest")? })))
}

fn read_object(entry: &Entry<'_>) -> Result<Node, SchemaError> {
    let mut properties = Vec::new();
    let mut names = std::collections::HashSet::new();
    for item in entry.entries("properties")? {
        item.only(&["type", "optional", "sensitive"])?;
        let name = item.required_str("name")?;
        if !names.insert(name) {
            return Err(item.wrong("name", format!("`{name}` is declared twice")));
        }
        let optional = item.flag("optional")?;
        let sensitive = item.flag("sensitive")? || is_sensitive(name);
        properties.push(Property::new(name, item.required_type("type")?, optional, sensitive));
    }
    let closed = entry.flag("closed")?;
    let others = match entry.child("additional")? {
        None if closed => Others::Refuse,
        None => Others::Drop,
        Some(rule) => {
            rule.only(&["key", "value"])?;
            Others::Keep { key: rule.type_ref("key")?, value: rule.required_type("value")?, closed }
        }
    };
    let name = entry.optional_str("name")?;
    Ok(Node::Object(Box::new(ObjectNode::new(name, properties, others))))
}

fn read_union(entry: &Entry<'_>) -> Result<Node, SchemaError> {
    let arms = entry.types("arms")?;
    if arms.is_empty() {
        return Err(entry.wrong("arms", "must name at least one type"));
    }
    Ok(Node::Union(Box::new(UnionNode::unrouted(arms, entry.optional_str("tag")?))))
}

fn read_bytes(entry: &Entry<'_>) -> Result<Node, SchemaError> {
    let (min, max) = (entry.size("minLen")?.unwrap_or(0), entry.size("maxLen")?.unwrap_or(usize::MAX));
    let expected = match (min, max) {
        (0, usize::MAX) => "base64 string".to_owned(),
        (min, usize::MAX) => format!("base64 string of at least {min} bytes"),
        (0, max) => format!("base64 string of at most {max} bytes"),
        (min, max) => format!("base64 string of {min} to {max} bytes"),
    };
    Ok(Node::Bytes(Box::new(BytesRules { min, max, expected: expected.into() })))
}
