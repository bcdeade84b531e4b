//! Rows as values.

use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, Type};
use twinloop_runtime::{SqlRow, SqlValue};

use crate::error::{Error, Kind};
use crate::shape::Raw;
use crate::value::{Codec, write_text};

/// One row. A column is read by its type: bool, integers, floats, bytea and arrays of text and of integers as such, anything
/// else as the text the server would print.
pub(crate) fn read_row(row: &Row, codecs: &[Codec]) -> Result<SqlRow, Error> {
    let columns = row.columns().iter().zip(codecs).enumerate();
    columns
        .map(|(index, (column, codec))| {
            let raw: Raw<'_> = row.try_get(index).map_err(|error| unreadable(&error))?;
            raw.0.map_or(Ok(SqlValue::Null), |raw| read_value(column.type_(), codec, raw))
        })
        .collect()
}

fn unreadable(error: &dyn std::fmt::Display) -> Error {
    Error::new(Kind::Internal, format!("a row cannot be read: {error}"))
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
