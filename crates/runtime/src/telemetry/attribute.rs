//! Attributes of spans and events.

use std::borrow::Cow;

/// The value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A text.
    Text(Cow<'static, str>),
    /// A whole number.
    Int(i64),
    /// A number with fractions.
    Float(f64),
    /// True or false.
    Bool(bool),
    /// Several texts.
    Texts(Vec<String>),
}

impl Value {
    /// The number of bytes that the value holds, for bounds of memory.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Texts(texts) => texts.iter().map(|text| text.len() + size_of::<String>()).sum(),
            Self::Int(_) | Self::Float(_) | Self::Bool(_) => 0,
        }
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

macro_rules! from_whole {
    ($($whole:ty),+) => {
        $(impl From<$whole> for Value {
            fn from(value: $whole) -> Self {
                Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
            }
        })+
    };
}

from_whole!(i32, i64, u16, u32, u64, usize);

/// A named value.
pub type Attribute = (Cow<'static, str>, Value);
