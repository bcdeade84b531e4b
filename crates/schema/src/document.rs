//! The check of one document: what is asked of it, and how a walk over it ends.

use crate::coerce;
use crate::fault::{Fault, FaultKind, Stop};
use crate::issue::Issues;
use crate::key_table::KeyTable;
use crate::node::Node;
use crate::object::{ObjectNode, Others};
use crate::path::Path;
use crate::registry::{Registry, TypeId};
use crate::walk::Walker;

/// What a document is checked against.
#[derive(Clone, Copy)]
pub(crate) struct Document<'d> {
    pub(crate) registry: &'d Registry,
    pub(crate) ty: TypeId,
    /// Whether tagged text is written.
    pub(crate) tagged: bool,
    /// Names that the outermost object cannot set.
    pub(crate) reserved: Option<&'d Reserved>,
}

/// Names of parameters, which a body cannot set.
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

/// What a name in an object stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slot {
    /// The property of this index.
    Known(usize),
    /// An entry of a record, with its type.
    Entry(TypeId),
    /// Nothing: it is dropped.
    Unknown,
    /// Nothing, and it may not be there.
    Refused,
}

impl Document<'_> {
    /// What `name` stands for in an object that is `depth` containers deep.
    #[inline]
    pub(crate) fn slot(&self, object: &ObjectNode, name: &str, depth: u32) -> Slot {
        match object.find(name) {
            Some(index) => Slot::Known(index),
            None => self.other_slot(object, name, depth),
        }
    }

    fn other_slot(&self, object: &ObjectNode, name: &str, depth: u32) -> Slot {
        let (key, value, closed) = match object.others {
            Others::Drop => return Slot::Unknown,
            Others::Refuse => return Slot::Refused,
            Others::Keep { key, value, closed } => (key, value, closed),
        };
        let reserved = depth == 1 && self.reserved.is_some_and(|reserved| reserved.has(name));
        let fits = !reserved && key.is_none_or(|key| self.name_fits(key, name));
        match (fits, closed) {
            (true, _) => Slot::Entry(value),
            (false, true) => Slot::Refused,
            (false, false) => Slot::Unknown,
        }
    }

    fn name_fits(&self, key: TypeId, name: &str) -> bool {
        self.registry.atoms(&key).iter().any(|atom| match self.registry.node(*atom) {
            Node::Any => true,
            node => coerce::read(node, name).is_ok(),
        })
    }

    /// Walks `input` and appends its validated text to `out`, or adds to `issues`; `out` then holds rubbish.
    pub(crate) fn check(&self, input: &[u8], out: &mut Vec<u8>, issues: &mut Issues) {
        let before = issues.len();
        let (outcome, secret) = match simdutf8::basic::from_utf8(input) {
            Ok(text) => {
                let mut walker = Walker::new(*self, text, out, issues);
                let outcome = walker.document();
                (outcome, walker.report.is_secret())
            }
            Err(_) => (Err(Stop::Fault(utf8_fault(input))), true),
        };
        if let Err(Stop::Fault(fault)) = outcome {
            issues.truncate(before);
            issues.push(Path::place("body").render(true), "valid JSON", fault.describe(input, secret));
        }
    }
}

#[cold]
fn utf8_fault(input: &[u8]) -> Fault {
    let offset = simdutf8::compat::from_utf8(input).err().map_or(0, |error| error.valid_up_to());
    Fault { offset, kind: FaultKind::Utf8 }
}
