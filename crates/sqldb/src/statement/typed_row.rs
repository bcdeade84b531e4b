//! Rows of components' statements, as typed values.

use tokio_postgres::types::{FromSql, Type};
use twinloop_runtime::{SqlRow, SqlValue};

use super::shape::Shape;
use crate::error::{Error, ErrorKind};
use crate::value::{Codec, Cursor, write_money, write_timestamp, write_uuid};

/// Reads one row. Columns of bool, integers, floats, bytea, and arrays of text and integers become typed values; any other
/// column becomes the text that the server would print.
pub(super) fn read_row(row: &[u8], shape: &Shape) -> Result<SqlRow, Error> {
    let mut cursor = Cursor(row);
    shape
        .columns()
        .map(|(column, codec)| {
            let Some(raw) = cursor.sized()? else { return Ok(SqlValue::Null) };
            read_value(&Type::from_oid(column.of).unwrap_or(Type::TEXT), codec, raw)
        })
        .collect()
}

fn unreadable(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Internal, format!("a row cannot be read: {error}"))
}

fn read_value(of: &Type, codec: &Codec, raw: &[u8]) -> Result<SqlValue, Error> {
    fn get<'a, T: FromSql<'a>>(of: &Type, raw: &'a [u8]) -> Result<T, Error> {
        T::from_sql(of, raw).map_err(|error| unreadable(&error))
    }
    fn widened(values: Vec<Option<impl Into<i64>>>) -> SqlValue {
        SqlValue::Ints(values.into_iter().map(|value| value.map(Into::into)).collect())
    }
    Ok(match *of {
        Type::BOOL => SqlValue::Bool(get(of, raw)?),
        Type::INT2 => SqlValue::Int(get::<i16>(of, raw)?.into()),
        Type::INT4 => SqlValue::Int(get::<i32>(of, raw)?.into()),
        Type::INT8 => SqlValue::Int(get(of, raw)?),
        Type::OID => SqlValue::Int(get::<u32>(of, raw)?.into()),
        Type::FLOAT4 => SqlValue::Float(get::<f32>(of, raw)?.into()),
        Type::FLOAT8 => SqlValue::Float(get(of, raw)?),
        Type::BYTEA => SqlValue::Bytes(raw.to_vec()),
        Type::TEXT_ARRAY | Type::VARCHAR_ARRAY => SqlValue::Texts(get(of, raw)?),
        Type::INT2_ARRAY => widened(get::<Vec<Option<i16>>>(of, raw)?),
        Type::INT4_ARRAY => widened(get::<Vec<Option<i32>>>(of, raw)?),
        Type::INT8_ARRAY => SqlValue::Ints(get(of, raw)?),
        _ => {
            let mut text = Vec::with_capacity(raw.len());
            write_text(codec, raw, &mut text)?;
            SqlValue::Text(String::from_utf8(text).map_err(|error| unreadable(&error))?)
        }
    })
}

/// Writes a value as text; timestamps are in UTC, whatever the session's time zone is.
fn write_text(codec: &Codec, raw: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    match codec {
        Codec::Timestamp => write_timestamp(raw, "", out)?,
        Codec::TimestampTz => write_timestamp(raw, "+00", out)?,
        Codec::Uuid => write_uuid(raw, out)?,
        Codec::Money => write_money(raw, out)?,
        Codec::Jsonb => out.extend_from_slice(raw.get(1..).unwrap_or_default()),
        Codec::Array(_) => {
            return Err(unreadable(&"an array of a type that is not read here: cast it to text"));
        }
        _ => out.extend_from_slice(raw),
    }
    Ok(())
}
