//! Parameters of statements: an isolate's JSON becomes text, which the server parses by the parameter's type; a component's value
//! is typed.

use std::borrow::Cow;

use bytes::BytesMut;
use postgres_protocol::IsNull;
use serde_json::value::RawValue;
use tokio_postgres::types::{Kind as TypeKind, Type};
use twinloop_runtime::SqlValue;

use super::typed_parameter::{typed_format, write_typed};
use crate::connection::types::{KnownType, Types};
use crate::error::{Error, ErrorKind};
use crate::value::to_server_text;
use crate::wire::BindValue;

/// The kind of a parameter's type, as far as it decides how the value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParameterSlot {
    Plain,
    /// A text type: bytes are written as the UTF-8 text that they are.
    Text,
    /// A date or a timestamp.
    Instant,
    /// An array type: a JSON array becomes an array literal.
    Array {
        element: Element,
        delimiter: char,
    },
}

/// The kind of an array's elements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Plain,
    Instant,
    /// JSON documents: an element that is a JSON array is one document.
    Json,
    /// Types whose text form is a JSON array, such as pgvector's `vector`.
    Vector,
}

impl ParameterSlot {
    /// The slot for a parameter of the type with OID `oid`.
    pub(crate) fn of(oid: u32, types: &Types) -> Self {
        if let Some(builtin) = Type::from_oid(oid) {
            return match builtin.kind() {
                TypeKind::Array(element) => Self::Array {
                    element: Element::of(element.oid(), types),
                    delimiter: if *element == Type::BOX { ';' } else { ',' },
                },
                _ if Element::of(oid, types) == Element::Instant => Self::Instant,
                _ if TEXTS.contains(&builtin) => Self::Text,
                _ => Self::Plain,
            };
        }
        match types.get(oid) {
            Some(KnownType::Domain(base)) if *base != oid => Self::of(*base, types),
            Some(KnownType::Array { element, delimiter }) => {
                Self::Array { element: Element::of(*element, types), delimiter: char::from(*delimiter) }
            }
            _ => Self::Plain,
        }
    }
}

impl Element {
    fn of(oid: u32, types: &Types) -> Self {
        match (Type::from_oid(oid), types.get(oid)) {
            (Some(Type::JSON | Type::JSONB), _) => Self::Json,
            (Some(Type::DATE | Type::TIMESTAMP | Type::TIMESTAMPTZ), _) => Self::Instant,
            (None, Some(KnownType::Vector)) => Self::Vector,
            (None, Some(KnownType::Domain(base))) if *base != oid => Self::of(*base, types),
            _ => Self::Plain,
        }
    }
}

/// The text types.
const TEXTS: [Type; 7] =
    [Type::TEXT, Type::VARCHAR, Type::BPCHAR, Type::NAME, Type::JSON, Type::JSONB, Type::XML];
/// The prefix with which the isolate marks the hexadecimal digits of bytes: JSON writers escape a backslash in text as `\\`.
const BYTES: &str = r#""\u005cx"#;

/// Decodes marked bytes to UTF-8 text.
fn text_of_bytes(json: &str) -> Result<String, Error> {
    let digits = json.as_bytes().get(BYTES.len()..json.len() - 1).unwrap_or_default();
    let bytes: Option<Vec<u8>> =
        digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(|| {
        Error::new(ErrorKind::Parameter, "bytes that are given for a text are UTF-8, and these are not")
    })
}

/// One parameter on its way to the server.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Parameter<'a> {
    Null,
    /// A value in PostgreSQL's text form.
    Text(Cow<'a, str>),
    /// A component's value, in the form that its type and the parameter's type ask for.
    Typed(&'a SqlValue),
}

impl<'a> Parameter<'a> {
    /// Reads the JSON text of a parameter for its slot.
    ///
    /// A string is sent as it is, a number as it was written. For json an array or object is the document; for an array type
    /// an array becomes an array literal; for any other type an array or object is sent as its JSON text (pgvector reads it).
    pub(crate) fn read(json: &'a RawValue, slot: ParameterSlot) -> Result<Self, Error> {
        let text = json.get();
        Ok(Self::Text(match (text.as_bytes().first(), slot) {
            (Some(b'n'), _) => return Ok(Self::Null),
            (Some(b'"'), ParameterSlot::Instant) => instant(unquote(text)?),
            (Some(b'"'), ParameterSlot::Text) if text.starts_with(BYTES) => Cow::Owned(text_of_bytes(text)?),
            (Some(b'"'), _) => unquote(text)?,
            (Some(b'['), ParameterSlot::Array { element, delimiter }) => {
                let mut literal = String::with_capacity(text.len() + 8);
                write_array(text, element, delimiter, MOST_DIMENSIONS, &mut literal)?;
                Cow::Owned(literal)
            }
            _ => Cow::Borrowed(text),
        }))
    }
}

fn instant(text: Cow<'_, str>) -> Cow<'_, str> {
    match to_server_text(&text) {
        Cow::Owned(spelled) => Cow::Owned(spelled),
        Cow::Borrowed(_) => text,
    }
}

fn unquote(text: &str) -> Result<Cow<'_, str>, Error> {
    let inner = &text[1..text.len() - 1];
    if !inner.as_bytes().contains(&b'\\') {
        return Ok(Cow::Borrowed(inner));
    }
    if let Ok(text) = serde_json::from_str::<String>(text) {
        return Ok(Cow::Owned(text));
    }
    let text = unpaired_replaced(text);
    serde_json::from_str::<String>(&text).map(Cow::Owned).map_err(|error| {
        Error::new(ErrorKind::Parameter, format!("a text parameter is not valid Unicode: {error}"))
    })
}

/// Replaces unpaired surrogates in a JSON text by U+FFFD, as Node's encoders do.
fn unpaired_replaced(json: &str) -> String {
    let unit = |at: usize| -> Option<u32> {
        let digits = json.get(at..at + 6)?.strip_prefix("\\u")?;
        u32::from_str_radix(digits, 16).ok()
    };
    let (mut out, mut at) = (String::with_capacity(json.len()), 0);
    while let Some(found) = json[at..].find('\\') {
        out.push_str(&json[at..at + found]);
        at += found;
        let length = match (unit(at), unit(at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => 12,
            (Some(0xD800..=0xDFFF), _) => {
                out.push('\u{FFFD}');
                at += 6;
                continue;
            }
            (Some(_), _) => 6,
            (None, _) => 2,
        };
        let end = (at + length).min(json.len());
        out.push_str(json.get(at..end).unwrap_or_default());
        at = end;
    }
    out.push_str(&json[at..]);
    out
}

/// Most dimensions of an array parameter; above PostgreSQL's limit of six, so that the server reports that one.
const MOST_DIMENSIONS: usize = 16;

/// Writes a JSON array as an array literal: `[1,["a",null]]` as `{"1",{"a",NULL}}`. Elements of an array of json are documents.
fn write_array(
    json: &str,
    element: Element,
    delimiter: char,
    dimensions: usize,
    out: &mut String,
) -> Result<(), Error> {
    let Some(inner) = dimensions.checked_sub(1) else {
        let message = format!("an array parameter has more than {MOST_DIMENSIONS} dimensions");
        return Err(Error::new(ErrorKind::Parameter, message));
    };
    let items: Vec<&RawValue> = serde_json::from_str(json).map_err(|error| unreadable(&error))?;
    out.push('{');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(delimiter);
        }
        let text = item.get();
        match (text.as_bytes().first(), element) {
            (Some(b'n'), _) => out.push_str("NULL"),
            (Some(b'['), Element::Plain | Element::Instant) => {
                write_array(text, element, delimiter, inner, out)?;
            }
            (Some(b'"'), Element::Instant) => write_element(&instant(unquote(text)?), out),
            (Some(b'"'), _) => write_element(&unquote(text)?, out),
            _ => write_element(text, out),
        }
    }
    out.push('}');
    Ok(())
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
    Error::new(ErrorKind::Parameter, format!("an array parameter cannot be read: {error}"))
}

impl BindValue for &Parameter<'_> {
    fn format(&self, of: u32) -> i16 {
        match self {
            Parameter::Typed(value) => typed_format(value, of),
            Parameter::Null | Parameter::Text(_) => 0,
        }
    }

    fn write(&self, of: u32, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Send + Sync>> {
        match self {
            Parameter::Text(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
            Parameter::Null => Ok(IsNull::Yes),
            Parameter::Typed(value) => write_typed(value, of, out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str, of: &Type) -> Option<String> {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        match Parameter::read(raw, ParameterSlot::of(of.oid(), &Types::default())).unwrap() {
            Parameter::Text(text) => Some(text.into_owned()),
            _ => None,
        }
    }

    #[test]
    fn bytes_are_the_text_that_a_text_takes() {
        let bytes = r#""\u005cx66c3b6""#;
        assert_eq!(read(bytes, &Type::TEXT).as_deref(), Some("fö"));
        assert_eq!(read(bytes, &Type::BYTEA).as_deref(), Some(r"\x66c3b6"));
        assert_eq!(read(r#""\\x66""#, &Type::TEXT).as_deref(), Some(r"\x66"));
        let raw: &RawValue = serde_json::from_str(r#""\u005cxff""#).unwrap();
        assert!(Parameter::read(raw, ParameterSlot::Text).is_err());
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
    fn half_a_surrogate_pair_becomes_the_replacement_character() {
        assert_eq!(read(r#""a\ud83d""#, &Type::TEXT).as_deref(), Some("a\u{FFFD}"));
        assert_eq!(
            read(r#""\udc4d\ud83d\udc4d\\ud800""#, &Type::TEXT).as_deref(),
            Some("\u{FFFD}\u{1F44D}\\ud800")
        );
        assert_eq!(read(r#"["\ud83d"]"#, &Type::TEXT_ARRAY).as_deref(), Some("{\"\u{FFFD}\"}"));
    }

    #[test]
    fn years_that_javascript_spells_otherwise_are_spelled_for_the_server() {
        let date = r#""-000043-03-15T00:00:00.000Z""#;
        assert_eq!(read(date, &Type::TIMESTAMPTZ).as_deref(), Some("0044-03-15T00:00:00.000Z BC"));
        assert_eq!(read(date, &Type::TEXT).as_deref(), Some("-000043-03-15T00:00:00.000Z"));
        let dates = format!("[{date}]");
        assert_eq!(read(&dates, &Type::DATE_ARRAY).as_deref(), Some("{\"0044-03-15T00:00:00.000Z BC\"}"));
    }

    #[test]
    fn an_array_of_boxes_is_separated_as_boxes_are() {
        assert_eq!(
            read(r#"["(1,1),(0,0)","(2,2),(1,1)"]"#, &Type::BOX_ARRAY).as_deref(),
            Some(r#"{"(1,1),(0,0)";"(2,2),(1,1)"}"#)
        );
    }
}
