//! Fields of an `application/x-www-form-urlencoded` body, by the grammar of a query.

use crate::request::parameters::ReadField;
use crate::request::percent;
use std::borrow::Cow;

/// Why a form cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormFault {
    /// The form has more fields than it may have.
    TooManyFields,
    /// A name is not UTF-8, or has an incomplete escape.
    UnreadableName,
}

/// A field of a form, decoded.
pub type FormField<'b> = (Cow<'b, str>, Option<Cow<'b, str>>);

/// Splits a form into its fields, in order. A value that cannot be decoded is `None`, which is an issue of its field.
///
/// Source: WHATWG URL, section 5.1; unlike there, what is not UTF-8 is not replaced.
pub fn form_fields(body: &[u8], max_fields: usize) -> Result<Vec<FormField<'_>>, FormFault> {
    let pairs = body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    let mut fields = Vec::new();
    for pair in pairs {
        if fields.len() >= max_fields {
            return Err(FormFault::TooManyFields);
        }
        let equals = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = equals.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
        let name = decode(name).ok_or(FormFault::UnreadableName)?;
        fields.push((name, decode(value)));
    }
    Ok(fields)
}

/// The fields in the form in which a shape takes them.
pub fn as_read<'f>(fields: &'f [FormField<'_>]) -> Vec<ReadField<'f>> {
    let text = |value: &'f Option<Cow<'_, str>>| value.as_deref().map(Cow::Borrowed);
    fields.iter().map(|(name, value)| ReadField { name, text: text(value) }).collect()
}

fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    percent::decode(std::str::from_utf8(bytes).ok()?, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Vec<(String, Option<String>)> {
        let fields = form_fields(body.as_bytes(), 100).unwrap();
        let owned = |text: Cow<'_, str>| text.into_owned();
        fields.into_iter().map(|(name, value)| (owned(name), value.map(owned))).collect()
    }

    #[test]
    fn fields_are_decoded_as_in_a_query() {
        let pair = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
        assert_eq!(
            read("a=1&b=x+y%26z&&c&d=&a=2&=e&f=g=h"),
            [
                pair("a", "1"),
                pair("b", "x y&z"),
                pair("c", ""),
                pair("d", ""),
                pair("a", "2"),
                pair("", "e"),
                pair("f", "g=h"),
            ]
        );
        assert_eq!(read("%61=%C3%A9"), [pair("a", "é")]);
        assert_eq!(read(""), []);
    }

    #[test]
    fn what_cannot_be_decoded_is_told() {
        assert_eq!(read("a=%zz&b=%ff"), [("a".to_owned(), None), ("b".to_owned(), None)]);
        assert_eq!(form_fields(b"%ff=1", 9), Err(FormFault::UnreadableName));
        assert_eq!(form_fields(b"\xff=1", 9), Err(FormFault::UnreadableName));
        assert_eq!(form_fields(b"a&b&c", 2), Err(FormFault::TooManyFields));
    }
}
