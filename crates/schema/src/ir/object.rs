//! Compiled object types: declared properties by name, and the rule for other names.

use crate::ir::key_table::KeyTable;
use crate::ir::type_id::TypeId;
use crate::write::writer::push_json_string;

/// A compiled object type.
#[derive(Debug)]
pub(crate) struct ObjectNode {
    /// The type's name, for issues; `None` for an anonymous one.
    pub(crate) name: Option<Box<str>>,
    /// The declared properties, in the order in which they are written.
    pub(crate) properties: Vec<Property>,
    /// What becomes of names that no property has.
    pub(crate) others: Others,
    /// The properties by their names.
    keys: KeyTable,
    /// The indices of the required properties.
    required: SeenSet,
}

/// A declared property.
#[derive(Debug)]
pub(crate) struct Property {
    /// The property's name.
    pub(crate) name: Box<str>,
    /// The type of its value.
    pub(crate) ty: TypeId,
    /// Whether the property may be absent.
    pub(crate) optional: bool,
    /// Whether issues hide its value.
    pub(crate) sensitive: bool,
    /// The name as canonical JSON without its opening quote, to compare with the input's bytes.
    pub(crate) wire: Box<[u8]>,
}

impl Property {
    pub(crate) fn new(name: &str, ty: TypeId, optional: bool, sensitive: bool) -> Self {
        let mut wire = Vec::new();
        push_json_string(&mut wire, name);
        Self { name: name.into(), ty, optional, sensitive, wire: wire[1..].into() }
    }
}

/// The rule for undeclared names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Others {
    Drop,
    Refuse,
    /// A record: kept when the name fits `key` and the value fits `value`; a name that does not fit is unknown.
    Keep {
        key: Option<TypeId>,
        value: TypeId,
        closed: bool,
    },
}

impl ObjectNode {
    pub(crate) fn new(name: Option<&str>, properties: Vec<Property>, others: Others) -> Self {
        let keys = KeyTable::new(properties.iter().map(|property| &*property.name));
        let mut required = SeenSet::new(properties.len());
        for (index, property) in properties.iter().enumerate() {
            if !property.optional {
                required.insert(index);
            }
        }
        Self { name: name.map(Into::into), properties, others, keys, required }
    }

    /// The index of a declared property.
    #[inline]
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        self.keys.find(name, |index| self.properties.get(index).map(|property| &*property.name))
    }

    /// Whether the object declares or keeps a property of this name.
    pub(crate) fn takes(&self, name: &str) -> bool {
        self.others != Others::Drop || self.find(name).is_some()
    }

    /// Makes an empty set with room for the object's properties.
    #[inline]
    pub(crate) fn unseen(&self) -> SeenSet {
        SeenSet::new(self.properties.len())
    }

    /// The required properties that are not in `seen`.
    pub(crate) fn missing<'o>(&'o self, seen: &'o SeenSet) -> impl Iterator<Item = &'o Property> {
        let none = self.required.is_within(seen);
        let properties = if none { &[][..] } else { &self.properties[..] };
        properties
            .iter()
            .enumerate()
            .filter(|(index, property)| !property.optional && !seen.has(*index))
            .map(|(_, property)| property)
    }

    pub(crate) fn children(&self) -> Vec<TypeId> {
        let mut children: Vec<TypeId> = self.properties.iter().map(|property| property.ty).collect();
        if let Others::Keep { value, .. } = self.others {
            children.push(value);
        }
        children
    }
}

/// A set of property indices: one word, or more for an object of more than 64 properties.
#[derive(Debug, Clone, Default)]
pub(crate) struct SeenSet {
    first: u64,
    more: Vec<u64>,
}

impl SeenSet {
    #[inline]
    fn new(size: usize) -> Self {
        let more = if size <= 64 { Vec::new() } else { vec![0; (size - 1) / 64] };
        Self { first: 0, more }
    }

    /// Adds `index`; false when the set has it already.
    #[inline]
    pub(crate) fn insert(&mut self, index: usize) -> bool {
        let bit = 1 << (index % 64);
        let word = if index < 64 { Some(&mut self.first) } else { self.more.get_mut(index / 64 - 1) };
        match word {
            Some(word) => {
                let fresh = *word & bit == 0;
                *word |= bit;
                fresh
            }
            None => false,
        }
    }

    fn has(&self, index: usize) -> bool {
        let word = if index < 64 { Some(&self.first) } else { self.more.get(index / 64 - 1) };
        word.is_some_and(|word| word & (1 << (index % 64)) != 0)
    }

    #[inline]
    fn is_within(&self, other: &Self) -> bool {
        self.first & !other.first == 0
            && self.more.iter().zip(&other.more).all(|(word, other)| word & !other == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_sixty_four_properties_are_tracked_one_by_one() {
        for size in [1, 63, 64, 65, 128, 129, 200] {
            let properties = (0..size)
                .map(|index| Property::new(&format!("p{index}"), TypeId(0), index % 3 == 0, false))
                .collect();
            let object = ObjectNode::new(None, properties, Others::Drop);
            let mut seen = object.unseen();
            for index in 0..size {
                assert_eq!(object.find(&format!("p{index}")), Some(index));
                if index % 3 != 0 && index != size - 1 {
                    assert!(seen.insert(index) && !seen.insert(index));
                }
            }
            let missing: Vec<&str> = object.missing(&seen).map(|property| &*property.name).collect();
            let last = format!("p{}", size - 1);
            assert_eq!(missing, if (size - 1) % 3 == 0 { vec![] } else { vec![last.as_str()] });
        }
    }
}
