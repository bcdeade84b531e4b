//! A whole request: parameters and body, merged into one validated JSON text.

use std::sync::Arc;

use serde_json::Value;

use crate::document::{Document, Reserved};
use crate::entry::Entry;
use crate::error::SchemaError;
use crate::fault::Stop;
use crate::field::{Field, Sink};
use crate::issue::Issues;
use crate::node::Node;
use crate::parameters::{Parameters, Parts};
use crate::registry::{Registry, Text, TypeId};
use crate::report::Report;

/// A compiled `Place` of the manifest: what a request is made of, and from where.
///
/// The grammar of parameters: a number is the JSON number grammar, a boolean `true` or `false`, a literal its text, a
/// date RFC 3339, a bigint a decimal integer, bytes base64, a string the text itself; no text is `null`. Of a union
/// the first that fits: literal, boolean, number, bigint, date, bytes, string. A list is given by repetition (an
/// absent one that is required is empty), anything else once. In a query `+` is a space; undeclared names are ignored;
/// a bad escape or text that is no UTF-8 is an issue. Header values are trimmed. Cookies are read by RFC 6265, undecoded.
#[derive(Debug)]
pub struct RequestShape {
    registry: Arc<Registry>,
    parameters: Parameters,
    body: Option<TypeId>,
    body_optional: bool,
    tagged: bool,
    reserved: Reserved,
}

impl RequestShape {
    /// Compiles a `Place` of the manifest against its types.
    ///
    /// Errors: a parameter that cannot be given as text, two of one name, or a body that would have to be merged with
    /// parameters and is no object, or declares a property of a parameter's name.
    pub fn from_json(registry: Arc<Registry>, place: &Value) -> Result<Self, SchemaError> {
        let entry = Entry::new("request".to_owned(), place, registry.len())?;
        entry.only(&["fields", "body", "bodyOptional"])?;
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
        let tagged = fields.iter().map(|field| field.ty).chain(body).any(|ty| registry.is_tagged(ty));
        Ok(Self {
            reserved: Reserved::new(fields.iter().map(|field| field.name.clone()).collect()),
            body_optional: entry.flag("bodyOptional")?,
            registry,
            parameters: Parameters::new(fields),
            body,
            tagged,
        })
    }

    /// Whether a body is read; without, whatever comes is ignored.
    pub fn takes_body(&self) -> bool {
        self.body.is_some()
    }

    /// Checks a request and appends its merged text to `out`: `{"<parameter>":…,<body properties>}`, parameters first in
    /// the order of declaration; a body that is no object (where there are no parameters) as it is.
    ///
    /// Errors: at most 16 issues, of parameters and body together; `out` is then as long as it was.
    pub fn read(&self, parts: &Parts<'_>, body: &[u8], out: &mut Vec<u8>) -> Result<Text, Issues> {
        let start = out.len();
        let mut issues = Issues::default();
        if self.read_fields(parts, out, &mut issues).is_ok() {
            self.read_body(body, out, start, &mut issues);
        }
        if issues.is_empty() {
            Ok(Text { ascii: out.get(start..).is_some_and(<[u8]>::is_ascii), tagged: self.tagged })
        } else {
            out.truncate(start);
            Err(issues)
        }
    }

    /// Writes `{"a":1,"b":2,` or nothing.
    fn read_fields(&self, parts: &Parts<'_>, out: &mut Vec<u8>, issues: &mut Issues) -> Result<(), Stop> {
        if self.parameters.fields.is_empty() {
            return Ok(());
        }
        out.push(b'{');
        let report = Report { issues, secrets: 0 };
        let mut sink = Sink { registry: &self.registry, out, report, tagged: self.tagged };
        let given = self.parameters.gather(parts, &mut sink)?;
        let mut rest = given.as_slice();
        for (index, field) in self.parameters.fields.iter().enumerate() {
            let count = rest.iter().take_while(|given| given.field == index).count();
            let (own, others) = rest.split_at(count);
            rest = others;
            field.write(own, &mut sink)?;
        }
        Ok(())
    }

    fn read_body(&self, body: &[u8], out: &mut Vec<u8>, start: usize, issues: &mut Issues) {
        let after_fields = out.len();
        match self.body {
            None => out.extend_from_slice(b"{}"),
            Some(_) if self.body_optional && body.is_empty() => out.extend_from_slice(b"{}"),
            Some(ty) => {
                let reserved = (!self.parameters.fields.is_empty()).then_some(&self.reserved);
                let document = Document { registry: &self.registry, ty, tagged: self.tagged, reserved };
                document.check(body, out, issues);
            }
        }
        if after_fields > start && issues.is_empty() {
            join(out, start, after_fields);
        }
    }
}

/// Makes one object of `{"a":1,` and the `{…}` that begins at `body`, in place.
fn join(out: &mut Vec<u8>, start: usize, body: usize) {
    let only_brace = body == start + 1;
    let empty = out.get(body + 1..).is_some_and(|rest| rest.trim_ascii_start() == b"}");
    match (only_brace, empty) {
        // No parameter was given: the body is the text.
        (true, _) => out[start] = b' ',
        (false, true) => {
            out.truncate(body - 1);
            out.push(b'}');
        }
        (false, false) => out[body] = b' ',
    }
}

/// Whether a body of type `body` can be merged with parameters: every arm is an object that knows none of their names.
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
