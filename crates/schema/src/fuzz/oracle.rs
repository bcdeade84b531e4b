//! An oracle for the check: a direct implementation of its definition, on a tree of the document and the manifest's types.
//!
//! The oracle is slow and shares no code with the walk, except for the rules of single strings and numbers.

use std::cell::Cell;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::accept::scalar::{FINITE, Form};
use crate::ir::registry::Registry;
use crate::ir::type_id::TypeId;
use crate::json::scanner::{Scalar, StringToken, whole_number};

/// A document with its names in order, repeated ones included.
#[derive(Debug, Clone)]
pub(crate) enum Doc {
    Null,
    Boolean(bool),
    Number(f64),
    Text(String),
    List(Vec<Doc>),
    Members(Vec<(String, Doc)>),
}

/// Numbers are equal when their bits are: -0 is not 0.
impl PartialEq for Doc {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Boolean(left), Self::Boolean(right)) => left == right,
            (Self::Number(left), Self::Number(right)) => left.to_bits() == right.to_bits(),
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::List(left), Self::List(right)) => left == right,
            (Self::Members(left), Self::Members(right)) => left == right,
            _ => false,
        }
    }
}

/// The oracle's result.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The document is accepted and becomes this one.
    Crosses(Doc),
    Refused,
    /// The oracle would take too long, or the result depends on digits that a double does not keep.
    Unknown,
}

/// The part of a value that is kept.
#[derive(Debug, Clone)]
enum Kept {
    Whole,
    /// The whole value in another form; the form of lowest rank wins.
    As(u8, Form),
    List(Vec<Kept>),
    Members(Vec<Option<Kept>>),
}

/// The oracle has exceeded its budget.
struct GivenUp;

struct Oracle<'t> {
    types: &'t [Value],
    registry: &'t Registry,
    fuel: Cell<u32>,
}

const FUEL: u32 = 20_000;
const MAX_DEPTH: u32 = 200;

/// Judges `document` as a value of `ty`.
pub(crate) fn judge(types: &[Value], registry: &Registry, ty: TypeId, document: &Doc) -> Verdict {
    let oracle = Oracle { types, registry, fuel: Cell::new(FUEL) };
    match oracle.keep(ty.0 as usize, document, 0) {
        Ok(Some(kept)) => Verdict::Crosses(apply(&kept, document, registry.is_tagged(ty))),
        Ok(None) => Verdict::Refused,
        Err(GivenUp) => Verdict::Unknown,
    }
}

type Outcome = Result<Option<Kept>, GivenUp>;

impl Oracle<'_> {
    fn keep(&self, ty: usize, document: &Doc, depth: u32) -> Outcome {
        let fuel = self.fuel.get().checked_sub(1).filter(|_| depth < MAX_DEPTH).ok_or(GivenUp)?;
        self.fuel.set(fuel);
        let node = &self.types[ty];
        match (node["kind"].as_str().unwrap_or_default(), document) {
            ("any", _) => Ok(Some(Kept::Whole)),
            ("union", _) => self.union(node, document, depth + 1),
            ("array", Doc::List(items)) => {
                let fits = size(node, "minItems", 0) <= items.len()
                    && items.len() <= size(node, "maxItems", usize::MAX);
                if fits { self.items(items, depth, |_| Some(index(&node["items"]))) } else { Ok(None) }
            }
            ("tuple", Doc::List(items)) => self.tuple(node, items, depth),
            ("object", Doc::Members(members)) => self.object(node, members, depth),
            (_, Doc::List(_) | Doc::Members(_)) => Ok(None),
            _ => self.scalar(ty, document),
        }
    }

    fn union(&self, node: &Value, document: &Doc, depth: u32) -> Outcome {
        let mut kept: Option<Kept> = None;
        for arm in list(&node["arms"]) {
            kept = match (kept, self.keep(index(arm), document, depth)?) {
                (Some(left), Some(right)) => Some(merge(left, right)),
                (left, right) => left.or(right),
            };
        }
        Ok(kept)
    }

    fn items(&self, items: &[Doc], depth: u32, ty: impl Fn(usize) -> Option<usize>) -> Outcome {
        let mut kept = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let Some(ty) = ty(at) else { return Ok(None) };
            let Some(item) = self.keep(ty, item, depth + 1)? else { return Ok(None) };
            kept.push(item);
        }
        Ok(Some(Kept::List(kept)))
    }

    fn tuple(&self, node: &Value, items: &[Doc], depth: u32) -> Outcome {
        let declared = list(&node["items"]);
        let is_optional = |item: &Value| item["optional"] == Value::Bool(true);
        let required = declared.iter().rposition(|item| !is_optional(item)).map_or(0, |at| at + 1);
        if items.len() < required {
            return Ok(None);
        }
        let rest = node["rest"].as_u64().map(|_| index(&node["rest"]));
        self.items(items, depth, |at| declared.get(at).map(|item| index(&item["type"])).or(rest))
    }

    fn object(&self, node: &Value, members: &[(String, Doc)], depth: u32) -> Outcome {
        let properties = list(&node["properties"]);
        let closed = node["closed"] == Value::Bool(true);
        let others = node["additional"].as_object();
        let mut kept = Vec::new();
        let mut names = Vec::new();
        for (name, value) in members {
            let known = properties.iter().find(|property| property["name"] == **name);
            let ty = match (known, others) {
                (Some(property), _) => Some(index(&property["type"])),
                (None, Some(rule)) if self.name_fits(rule.get("key"), name)? => Some(index(&rule["value"])),
                (None, _) if closed => return Ok(None),
                (None, _) => None,
            };
            let Some(ty) = ty else {
                kept.push(None);
                continue;
            };
            if names.contains(&name) {
                return Ok(None);
            }
            names.push(name);
            let Some(value) = self.keep(ty, value, depth + 1)? else { return Ok(None) };
            kept.push(Some(value));
        }
        let is_there = |property: &Value| {
            property["optional"] == Value::Bool(true) || names.iter().any(|name| property["name"] == ***name)
        };
        Ok(properties.iter().all(is_there).then_some(Kept::Members(kept)))
    }

    fn name_fits(&self, key: Option<&Value>, name: &str) -> Result<bool, GivenUp> {
        let Some(key) = key.filter(|key| !key.is_null()) else { return Ok(true) };
        match self.types[index(key)]["kind"].as_str() {
            Some("string" | "template") => {
                Ok(self.scalar(index(key), &Doc::Text(name.to_owned()))?.is_some())
            }
            _ => Err(GivenUp),
        }
    }

    fn scalar(&self, ty: usize, document: &Doc) -> Outcome {
        let node = self.registry.node(TypeId(u32::try_from(ty).unwrap_or(u32::MAX)));
        let plain = document.is_same_as_any_of(&self.types[ty]);
        let shown;
        let scalar = match document {
            Doc::Null => Scalar::Null,
            Doc::Boolean(value) => Scalar::Boolean(*value),
            Doc::Text(text) => Scalar::String(StringToken { raw: text, escaped: false }),
            Doc::Number(number) => {
                if self.types[ty]["kind"] == "bigint" {
                    return Err(GivenUp);
                }
                shown = number.to_string();
                Scalar::Number(whole_number(&shown).ok_or(GivenUp)?)
            }
            Doc::List(_) | Doc::Members(_) => return Ok(None),
        };
        let form = scalar.fit(node).ok();
        if let Some(plain) = plain {
            assert_eq!(plain, form.is_some(), "{document:?} as {:?} ({FINITE})", self.types[ty]);
        }
        Ok(form.map(|form| Kept::As(node.precedence(), form)))
    }
}

impl Doc {
    /// Whether a scalar is of a type that the oracle can compare directly; `None` for other types.
    fn is_same_as_any_of(&self, node: &Value) -> Option<bool> {
        let same = |value: &Value| match (value, self) {
            (Value::Null, Self::Null) => true,
            (Value::Bool(left), Self::Boolean(right)) => left == right,
            #[allow(clippy::float_cmp, reason = "literals are compared by value")]
            (Value::Number(left), Self::Number(right)) => left.as_f64() == Some(*right),
            (Value::String(left), Self::Text(right)) => left == right,
            _ => false,
        };
        match node["kind"].as_str()? {
            "null" => Some(matches!(self, Self::Null)),
            "boolean" => Some(matches!(self, Self::Boolean(_))),
            "literal" => Some(same(&node["value"])),
            "enum" => Some(list(&node["values"]).iter().any(same)),
            "string" if node.as_object()?.len() == 1 => Some(matches!(self, Self::Text(_))),
            "number" if node.as_object()?.len() == 1 => Some(matches!(self, Self::Number(_))),
            "string" | "template" | "date" | "bytes" if !matches!(self, Self::Text(_)) => Some(false),
            _ => None,
        }
    }
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn index(value: &Value) -> usize {
    value.as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(usize::MAX)
}

fn size(node: &Value, key: &str, absent: usize) -> usize {
    node[key].as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or(absent)
}

fn merge(left: Kept, right: Kept) -> Kept {
    match (left, right) {
        (Kept::As(left, form), Kept::As(right, other)) => {
            if right < left {
                Kept::As(right, other)
            } else {
                Kept::As(left, form)
            }
        }
        // `any`, which converts nothing, ranks after each type that converts the value.
        (Kept::As(rank, form), Kept::Whole) | (Kept::Whole, Kept::As(rank, form)) => Kept::As(rank, form),
        (Kept::List(left), Kept::List(right)) => {
            Kept::List(left.into_iter().zip(right).map(|(left, right)| merge(left, right)).collect())
        }
        (Kept::Members(left), Kept::Members(right)) => {
            let both = left.into_iter().zip(right).map(|pair| match pair {
                (Some(left), Some(right)) => Some(merge(left, right)),
                (left, right) => left.or(right),
            });
            Kept::Members(both.collect())
        }
        // `any` keeps all members at every level; converted members come from the other arm.
        (Kept::Whole, other) | (other, Kept::Whole) => widen(other),
        (left, _) => left,
    }
}

/// Keeps all members.
fn widen(kept: Kept) -> Kept {
    match kept {
        Kept::List(items) => Kept::List(items.into_iter().map(widen).collect()),
        Kept::Members(members) => {
            Kept::Members(members.into_iter().map(|member| Some(member.map_or(Kept::Whole, widen))).collect())
        }
        scalar => scalar,
    }
}

fn apply(kept: &Kept, document: &Doc, tagged: bool) -> Doc {
    match (kept, document) {
        (Kept::As(_, Form::Date(ms)), _) => Doc::Text(format!("\0d{ms}")),
        (Kept::As(_, Form::BigInt(digits)), _) => Doc::Text(format!("\0n{digits}")),
        (Kept::As(_, Form::Bytes(text)), _) => Doc::Text(format!("\0b{text}")),
        (_, Doc::Text(text)) if tagged && text.starts_with('\0') => Doc::Text(format!("\0s{text}")),
        (Kept::List(kept), Doc::List(items)) => {
            Doc::List(kept.iter().zip(items).map(|(kept, item)| apply(kept, item, tagged)).collect())
        }
        (Kept::Members(kept), Doc::Members(members)) => {
            let one = |(kept, (name, value)): (&Option<Kept>, &(String, Doc))| {
                kept.as_ref().map(|kept| (name.clone(), apply(kept, value, tagged)))
            };
            Doc::Members(kept.iter().zip(members).filter_map(one).collect())
        }
        (_, Doc::List(items)) => {
            Doc::List(items.iter().map(|item| apply(&Kept::Whole, item, tagged)).collect())
        }
        (_, Doc::Members(members)) => {
            let one = |(name, value): &(String, Doc)| (name.clone(), apply(&Kept::Whole, value, tagged));
            Doc::Members(members.iter().map(one).collect())
        }
        (_, scalar) => scalar.clone(),
    }
}

impl<'de> Deserialize<'de> for Doc {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DocVisitor)
    }
}

struct DocVisitor;

impl<'de> Visitor<'de> for DocVisitor {
    type Value = Doc;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Doc, E> {
        Ok(Doc::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Doc, E> {
        Ok(Doc::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Doc, E> {
        #[allow(clippy::cast_precision_loss, reason = "rounded to the nearest double, as JavaScript does")]
        Ok(Doc::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Doc, E> {
        #[allow(clippy::cast_precision_loss, reason = "rounded to the nearest double, as JavaScript does")]
        Ok(Doc::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Doc, E> {
        Ok(Doc::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Doc, E> {
        Ok(Doc::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Doc, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Doc::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Doc, A::Error> {
        let mut list = Vec::new();
        while let Some(member) = members.next_entry()? {
            list.push(member);
        }
        Ok(Doc::Members(list))
    }
}
