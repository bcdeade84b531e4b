//! Which binary form a type has.

use tokio_postgres::types::{Kind, Type};

/// How a value of one type is read. Resolved once per statement, so that a value costs one jump.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Codec {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    Money,
    /// UTF-8 as it is: text, varchar, name, enums, xml, unknown.
    Text,
    /// One version byte, then UTF-8: jsonpath, ltree, lquery, ltxtquery.
    VersionedText,
    Json,
    Jsonb,
    Bytea,
    Uuid,
    Date,
    Time,
    TimeTz,
    Timestamp,
    TimestampTz,
    Interval,
    /// inet and cidr.
    Network,
    /// macaddr and macaddr8.
    Mac,
    Bit,
    Point,
    Segment,
    Box,
    Line,
    Path,
    Polygon,
    Circle,
    Lsn,
    Xid8,
    Tid,
    Void,
    /// pgvector's `vector`.
    Vector,
    Array(Box<Codec>),
    Range(Box<Codec>),
    Multirange(Box<Codec>),
    Composite(Vec<Codec>),
    /// A row without a declared type.
    Record,
}

impl Codec {
    /// The codec of a type; `None` when only the server itself can write it as text.
    pub(crate) fn of(of: &Type) -> Option<Self> {
        if let Some(codec) = Self::of_builtin(of) {
            return Some(codec);
        }
        let inner = |element| Self::of(element).map(Box::new);
        match of.kind() {
            Kind::Array(element) => inner(element).map(Self::Array),
            Kind::Range(element) => inner(element).map(Self::Range),
            Kind::Multirange(range) => match range.kind() {
                Kind::Range(element) => inner(element).map(Self::Multirange),
                _ => inner(range).map(Self::Multirange),
            },
            Kind::Enum(_) => Some(Self::Text),
            Kind::Domain(base) => Self::of(base),
            Kind::Composite(fields) => {
                fields.iter().map(|field| Self::of(field.type_())).collect::<Option<_>>().map(Self::Composite)
            }
            Kind::Simple => Self::of_extension(of.name()),
            _ => None,
        }
    }

    fn of_builtin(of: &Type) -> Option<Self> {
        Some(match *of {
            Type::BOOL => Self::Bool,
            Type::INT2 => Self::Int2,
            Type::INT4 => Self::Int4,
            Type::INT8 => Self::Int8,
            Type::OID | Type::XID | Type::CID => Self::Oid,
            Type::REGCLASS | Type::REGTYPE | Type::REGPROC | Type::REGPROCEDURE | Type::REGOPER => {
                return None;
            }
            Type::FLOAT4 => Self::Float4,
            Type::FLOAT8 => Self::Float8,
            Type::NUMERIC => Self::Numeric,
            Type::MONEY => Self::Money,
            Type::TEXT
            | Type::VARCHAR
            | Type::BPCHAR
            | Type::NAME
            | Type::CHAR
            | Type::XML
            | Type::UNKNOWN
            | Type::CSTRING
            | Type::REFCURSOR => Self::Text,
            Type::JSONPATH => Self::VersionedText,
            Type::JSON => Self::Json,
            Type::JSONB => Self::Jsonb,
            Type::BYTEA => Self::Bytea,
            Type::UUID => Self::Uuid,
            Type::DATE => Self::Date,
            Type::TIME => Self::Time,
            Type::TIMETZ => Self::TimeTz,
            Type::TIMESTAMP => Self::Timestamp,
            Type::TIMESTAMPTZ => Self::TimestampTz,
            Type::INTERVAL => Self::Interval,
            Type::INET | Type::CIDR => Self::Network,
            Type::MACADDR | Type::MACADDR8 => Self::Mac,
            Type::BIT | Type::VARBIT => Self::Bit,
            Type::POINT => Self::Point,
            Type::LSEG => Self::Segment,
            Type::BOX => Self::Box,
            Type::LINE => Self::Line,
            Type::PATH => Self::Path,
            Type::POLYGON => Self::Polygon,
            Type::CIRCLE => Self::Circle,
            Type::PG_LSN => Self::Lsn,
            Type::XID8 => Self::Xid8,
            Type::TID => Self::Tid,
            Type::VOID => Self::Void,
            Type::RECORD => Self::Record,
            _ => return None,
        })
    }

    fn of_extension(name: &str) -> Option<Self> {
        match name {
            "vector" => Some(Self::Vector),
            "citext" => Some(Self::Text),
            "ltree" | "lquery" | "ltxtquery" => Some(Self::VersionedText),
            _ => None,
        }
    }

    /// The number under which the isolate knows what to make of the JSON form. `contract/cases/sqldb/kinds.json`.
    pub(crate) fn kind(&self) -> u8 {
        const ARRAY: u8 = 16;
        match self {
            Self::Int8 => 1,
            Self::Timestamp | Self::TimestampTz => 2,
            Self::Bytea => 3,
            Self::Float4 | Self::Float8 => 4,
            Self::Array(element) => ARRAY | element.kind(),
            _ => 0,
        }
    }
}
