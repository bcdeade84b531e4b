//! The compiled nodes of a schema, and the classes of JSON values that each takes.

use regex::Regex;

use crate::ir::choice::Choice;
use crate::ir::class::Class;
use crate::ir::object::ObjectNode;
use crate::ir::type_id::TypeId;
use crate::ir::union::UnionNode;
use crate::rules::bytes::BytesRules;
use crate::rules::number::{BigIntRules, NumberRules};
use crate::rules::text::TextRule;

/// A compiled type.
#[derive(Debug)]
pub(crate) enum Node {
    Any,
    Null,
    Boolean,
    Number(Box<NumberRules>),
    String(Vec<TextRule>),
    Choice(Box<Choice>),
    Template(Box<Regex>),
    Array(ArrayNode),
    Tuple(Box<TupleNode>),
    Object(Box<ObjectNode>),
    Union(Box<UnionNode>),
    Date,
    BigInt(Box<BigIntRules>),
    Bytes(Box<BytesRules>),
}

/// A list of one item type, with inclusive limits on its length.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ArrayNode {
    /// The type of each item.
    pub(crate) items: TypeId,
    /// The least count of items.
    pub(crate) min: usize,
    /// The greatest count of items.
    pub(crate) max: usize,
}

/// A list with a type for each position.
#[derive(Debug)]
pub(crate) struct TupleNode {
    /// The types of the first items, by place.
    pub(crate) items: Vec<TypeId>,
    /// The number of required positions.
    pub(crate) required: usize,
    /// The type of all further items; `None` where there are none.
    pub(crate) rest: Option<TypeId>,
}

impl ArrayNode {
    /// The phrase for a length out of its limits.
    pub(crate) fn expected(&self) -> String {
        match (self.min, self.max) {
            (min, usize::MAX) => format!("at least {min} items"),
            (0, max) => format!("at most {max} items"),
            (min, max) => format!("{min} to {max} items"),
        }
    }
}

impl TupleNode {
    /// The type of the element at `index`.
    pub(crate) fn item(&self, index: usize) -> Option<TypeId> {
        self.items.get(index).copied().or(self.rest)
    }

    /// The phrase for a length out of its limits.
    pub(crate) fn expected(&self) -> String {
        match (self.rest, self.required == self.items.len()) {
            (Some(_), _) => format!("at least {} items", self.required),
            (None, true) => format!("{} items", self.required),
            (None, false) => format!("{} to {} items", self.required, self.items.len()),
        }
    }
}

impl Node {
    /// Whether a value of `class` can fit. Not for unions, which have routes.
    pub(crate) fn takes(&self, class: Class) -> bool {
        match self {
            Self::Any | Self::Union(_) => true,
            Self::Null => class == Class::Null,
            Self::Boolean => matches!(class, Class::True | Class::False),
            Self::Number(_) => class == Class::Number,
            Self::String(_) | Self::Template(_) | Self::Date | Self::Bytes(_) => class == Class::String,
            Self::BigInt(_) => matches!(class, Class::String | Class::Number),
            Self::Choice(choice) => choice.takes(class),
            Self::Array(_) | Self::Tuple(_) => class == Class::Array,
            Self::Object(_) => class == Class::Object,
        }
    }

    /// The types that the node refers to.
    pub(crate) fn children(&self) -> Vec<TypeId> {
        match self {
            Self::Array(array) => vec![array.items],
            Self::Tuple(tuple) => tuple.items.iter().copied().chain(tuple.rest).collect(),
            Self::Object(object) => object.children(),
            Self::Union(union) => union.arms.clone(),
            _ => Vec::new(),
        }
    }

    /// Whether the node's values are tagged, because JSON has no form of their own for them.
    pub(crate) fn is_tagged(&self) -> bool {
        matches!(self, Self::Date | Self::BigInt(_) | Self::Bytes(_))
    }

    /// The rank of a scalar type among the fitting arms of a union: literals first, the widest type last.
    pub(crate) fn precedence(&self) -> u8 {
        match self {
            Self::Choice(_) => 0,
            Self::Boolean => 1,
            Self::Number(_) => 2,
            Self::BigInt(_) => 3,
            Self::Date => 4,
            Self::Bytes(_) => 5,
            Self::Template(_) => 6,
            Self::String(_) => 7,
            _ => 8,
        }
    }
}
