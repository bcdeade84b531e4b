//! Parameters with the type that their variant names.

use std::error::Error as StdError;

use bytes::BytesMut;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use twinloop_runtime::SqlValue;

/// A value on its way to the server: in its own binary form where the place has its type, a scalar as text where it has another
/// (the server reads it by its own rules: a uuid, a timestamp, json). Null fits every type.
#[derive(Debug)]
pub(crate) struct TypedParameter(pub(crate) SqlValue);

/// What a place of another type than the value's cannot take.
fn mismatch(what: &str, of: &Type) -> Box<dyn StdError + Sync + Send> {
    format!("a parameter is {what}, its place is {of}: cast the place").into()
}

impl ToSql for TypedParameter {
    fn to_sql(&self, of: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        let text = |text: &str, out: &mut BytesMut| {
            out.extend_from_slice(text.as_bytes());
            Ok(IsNull::No)
        };
        match &self.0 {
            SqlValue::Null => Ok(IsNull::Yes),
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
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, of: &Type) -> Format {
        let is_text = match &self.0 {
            SqlValue::Bool(_) => *of != Type::BOOL,
            SqlValue::Int(_) => *of != Type::INT8,
            SqlValue::Float(_) => *of != Type::FLOAT8,
            SqlValue::Text(_) => true,
            _ => false,
        };
        if is_text { Format::Text } else { Format::Binary }
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(value: SqlValue, of: &Type) -> Option<Vec<u8>> {
        let mut out = BytesMut::new();
        TypedParameter(value).to_sql(of, &mut out).ok().map(|_| out.to_vec())
    }

    #[test]
    fn a_value_is_binary_in_a_place_of_its_type_and_text_elsewhere() {
        assert_eq!(written(SqlValue::Int(7), &Type::INT8), Some(vec![0, 0, 0, 0, 0, 0, 0, 7]));
        assert_eq!(written(SqlValue::Int(7), &Type::INT4), Some(b"7".to_vec()));
        assert_eq!(TypedParameter(SqlValue::Int(7)).encode_format(&Type::INT4) as i16, Format::Text as i16);
        assert_eq!(written(SqlValue::Bool(true), &Type::BOOL), Some(vec![1]));
    }

    #[test]
    fn an_array_in_a_place_of_another_type_is_refused() {
        assert_eq!(written(SqlValue::Ints(vec![Some(1)]), &Type::TEXT_ARRAY), None);
        assert_eq!(written(SqlValue::Bytes(vec![1]), &Type::TEXT), None);
    }
}
