//! Parameters: JSON from the isolate, text for the server, which parses it by the type the statement asks for.

use std::borrow::Cow;
use std::error::Error as StdError;

use bytes::BytesMut;
use serde_json::value::RawValue;
use tokio_postgres::types::{Format, IsNull, Kind as TypeKind, ToSql, Type, to_sql_checked};

use crate::error::{Error, Kind};

/// One parameter in the server's text form; `None` is null.
#[derive(Debug, PartialEq)]
pub(crate) struct Parameter<'a>(Option<Cow<'a, str>>);

impl<'a> Parameter<'a> {
    /// Reads the JSON text of a parameter for a place of type `of`.
    ///
    /// A string goes as it is, a number as it was written. For json an array or object is the document; for an array type
    /// an array becomes an array literal; for anything else an array or object goes as its JSON text (pgvector reads it).
    pub(crate) fn read(json: &'a RawValue, of: &Type) -> Result<Self, Error> {
        let text = json.get();
        Ok(Self(match text.as_bytes().first() {
            Some(b'n') => None,
            Some(b'"') => Some(unquote(text)?),
            Some(b'[') => match element_type(of) {
                Some(element) => {
                    let mut literal = String::with_capacity(text.len() + 8);
                    write_array(text, element, &mut literal)?;
                    Some(Cow::Owned(literal))
                }
                None => Some(Cow::Borrowed(text)),
            },
            _ => Some(Cow::Borrowed(text)),
        }))
    }
}

fn element_type(of: &Type) -> Option<&Type> {
    match of.kind() {
        TypeKind::Array(element) => Some(element),
        TypeKind::Domain(base) => element_type(base),
        _ => None,
    }
}

fn unquote(text: &str) -> Result<Cow<'_, str>, Error> {
    let inner = &text[1..text.len() - 1];
    if !inner.as_bytes().contains(&b'\\') {
        return Ok(Cow::Borrowed(inner));
    }
    serde_json::from_str::<String>(text).map(Cow::Owned).map_err(|error| {
        Error::new(Kind::Parameter, format!("a text parameter is not valid Unicode: {error}"))
    })
}

/// `[1,["a",null]]` as `{1,{"a",NULL}}`. Inside an array of json every element is a document.
fn write_array(json: &str, element: &Type, out: &mut String) -> Result<(), Error> {
    let items: Vec<&RawValue> = serde_json::from_str(json).map_err(|error| unreadable(&error))?;
    let holds_documents = matches!(*element, Type::JSON | Type::JSONB);
    out.push('{');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        let text = item.get();
        match text.as_bytes().first() {
            Some(b'n') => out.push_str("NULL"),
            Some(b'[') if !holds_documents && !is_document_like(element) => write_array(text, element, out)?,
            Some(b'"') => write_element(&unquote(text)?, out),
            _ => write_element(text, out),
        }
    }
    out.push('}');
    Ok(())
}

/// Types whose own text is a JSON array.
fn is_document_like(element: &Type) -> bool {
    matches!(element.name(), "vector" | "halfvec")
}

fn write_element(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}

fn unreadable(error: &serde_json::Error) -> Error {
    Error::new(Kind::Parameter, format!("an array parameter cannot be read: {error}"))
}

impl ToSql for Parameter<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match &self.0 {
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, of: &Type) -> Option<String> {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        Parameter::read(raw, of).unwrap().0.map(Cow::into_owned)
    }

    #[test]
    fn scalars_keep_their_text() {
        assert_eq!(read("null", &Type::TEXT), None);
        assert_eq!(read("12.50", &Type::NUMERIC).as_deref(), Some("12.50"));
        assert_eq!(read("true", &Type::BOOL).as_deref(), Some("true"));
        assert_eq!(read(r#""a\"é\u00e9\n""#, &Type::TEXT).as_deref(), Some("a\"éé\n"));
    }

    #[test]
    fn an_array_becomes_a_literal_only_where_the_type_is_an_array() {
        let json = r#"[1,null,"a,\"b\\",["x"]]"#;
        assert_eq!(read(json, &Type::TEXT_ARRAY).as_deref(), Some(r#"{"1",NULL,"a,\"b\\",{"x"}}"#));
        assert_eq!(read(json, &Type::JSONB).as_deref(), Some(json));
        assert_eq!(read("[]", &Type::INT4_ARRAY).as_deref(), Some("{}"));
    }

    #[test]
    fn an_array_of_json_holds_documents() {
        let json = r#"[{"a":[1]},[2],null]"#;
        assert_eq!(read(json, &Type::JSONB_ARRAY).as_deref(), Some(r#"{"{\"a\":[1]}","[2]",NULL}"#));
    }

    #[test]
    fn a_lone_surrogate_is_refused() {
        let raw: &RawValue = serde_json::from_str(r#""\ud800""#).unwrap();
        assert_eq!(Parameter::read(raw, &Type::TEXT).unwrap_err().kind, Kind::Parameter);
    }
}
