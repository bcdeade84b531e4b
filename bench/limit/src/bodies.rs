//! The inputs of the workloads of other shapes: long strings, a matrix, a tree; and their answer.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// What is made of a body.
#[derive(Serialize)]
#[serde(untagged)]
pub(crate) enum Worked {
    Counted { count: usize, characters: usize },
    Summed { count: usize, total: f64 },
}

/// `{"strings":[…]}`.
#[derive(Deserialize)]
struct Strings<'a> {
    #[serde(borrow)]
    strings: Vec<Cow<'a, str>>,
}

/// `{"rows":[[…]]}`.
#[derive(Deserialize)]
struct Matrix {
    rows: Vec<Vec<f64>>,
}

/// A node of the tree.
#[derive(Deserialize)]
struct Node<'a> {
    #[serde(borrow, rename = "name")]
    _name: Cow<'a, str>,
    value: f64,
    #[serde(borrow)]
    children: Vec<Node<'a>>,
}

/// Reads a body of the strings workload.
pub(crate) fn strings(body: &[u8]) -> serde_json::Result<Worked> {
    let Strings { strings } = serde_json::from_slice(body)?;
    let characters = strings.iter().map(|text| text.encode_utf16().count()).sum();
    Ok(Worked::Counted { count: strings.len(), characters })
}

/// Reads a body of the matrix workload.
pub(crate) fn matrix(body: &[u8]) -> serde_json::Result<Worked> {
    let Matrix { rows } = serde_json::from_slice(body)?;
    Ok(Worked::Summed { count: rows.len(), total: rows.iter().flatten().sum() })
}

/// Reads a body of the tree workload.
pub(crate) fn tree(body: &[u8]) -> serde_json::Result<Worked> {
    let root: Node<'_> = serde_json::from_slice(body)?;
    let (count, total) = sum(&root);
    Ok(Worked::Summed { count, total })
}

fn sum(node: &Node<'_>) -> (usize, f64) {
    node.children
        .iter()
        .map(sum)
        .fold((1, node.value), |(count, total), (more, value)| (count + more, total + value))
}
