//! Parameters of components' statements, whose type is their variant.

use std::error::Error as StdError;

use bytes::BytesMut;
use postgres_protocol::IsNull;
use tokio_postgres::types::{IsNull as IsNullHere, ToSql, Type};
use twinloop_runtime::SqlValue;

/// The error for a value that the parameter's type does not take.
fn mismatch(what: &str, of: &Type) -> Box<dyn StdError + Sync + Send> {
    format!("a parameter is {what}, its place is {of}: cast the place").into()
}

/// The format code of `value` for a parameter of the type with OID `of`: 0 for text, 1 for binary.
pub(super) fn typed_format(value: &SqlValue, of: u32) -> i16 {
    let is_text = match value {
        SqlValue::Bool(_) => of != Type::BOOL.oid(),
        SqlValue::Int(_) => of != Type::INT8.oid(),
        SqlValue::Float(_) => of != Type::FLOAT8.oid(),
        SqlValue::Text(_) => true,
        _ => false,
    };
    i16::from(!is_text)
}

/// Writes `value` for a parameter of the type with OID `of`: in binary where the types agree, a scalar as text otherwise (the
/// server parses it, such as a uuid, a timestamp or json). Null fits every type.
pub(super) fn write_typed(
    value: &SqlValue,
    of: u32,
    out: &mut BytesMut,
) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
    let of = &Type::from_oid(of).unwrap_or(Type::TEXT);
    let text = |text: &str, out: &mut BytesMut| {
        out.extend_from_slice(text.as_bytes());
        Ok(IsNullHere::No)
    };
    let written = match value {
        SqlValue::Null => Ok(IsNullHere::Yes),
        SqlValue::Bool(value) if *of == Type::BOOL => value.to_sql(of, out),
        SqlValue::Bool(value) => text(if *value { "true" } else { "false" }, out),
        SqlValue::Int(value) if *of == Type::INT8 => value.to_sql(of, out),
        SqlValue::Int(value) => text(&value.to_string(), out),
        SqlValue::Float(value) if *of == Type::FLOAT8 => value.to_sql(of, out),
        SqlValue::Float(value) => text(&value.to_string(), out),
        SqlValue::Text(value) => text(value, out),
        SqlValue::Bytes(value) if *of == Type::BYTEA => value.to_sql(of, out),
        SqlValue::Bytes(_) => Err(mismatch("bytea", of)),
        SqlValue::Texts(values) if *of == Type::TEXT_ARRAY => values.to_sql(of, out),
        SqlValue::Texts(_) => Err(mismatch("text[]", of)),
        SqlValue::Ints(values) if *of == Type::INT8_ARRAY => values.to_sql(of, out),
        SqlValue::Ints(_) => Err(mismatch("int8[]", of)),
    };
    Ok(match written? {
        IsNullHere::Yes => IsNull::Yes,
        IsNullHere::No => IsNull::No,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: &SqlValue, of: &Type) -> Option<Vec<u8>> {
        let mut out = BytesMut::new();
        write_typed(value, of.oid(), &mut out).ok().map(|_| out.to_vec())
    }

    #[test]
    fn a_value_is_binary_in_a_place_of_its_type_and_text_elsewhere() {
        assert_eq!(written(&SqlValue::Int(7), &Type::INT8), Some(vec![0, 0, 0, 0, 0, 0, 0, 7]));
        assert_eq!(written(&SqlValue::Int(7), &Type::INT4), Some(b"7".to_vec()));
        assert_eq!(typed_format(&SqlValue::Int(7), Type::INT4.oid()), 0);
        assert_eq!(written(&SqlValue::Bool(true), &Type::BOOL), Some(vec![1]));
    }

    #[test]
    fn an_array_in_a_place_of_another_type_is_refused() {
        assert_eq!(written(&SqlValue::Ints(vec![Some(1)]), &Type::TEXT_ARRAY), None);
        assert_eq!(written(&SqlValue::Bytes(vec![1]), &Type::TEXT), None);
    }
}
