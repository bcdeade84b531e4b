//! The compiled nodes of a schema, and which JSON values each can take at all.

use regex::Regex;

use crate::bytes::BytesRules;
use crate::choice::Choice;
use crate::number::{BigIntRules, NumberRules};
use crate::object::ObjectNode;
use crate::registry::TypeId;
use crate::text_rules::TextRule;
use crate::union::UnionNode;

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
    pub(crate) items: TypeId,
    pub(crate) min: usize,
    pub(crate) max: usize,
}

/// A list with a type per place.
#[derive(Debug)]
pub(crate) struct TupleNode {
    pub(crate) items: Vec<TypeId>,
    /// How many places must be filled.
    pub(crate) required: usize,
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

/// What the first byte of a JSON value tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    String,
    Number,
    True,
    False,
    Null,
    Array,
    Object,
}

impl Class {
    pub(crate) const COUNT: usize = 7;
    pub(crate) const ALL: [Self; Self::COUNT] =
        [Self::String, Self::Number, Self::True, Self::False, Self::Null, Self::Array, Self::Object];

    /// None when no value begins with `first`.
    #[inline]
    pub(crate) fn of(first: u8) -> Option<Self> {
        match first {
            b'"' => Some(Self::String),
            b'-' | b'0'..=b'9' => Some(Self::Number),
            b't' => Some(Self::True),
            b'f' => Some(Self::False),
            b'n' => Some(Self::Null),
            b'[' => Some(Self::Array),
            b'{' => Some(Self::Object),
            _ => None,
        }
    }

    /// The name that an issue gives to what was found.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::True | Self::False => "boolean",
            Self::Null => "null",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    pub(crate) fn is_container(self) -> bool {
        matches!(self, Self::Array | Self::Object)
    }
}

impl Node {
    /// Whether a value of `class` can fit. Not to be asked of a union.
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

    /// Types that may be asked of a value and its children.
    pub(crate) fn children(&self) -> Vec<TypeId> {
        match self {
            Self::Array(array) => vec![array.items],
            Self::Tuple(tuple) => tuple.items.iter().copied().chain(tuple.rest).collect(),
            Self::Object(object) => object.children(),
            Self::Union(union) => union.arms.clone(),
            _ => Vec::new(),
        }
    }

    /// Whether the value crosses in tagged form, because JSON has no such value.
    pub(crate) fn is_tagged(&self) -> bool {
        matches!(self, Self::Date | Self::BigInt(_) | Self::Bytes(_))
    }

    /// Where a scalar stands when several arms of a union fit: literals first, the widest last.
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
