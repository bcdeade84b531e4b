//! The registry of compiled types.

use std::collections::HashSet;

use serde_json::Value;

use crate::frame::{FrameKind, Placed, placed};
use crate::ir::entry::Entry;
use crate::ir::error::SchemaError;
use crate::ir::node::Node;
use crate::ir::read::read_node;
use crate::ir::type_id::TypeId;
use crate::ir::union::UnionNode;

/// The compiled types of a manifest.
///
/// Shape: loaded once from the manifest's `types`, then shared between threads. A check keeps no state in it.
///
/// ```
/// use twinloop_schema::{Registry, TypeId};
///
/// let types = serde_json::json!([
///     { "kind": "object", "properties": [{ "name": "url", "type": 1, "optional": false }], "additional": null },
///     { "kind": "string", "minLen": 1 },
/// ]);
/// let registry = Registry::from_json(&types)?;
/// let mut out = Vec::new();
/// // What was not declared is left out.
/// assert!(registry.check(TypeId(0), br#"{"url":"/a","admin":true}"#, &mut out).is_ok());
/// assert_eq!(out, br#"{"url":"/a"}"#);
/// assert!(registry.check(TypeId(0), br#"{"url":""}"#, &mut out).is_err());
/// # Ok::<(), twinloop_schema::SchemaError>(())
/// ```
#[derive(Debug)]
pub struct Registry {
    /// The types, by their `TypeId`.
    nodes: Vec<Node>,
    /// What issues call each type, as in "expected string".
    labels: Vec<Box<str>>,
    /// Whether a value of each type may hold tagged text.
    tagged: Vec<bool>,
    /// How the values of each type stand in frames.
    placed: Vec<Placed>,
}

impl Registry {
    /// Compiles the manifest's `types`.
    ///
    /// Errors: a kind or a key that this version does not know, an index out of range, a bad pattern, a union whose
    /// arms cannot be told apart. [`SchemaError`] says which node.
    pub fn from_json(types: &Value) -> Result<Self, SchemaError> {
        let Value::Array(list) = types else { return Err(SchemaError::new("types", "must be a list")) };
        let mut nodes = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate() {
            nodes.push(read_node(&Entry::new(format!("types[{index}]"), value, list.len())?)?);
        }
        flatten_unions(&mut nodes)?;
        route_unions(&mut nodes)?;
        let labels = label_all(&nodes);
        let tagged = tagged(&nodes);
        let placed = placed(&nodes);
        Ok(Self { nodes, labels, tagged, placed })
    }

    #[inline]
    pub(crate) fn node(&self, ty: TypeId) -> &Node {
        self.nodes.get(ty.0 as usize).unwrap_or(&Node::Any)
    }

    /// The phrase for the type in issues.
    pub(crate) fn label(&self, ty: TypeId) -> &str {
        self.labels.get(ty.0 as usize).map_or("value", |label| label)
    }

    /// Whether a value of the type may hold dates, bigints or bytes, which are written as tagged text.
    pub(crate) fn is_tagged(&self, ty: TypeId) -> bool {
        self.tagged.get(ty.0 as usize).copied().unwrap_or(false)
    }

    /// How the values of the type stand in frames.
    #[inline]
    pub(crate) fn placed(&self, ty: TypeId) -> Placed {
        let island = Placed { kind: FrameKind::Island, ty, is_nullable: false };
        self.placed.get(ty.0 as usize).copied().unwrap_or(island)
    }

    /// The types that `ty` consists of, without unions: the arms of a union, otherwise `ty` alone.
    pub(crate) fn atoms<'r>(&'r self, ty: &'r TypeId) -> &'r [TypeId] {
        match self.node(*ty) {
            Node::Union(union) => &union.arms,
            _ => std::slice::from_ref(ty),
        }
    }

    /// The number of types.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }
}

/// Replaces arms that are unions by the arms of those.
fn flatten_unions(nodes: &mut [Node]) -> Result<(), SchemaError> {
    let mut flat = Vec::new();
    for (index, node) in nodes.iter().enumerate() {
        let Node::Union(union) = node else { continue };
        let mut arms = Vec::new();
        let mut seen = HashSet::new();
        let mut pending: Vec<TypeId> = union.arms.iter().rev().copied().collect();
        while let Some(arm) = pending.pop() {
            if !seen.insert(arm) {
                continue;
            }
            match nodes.get(arm.0 as usize) {
                Some(Node::Union(inner)) => pending.extend(inner.arms.iter().rev()),
                _ => arms.push(arm),
            }
        }
        if arms.is_empty() {
            return Err(SchemaError::new(
                format!("types[{index}].arms"),
                "the union consists of itself alone",
            ));
        }
        flat.push((index, UnionNode::unrouted(arms, union.tag.as_deref())));
    }
    for (index, union) in flat {
        nodes[index] = Node::Union(Box::new(union));
    }
    Ok(())
}

fn route_unions(nodes: &mut [Node]) -> Result<(), SchemaError> {
    for index in 0..nodes.len() {
        if let Node::Union(union) = &nodes[index] {
            let routed = union
                .routed(nodes)
                .map_err(|problem| SchemaError::new(format!("types[{index}]"), problem))?;
            nodes[index] = Node::Union(Box::new(routed));
        }
    }
    Ok(())
}

fn label_all(nodes: &[Node]) -> Vec<Box<str>> {
    let plain: Vec<String> = nodes.iter().map(label).collect();
    let of_arms = |union: &UnionNode| {
        let names: Vec<&str> =
            union.arms.iter().filter_map(|arm| plain.get(arm.0 as usize)).map(String::as_str).collect();
        let mut shown: Vec<&str> = Vec::new();
        for name in names {
            if !shown.contains(&name) {
                shown.push(name);
            }
        }
        shown.join(" | ")
    };
    let labels = nodes.iter().zip(&plain).map(|(node, label)| match node {
        Node::Union(union) => of_arms(union),
        _ => label.clone(),
    });
    labels.map(String::into_boxed_str).collect()
}

fn label(node: &Node) -> String {
    let fixed = match node {
        Node::Any => "any value",
        Node::Null => "null",
        Node::Boolean => "boolean",
        Node::Number(rules) if rules.integer => "integer",
        Node::Number(_) => "number",
        Node::String(_) => "string",
        Node::Array(_) | Node::Tuple(_) => "array",
        Node::Date => "RFC 3339 date-time",
        Node::BigInt(rules) => rules.only().unwrap_or("decimal integer"),
        Node::Bytes(_) => "base64 string",
        Node::Union(_) => "union",
        Node::Object(object) => object.name.as_deref().unwrap_or("object"),
        Node::Template(pattern) => return format!("string that matches {pattern}"),
        Node::Choice(choice) => choice.label(),
    };
    fixed.to_owned()
}

/// Computes for each type whether its values can contain tagged values.
fn tagged(nodes: &[Node]) -> Vec<bool> {
    let mut parents: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (index, node) in nodes.iter().enumerate() {
        for child in node.children() {
            parents[child.0 as usize].push(index);
        }
    }
    let mut tagged = vec![false; nodes.len()];
    let mut pending: Vec<usize> = (0..nodes.len()).filter(|index| nodes[*index].is_tagged()).collect();
    while let Some(index) = pending.pop() {
        if !std::mem::replace(&mut tagged[index], true) {
            pending.extend(&parents[index]);
        }
    }
    tagged
}
