//! Codecs: the format in which a type's values are requested, and how they are read.

use tokio_postgres::types::{Kind, Type};

use crate::connection::types::{KnownType, Types};

/// The codec for the values of one type. Resolved once per statement, so that each value costs one `match`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Codec {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Money,
    /// UTF-8 text, whose binary form is the text itself: text, varchar, name.
    Text,
    Json,
    Jsonb,
    Bytea,
    Uuid,
    Timestamp,
    TimestampTz,
    /// An array in binary form.
    Array(Box<Codec>),
    /// The server's text form, as a JSON string.
    Printed,
    /// The server's text form is JSON: pgvector's `vector`.
    Document,
    /// An array in text form, because its elements are read in text form.
    PrintedArray {
        element: Box<Codec>,
        delimiter: u8,
    },
}

impl Codec {
    /// The codec of the type with this OID; an unknown type is read in the server's text form.
    pub(crate) fn of(oid: u32, types: &Types) -> Self {
        if let Some(builtin) = Type::from_oid(oid) {
            return Self::of_builtin(&builtin);
        }
        match types.get(oid) {
            Some(KnownType::Domain(base)) if *base != oid => Self::of(*base, types),
            Some(KnownType::Array { element, delimiter }) => {
                Self::PrintedArray { element: Box::new(Self::of(*element, types)), delimiter: *delimiter }
            }
            Some(KnownType::Vector) => Self::Document,
            _ => Self::Printed,
        }
    }

    fn of_builtin(of: &Type) -> Self {
        match *of {
            Type::BOOL => Self::Bool,
            Type::INT2 => Self::Int2,
            Type::INT4 => Self::Int4,
            Type::INT8 => Self::Int8,
            Type::OID | Type::XID | Type::CID => Self::Oid,
            Type::FLOAT4 => Self::Float4,
            Type::FLOAT8 => Self::Float8,
            Type::MONEY => Self::Money,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => Self::Text,
            Type::JSON => Self::Json,
            Type::JSONB => Self::Jsonb,
            Type::BYTEA => Self::Bytea,
            Type::UUID => Self::Uuid,
            Type::TIMESTAMP => Self::Timestamp,
            Type::TIMESTAMPTZ => Self::TimestampTz,
            // Arrays by name only: their text form is numbers separated by spaces.
            Type::INT2_VECTOR | Type::OID_VECTOR => Self::Printed,
            _ => match of.kind() {
                Kind::Array(element) => {
                    let delimiter = if *element == Type::BOX { b';' } else { b',' };
                    let element = Box::new(Self::of_builtin(element));
                    if element.is_binary() {
                        Self::Array(element)
                    } else {
                        Self::PrintedArray { element, delimiter }
                    }
                }
                _ => Self::Printed,
            },
        }
    }

    fn is_binary(&self) -> bool {
        !matches!(self, Self::Printed | Self::Document | Self::PrintedArray { .. })
    }

    /// The format code in which values are requested: 0 for text, 1 for binary.
    pub(crate) fn format(&self) -> i16 {
        i16::from(self.is_binary())
    }

    /// The number of the codec's JSON form, by which the isolate converts it. Defined in `contract/cases/sqldb/kinds.json`.
    pub(crate) fn kind(&self) -> u8 {
        const ARRAY: u8 = 16;
        match self {
            Self::Int8 => 1,
            Self::Timestamp | Self::TimestampTz => 2,
            Self::Bytea => 3,
            Self::Float4 | Self::Float8 => 4,
            Self::Array(element) | Self::PrintedArray { element, .. } => ARRAY | element.kind(),
            _ => 0,
        }
    }
}
