//! The id of a type of a manifest.

/// The index of a type in a [`Registry`](crate::Registry).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TypeId(pub u32);
