//! The input and the answer of the json workloads.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// `{"items":[…]}`.
#[derive(Deserialize)]
pub(crate) struct Items<'a> {
    #[serde(borrow)]
    pub(crate) items: Vec<Item<'a>>,
}

/// One of them.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item<'a> {
    id: Number,
    #[serde(borrow)]
    name: Cow<'a, str>,
    pub(crate) price: f64,
    #[serde(borrow)]
    tags: Vec<Cow<'a, str>>,
    in_stock: bool,
    #[serde(borrow)]
    note: Option<Cow<'a, str>>,
}

/// Shown as it was written: 7 and not 7.0.
type Number = serde_json::Number;

/// `{"count","total","last"}`.
#[derive(Serialize)]
pub(crate) struct Sum<'a> {
    pub(crate) count: usize,
    pub(crate) total: f64,
    pub(crate) last: Option<&'a Item<'a>>,
}
