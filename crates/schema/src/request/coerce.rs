//! Coercion of a parameter's text to a scalar, by one strict grammar for path, query, header and cookie.

use crate::accept::scalar::{Form, Miss};
use crate::ir::node::Node;
use crate::json::scanner::{Scalar, StringToken, whole_number};
use crate::write::writer::{push_escaped, push_json_string};

/// Coerces `text` to a value of a type that is no union.
///
/// Accepts for a number the JSON number grammar, for a boolean `true` or `false`, for a literal its text (for a numeric
/// one, any text of the same value), for a date RFC 3339, for a bigint a decimal integer, for bytes base64, for a string any
/// text. No text becomes `null`, a list or an object.
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

/// Appends a coerced scalar as JSON.
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
