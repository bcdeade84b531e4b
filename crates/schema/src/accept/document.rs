//! The settings of the check of one document, and the meaning of names in its objects.

use crate::ir::key_table::KeyTable;
use crate::ir::node::Node;
use crate::ir::object::{ObjectNode, Others};
use crate::ir::registry::Registry;
use crate::ir::type_id::TypeId;
use crate::request::coerce;

/// The settings of the check of one document.
#[derive(Clone, Copy)]
pub(crate) struct Document<'d> {
    pub(crate) registry: &'d Registry,
    pub(crate) ty: TypeId,
    /// Whether tagged text is written.
    pub(crate) tagged: bool,
    /// Whether issues hide all values of the input.
    pub(crate) hidden: bool,
    /// Names that the outermost object must not set.
    pub(crate) reserved: Option<&'d Reserved>,
}

/// The names of parameters, which a body must not set.
#[derive(Debug)]
pub(crate) struct Reserved {
    names: Vec<Box<str>>,
    keys: KeyTable,
}

impl Reserved {
    pub(crate) fn new(names: Vec<Box<str>>) -> Self {
        let keys = KeyTable::new(names.iter().map(|name| &**name));
        Self { names, keys }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.keys.find(name, |index| self.names.get(index).map(|name| &**name)).is_some()
    }
}

/// The meaning of a name in an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PropertyMatch {
    /// The declared property with this index.
    Known(usize),
    /// An entry of a record, with its type.
    Entry(TypeId),
    /// An undeclared name, which is dropped.
    Unknown,
    /// An undeclared name in a closed object, which is an issue.
    Refused,
}

impl Document<'_> {
    /// The meaning of `name` in an object that is `depth` containers deep.
    #[inline]
    pub(crate) fn slot(&self, object: &ObjectNode, name: &str, depth: u32) -> PropertyMatch {
        match object.find(name) {
            Some(index) => PropertyMatch::Known(index),
            None => self.other_slot(object, name, depth),
        }
    }

    fn other_slot(&self, object: &ObjectNode, name: &str, depth: u32) -> PropertyMatch {
        let (key, value, closed) = match object.others {
            Others::Drop => return PropertyMatch::Unknown,
            Others::Refuse => return PropertyMatch::Refused,
            Others::Keep { key, value, closed } => (key, value, closed),
        };
        let reserved = depth == 1 && self.reserved.is_some_and(|reserved| reserved.has(name));
        let fits = !reserved && key.is_none_or(|key| self.name_fits(key, name));
        match (fits, closed) {
            (true, _) => PropertyMatch::Entry(value),
            (false, true) => PropertyMatch::Refused,
            (false, false) => PropertyMatch::Unknown,
        }
    }

    fn name_fits(&self, key: TypeId, name: &str) -> bool {
        self.registry.atoms(&key).iter().any(|atom| match self.registry.node(*atom) {
            Node::Any => true,
            node => coerce::read(node, name).is_ok(),
        })
    }
}
