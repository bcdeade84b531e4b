//! The compiled types of a manifest, and their loading from the IR.

pub(crate) mod choice;
pub(crate) mod class;
pub(crate) mod entry;
pub(crate) mod error;
pub(crate) mod key_table;
pub(crate) mod node;
pub(crate) mod object;
pub(crate) mod read;
pub(crate) mod registry;
pub(crate) mod type_id;
pub(crate) mod union;
mod union_routes;
