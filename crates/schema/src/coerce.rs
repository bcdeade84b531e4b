//! Reading the text of a parameter as a scalar, by one strict grammar for path, query, header and cookie.

use crate::node::Node;
use crate::scalar::{Form, Miss};
use crate::scan::{Scalar, StringToken, whole_number};
use crate::write::{push_escaped, push_json_string};

/// Reads `text` as a value of a type that is no union.
///
/// A number is text of the JSON number grammar, a boolean `true` or `false`, a literal its text (a number one, any
/// text of the same value), a date RFC 3339, a bigint a decimal integer, bytes base64; a string is taken as it is.
/// No text is `null`, and none is a list or an object.
pub(crate) fn read<'t, 'r>(node: &'r Node, text: &'t str) -> Result<(Scalar<'t>, Form), Miss<'r>> {
    let scalar = match node {
        Node::Null | Node::Array(_) | Node::Tuple(_) | Node::Object(_) | Node::Union(_) => None,
        Node::Number(_) => whole_number(text).map(Scalar::Number),
        Node::Boolean => match text {
            "true" => Some(Scalar::Boolean(true)),
            "false" => Some(Scalar::Boolean(false)),
            _ => None,
        },
        Node::Choice(choice) => choice.read(text),
        _ => Some(Scalar::String(StringToken { raw: text, escaped: false })),
    };
    let scalar = scalar.ok_or(Miss::Value)?;
    scalar.fit(node).map(|form| (scalar, form))
}

/// Appends a scalar that was read from text as JSON.
pub(crate) fn write(out: &mut Vec<u8>, scalar: &Scalar<'_>, form: &Form, tagged: bool) {
    match (form, scalar) {
        (Form::Date(ms), _) => push_tagged(out, "\\u0000d", &ms.to_string()),
        (Form::BigInt(digits), _) => push_tagged(out, "\\u0000n", digits),
        (Form::Bytes(text), _) => push_tagged(out, "\\u0000b", text),
        (Form::Plain, Scalar::String(token)) if tagged && token.raw.starts_with('\0') => {
            push_tagged(out, "\\u0000s", token.raw);
        }
        (Form::Plain, Scalar::String(token)) => push_json_string(out, token.raw),
        (Form::Plain, Scalar::Number(token)) => out.extend_from_slice(token.raw.as_bytes()),
        (Form::Plain, Scalar::Boolean(true)) => out.extend_from_slice(b"true"),
        (Form::Plain, Scalar::Boolean(false)) => out.extend_from_slice(b"false"),
        (Form::Plain, Scalar::Null) => out.extend_from_slice(b"null"),
    }
}

fn push_tagged(out: &mut Vec<u8>, tag: &str, text: &str) {
    out.push(b'"');
    out.extend_from_slice(tag.as_bytes());
    push_escaped(out, text);
    out.push(b'"');
}
