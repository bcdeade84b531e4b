//! The shape of a request, by which its parameters and body are merged into one validated JSON text.

use std::sync::Arc;

use serde_json::Value;

use crate::accept::check::TextFlags;
use crate::accept::document::{Document, Reserved};
use crate::frame::{FrameInput, FrameKind, Placed, write_frame};
use crate::ir::entry::Entry;
use crate::ir::error::SchemaError;
use crate::ir::node::Node;
use crate::ir::registry::Registry;
use crate::ir::type_id::TypeId;
use crate::issues::issue::Issues;
use crate::issues::report::Report;
use crate::json::syntax_error::WalkStop;
use crate::request::field::{Field, Given, Sink, Source};
use crate::request::parameters::{Parameters, Parts, ReadField};

/// The shape of a request: a compiled `Place` of the manifest, with its parameters and body.
///
/// The grammar of parameters: a number follows the JSON number grammar, a boolean is `true` or `false`, a literal its text,
/// a date RFC 3339, a bigint a decimal integer, bytes base64, a string the text itself; no text is `null`. Of a union the
/// first fitting type is taken: literal, boolean, number, bigint, date, bytes, string. A list is given by repetition (a
/// required one that is absent is empty), other types once. In a query `+` is a space; undeclared names are ignored; an
/// invalid escape or invalid UTF-8 is an issue. Header values are trimmed. Cookies follow RFC 6265 and are not decoded.
#[derive(Debug)]
pub struct RequestShape {
    /// The types of the manifest.
    registry: Arc<Registry>,
    /// The fields of path, query, headers, cookies and forms.
    parameters: Parameters,
    /// The JSON body; `None` where the request has none.
    body: Option<RequestBody>,
    tagged: bool,
    hidden: bool,
    reserved: Reserved,
}

/// What a form or multipart body may hold under a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyPart {
    /// A text field.
    Text,
    /// A file.
    File,
}

/// The type of the JSON body, and how it is read.
#[derive(Debug, Clone, Copy)]
struct RequestBody {
    ty: TypeId,
    /// Whether an absent body is read as `{}`.
    is_optional: bool,
    /// Whether issues hide all values of the body.
    is_hidden: bool,
}

impl RequestShape {
    /// Compiles a `Place` of the manifest against its types.
    ///
    /// Errors: a parameter that cannot be given as text, two parameters of one name, or a body that cannot be merged with the
    /// parameters, because it is no object or declares a property of a parameter's name.
    pub fn from_json(registry: Arc<Registry>, place: &Value) -> Result<Self, SchemaError> {
        let entry = Entry::new("request".to_owned(), place, registry.len())?;
        entry.only(&["fields", "body", "bodyOptional", "bodySensitive", "bodyAs"])?;
        let mut fields: Vec<Field> = Vec::new();
        for item in entry.entries("fields")? {
            let field = Field::read(&registry, &item)?;
            if fields.iter().any(|other| other.name == field.name) {
                return Err(item.wrong("name", format!("`{}` is declared twice", field.name)));
            }
            if fields.iter().any(|other| other.source == field.source && other.wire == field.wire) {
                return Err(item.wrong("wire", format!("`{}` is read twice", field.wire)));
            }
            fields.push(field);
        }
        let body = entry.type_ref("body")?;
        if let Some(body) = body {
            merges(&registry, body, &fields).map_err(|problem| entry.wrong("body", problem))?;
        }
        let (is_optional, is_hidden) = (entry.flag("bodyOptional")?, entry.flag("bodySensitive")?);
        let tagged = fields.iter().map(|field| field.ty).chain(body).any(|ty| registry.is_tagged(ty));
        Ok(Self {
            reserved: Reserved::new(fields.iter().map(|field| field.name.clone()).collect()),
            registry,
            parameters: Parameters::new(fields),
            body: body.map(|ty| RequestBody { ty, is_optional, is_hidden }),
            tagged,
            hidden: false,
        })
    }

    /// Makes the issues of this shape hide all values of the input.
    #[must_use]
    pub fn hiding_values(self) -> Self {
        Self { hidden: true, ..self }
    }

    /// Whether the request takes a body; otherwise a body is ignored.
    pub fn takes_body(&self) -> bool {
        self.body.is_some()
    }

    /// Checks a request and appends its merged text to `out`: `{"<parameter>":…,<body properties>}`, parameters first in
    /// the order of declaration. A body that is no object, which only a request without parameters can have, is the text itself.
    ///
    /// Errors: at most 16 issues, of parameters and body together; `out` then has its former length.
    pub fn read(&self, parts: &Parts<'_>, body: &[u8], out: &mut Vec<u8>) -> Result<TextFlags, Issues> {
        self.read_with(parts, &[], body, out)
    }

    /// Whether requests are written as tagged text, in which the caller must mark a string that begins with U+0000 by `\0s`.
    pub fn is_tagged(&self) -> bool {
        self.tagged
    }

    /// What a body that is not JSON may hold under this name; `None` for a name that is not declared.
    pub fn body_part(&self, name: &str) -> Option<BodyPart> {
        let field = self.parameters.read_field(name)?;
        match field.source {
            Source::Form => Some(BodyPart::Text),
            Source::File => Some(BodyPart::File),
            _ => None,
        }
    }

    /// Checks a request as [`read`](Self::read) does, with fields that the caller has read from a body that is not JSON or
    /// from sealed cookies. Fields of other names are ignored.
    ///
    /// Errors: those of `read`.
    pub fn read_with(
        &self,
        parts: &Parts<'_>,
        read: &[ReadField<'_>],
        body: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<TextFlags, Issues> {
        let start = out.len();
        let mut issues = Issues::default();
        if self.read_fields((parts, read), out, &mut issues, |_| true).is_ok() {
            self.read_body(body, out, start, &mut issues);
        }
        if issues.is_empty() {
            Ok(self.flags(out, start))
        } else {
            out.truncate(start);
            Err(issues)
        }
    }

    /// Checks a request as [`read_with`](Self::read_with) does, and writes it as a frame. Of a body without parameters it may also be a
    /// list.
    ///
    /// Errors: `None` where the request does not fit, and where it crosses better as text; `read_with` says which.
    pub fn read_frame(&self, parts: &Parts<'_>, read: &[ReadField<'_>], body: &[u8]) -> Option<Vec<u8>> {
        let RequestBody { ty, .. } = self.body?;
        let Placed { kind, is_nullable, .. } = self.registry.placed(ty);
        if is_nullable || !matches!(kind, FrameKind::Object | FrameKind::Array) {
            return None;
        }
        let mut parameters = Vec::new();
        let mut issues = Issues::default();
        self.read_fields((parts, read), &mut parameters, &mut issues, |_| true).ok()?;
        if !issues.is_empty() {
            return None;
        }
        // `{"a":1,`, of which the comma becomes a brace; `{` alone where none was given.
        let parameters = if parameters.len() > 1 {
            parameters.pop();
            parameters.push(b'}');
            Some(std::str::from_utf8(&parameters).ok()?)
        } else {
            None
        };
        let framing = FrameInput { registry: &self.registry, ty, parameters, is_tagged: self.tagged };
        write_frame(&framing, body).ok()
    }

    /// Checks the parameters of a request without a body as [`read`](Self::read) does; `None` where they do not fit, and where the
    /// request gives none of them a text that is not empty. `out` then has its former length.
    pub fn read_given(&self, parts: &Parts<'_>, out: &mut Vec<u8>) -> Option<TextFlags> {
        let start = out.len();
        let mut issues = Issues::default();
        let is_empty = |given: &Given<'_>| given.text.as_deref() == Some("");
        let read = self.read_fields((parts, &[]), out, &mut issues, |given| !given.iter().all(is_empty));
        if let Ok(true) = read {
            self.read_body(b"", out, start, &mut issues);
            if issues.is_empty() {
                return Some(self.flags(out, start));
            }
        }
        out.truncate(start);
        None
    }

    fn flags(&self, out: &[u8], start: usize) -> TextFlags {
        TextFlags { ascii: out.get(start..).is_some_and(<[u8]>::is_ascii), tagged: self.tagged }
    }

    /// Writes the parameters as `{"a":1,"b":2,`, or nothing without parameters. False where `wants` refuses what was gathered.
    fn read_fields(
        &self,
        (parts, read): (&Parts<'_>, &[ReadField<'_>]),
        out: &mut Vec<u8>,
        issues: &mut Issues,
        wants: impl FnOnce(&[Given<'_>]) -> bool,
    ) -> Result<bool, WalkStop> {
        if self.parameters.fields.is_empty() {
            return Ok(wants(&[]));
        }
        out.push(b'{');
        let (tagged, hidden) = (self.tagged, self.hidden);
        let report = Report { issues, secrets: u32::from(hidden) };
        let mut sink = Sink { registry: &self.registry, out, report, tagged, source: Source::Body, hidden };
        let given = self.parameters.gather(parts, read, &mut sink)?;
        if !wants(&given) {
            return Ok(false);
        }
        let mut rest = given.as_slice();
        for (index, field) in self.parameters.fields.iter().enumerate() {
            let count = rest.iter().take_while(|given| given.field == index).count();
            let (own, others) = rest.split_at(count);
            rest = others;
            field.write(own, &mut sink)?;
        }
        Ok(true)
    }

    fn read_body(&self, body: &[u8], out: &mut Vec<u8>, start: usize, issues: &mut Issues) {
        let after_fields = out.len();
        match self.body {
            None => out.extend_from_slice(b"{}"),
            Some(RequestBody { is_optional: true, .. }) if body.is_empty() => out.extend_from_slice(b"{}"),
            Some(RequestBody { ty, .. }) if body.is_empty() => {
                issues.push("body".to_owned(), self.registry.label(ty), "nothing".to_owned());
            }
            Some(RequestBody { ty, is_hidden, .. }) => {
                let reserved = (!self.parameters.fields.is_empty()).then_some(&self.reserved);
                let (tagged, hidden) = (self.tagged, self.hidden || is_hidden);
                let document = Document { registry: &self.registry, ty, tagged, hidden, reserved };
                document.check(body, out, issues);
            }
        }
        if after_fields > start && issues.is_empty() {
            join(out, start, after_fields);
        }
    }
}

/// Joins `{"a":1,` and the `{…}` that begins at `body` to one object, in place.
fn join(out: &mut Vec<u8>, start: usize, body: usize) {
    let only_brace = body == start + 1;
    let empty = out.get(body + 1..).is_some_and(|rest| rest.trim_ascii_start() == b"}");
    match (only_brace, empty) {
        // No parameter was given, so the body is the text.
        (true, _) => out[start] = b' ',
        (false, true) => {
            out.truncate(body - 1);
            out.push(b'}');
        }
        (false, false) => out[body] = b' ',
    }
}

/// Checks that a body of type `body` can be merged with parameters: all arms are objects that declare none of their names.
fn merges(registry: &Registry, body: TypeId, fields: &[Field]) -> Result<(), String> {
    for arm in registry.atoms(&body) {
        let Node::Object(object) = registry.node(*arm) else {
            if fields.is_empty() {
                continue;
            }
            return Err("must be an object, since there are parameters to merge it with".to_owned());
        };
        if let Some(field) = fields.iter().find(|field| object.find(&field.name).is_some()) {
            return Err(format!("declares `{}`, which is a parameter", field.name));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_that_are_not_given_are_told_from_those_that_fit() {
        let registry = Registry::from_json(&json!([{ "kind": "string" }, { "kind": "number" }])).unwrap();
        let field = |name: &str, ty: u32| json!({ "name": name, "in": "query", "wire": name, "type": ty, "optional": true });
        let place =
            json!({ "fields": [field("token", 0), field("page", 1)], "body": null, "bodyOptional": false });
        let shape = RequestShape::from_json(Arc::new(registry), &place).unwrap();
        let cases = [
            (None, None),
            (Some(""), None),
            (Some("other=1"), None),
            (Some("token="), None),
            (Some("page=x"), None),
            (Some("token=%zz"), None),
            (Some("token=a"), Some(r#"{"token":"a"}"#)),
            (Some("token=&page=2"), Some(r#"{"token":"","page":2}"#)),
        ];
        for (query, expected) in cases {
            let mut out = b"before".to_vec();
            let flags = shape.read_given(&Parts { path: &[], query, headers: &() }, &mut out);
            assert_eq!(flags.is_some(), expected.is_some(), "{query:?}");
            assert_eq!(out, format!("before{}", expected.unwrap_or_default()).as_bytes(), "{query:?}");
        }
    }
}
