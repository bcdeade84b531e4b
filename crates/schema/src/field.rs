//! One parameter of a request: where it comes from, and what its text must be.

use std::borrow::Cow;

use crate::coerce;
use crate::entry::Entry;
use crate::error::SchemaError;
use crate::fault::Stop;
use crate::node::Node;
use crate::path::{Path, Step};
use crate::registry::{Registry, TypeId};
use crate::report::Report;
use crate::scalar::Miss;
use crate::scan::{Scalar, StringToken};
use crate::write::push_json_string;

/// Where a parameter comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Path,
    Query,
    Header,
    Cookie,
}

impl Source {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }
}

/// A compiled parameter.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: Box<str>,
    pub(crate) source: Source,
    pub(crate) wire: Box<str>,
    pub(crate) ty: TypeId,
    optional: bool,
    sensitive: bool,
    scalars: Vec<TypeId>,
    list: Option<List>,
    /// The name as a JSON key with its colon.
    key: Box<[u8]>,
}

/// A parameter that may be repeated.
#[derive(Debug)]
struct List {
    ty: TypeId,
    items: TypeId,
    scalars: Vec<TypeId>,
}

/// What was given for a parameter, once.
pub(crate) struct Given<'t> {
    /// The index of the field.
    pub(crate) field: usize,
    /// None where it is no text: a bad escape, or no UTF-8.
    pub(crate) text: Option<Cow<'t, str>>,
}

impl Field {
    pub(crate) fn read(registry: &Registry, entry: &Entry<'_>) -> Result<Self, SchemaError> {
        entry.only(&["in", "wire", "type", "optional", "sensitive"])?;
        let source = match entry.required_str("in")? {
            "path" => Source::Path,
            "query" => Source::Query,
            "header" => Source::Header,
            "cookie" => Source::Cookie,
            other => return Err(entry.wrong("in", format!("`{other}` is no place of a parameter"))),
        };
        let (name, ty) = (entry.required_str("name")?, entry.required_type("type")?);
        let lists: Vec<TypeId> =
            registry.atoms(&ty).iter().copied().filter(|atom| is_list(registry, *atom)).collect();
        let list = match lists[..] {
            [] => None,
            [_] if source == Source::Path => {
                return Err(entry.wrong("type", "a path parameter cannot be a list"));
            }
            [ty] => {
                Some(List::new(registry, ty).ok_or_else(|| entry.wrong("type", "is no list of scalars"))?)
            }
            _ => return Err(entry.wrong("type", "may be a list in one way only")),
        };
        let scalars = scalars(registry, ty)
            .ok_or_else(|| entry.wrong("type", "cannot be given as the text of a parameter"))?;
        let mut key = Vec::new();
        push_json_string(&mut key, name);
        key.push(b':');
        Ok(Self {
            name: name.into(),
            source,
            wire: entry.required_str("wire")?.into(),
            ty,
            optional: entry.flag("optional")?,
            sensitive: entry.flag("sensitive")?,
            scalars,
            list,
            key: key.into(),
        })
    }

    /// Writes `"name":value,` from what was given, or adds to the report; an optional one that is absent is left out.
    pub(crate) fn write(&self, given: &[Given<'_>], sink: &mut Sink<'_>) -> Result<(), Stop> {
        if given.is_empty() && self.optional {
            return Ok(());
        }
        let place = Path::place(self.source.name());
        let at = place.then(Step::Parameter(&self.wire));
        sink.report.secrets = u32::from(self.sensitive);
        sink.out.extend_from_slice(&self.key);
        match (given, &self.list) {
            ([one], Some(list)) if !self.scalars.is_empty() => {
                let scalar = one.text.as_deref().and_then(|text| sink.fit(&self.scalars, text));
                match scalar {
                    Some(()) => {}
                    None => list.write(given, sink, &at)?,
                }
            }
            (_, Some(list)) => list.write(given, sink, &at)?,
            ([], None) => sink.report.add(&at, sink.registry.label(self.ty), "nothing")?,
            ([one], None) => sink.scalar(self.ty, &self.scalars, one, &at)?,
            (several, None) => sink.report.add(&at, "one value", format!("{} values", several.len()))?,
        }
        sink.out.push(b',');
        Ok(())
    }
}

impl List {
    fn new(registry: &Registry, ty: TypeId) -> Option<Self> {
        let Node::Array(array) = registry.node(ty) else { return None };
        let nested = registry.atoms(&array.items).iter().any(|atom| is_list(registry, *atom));
        let scalars = scalars(registry, array.items).filter(|scalars| !nested && !scalars.is_empty())?;
        Some(Self { ty, items: array.items, scalars })
    }

    fn write(&self, given: &[Given<'_>], sink: &mut Sink<'_>, at: &Path<'_>) -> Result<(), Stop> {
        sink.out.push(b'[');
        for (index, item) in given.iter().enumerate() {
            if index > 0 {
                sink.out.push(b',');
            }
            sink.scalar(self.items, &self.scalars, item, &at.then(Step::Index(index)))?;
        }
        sink.out.push(b']');
        match sink.registry.node(self.ty) {
            Node::Array(array) if !(array.min..=array.max).contains(&given.len()) => {
                sink.report.add(at, &array.expected(), format!("{} items", given.len()))
            }
            _ => Ok(()),
        }
    }
}

fn is_list(registry: &Registry, ty: TypeId) -> bool {
    matches!(registry.node(ty), Node::Array(_) | Node::Tuple(_))
}

/// The scalars that a parameter's text may be, in the order in which they are tried; none if an arm is no scalar.
fn scalars(registry: &Registry, ty: TypeId) -> Option<Vec<TypeId>> {
    let mut scalars = Vec::new();
    for atom in registry.atoms(&ty) {
        match registry.node(*atom) {
            Node::Object(_) | Node::Union(_) => return None,
            Node::Null | Node::Array(_) | Node::Tuple(_) => {}
            _ => scalars.push(*atom),
        }
    }
    scalars.sort_by_key(|atom| registry.node(*atom).precedence());
    Some(scalars)
}

/// Where parameters are written.
pub(crate) struct Sink<'s> {
    pub(crate) registry: &'s Registry,
    pub(crate) out: &'s mut Vec<u8>,
    pub(crate) report: Report<'s>,
    pub(crate) tagged: bool,
}

impl Sink<'_> {
    /// Writes `text` as the first of `scalars` that it fits.
    fn fit(&mut self, scalars: &[TypeId], text: &str) -> Option<()> {
        let registry = self.registry;
        let (scalar, form) = scalars.iter().find_map(|ty| coerce::read(registry.node(*ty), text).ok())?;
        coerce::write(self.out, &scalar, &form, self.tagged);
        Some(())
    }

    fn scalar(
        &mut self,
        ty: TypeId,
        scalars: &[TypeId],
        given: &Given<'_>,
        at: &Path<'_>,
    ) -> Result<(), Stop> {
        let Some(text) = given.text.as_deref() else {
            return self.report.add(at, "UTF-8 text with whole escapes", "undecodable text");
        };
        if self.fit(scalars, text).is_some() {
            return Ok(());
        }
        let registry = self.registry;
        let (label, miss) = match scalars {
            [one] => {
                (registry.label(*one), coerce::read(registry.node(*one), text).err().unwrap_or(Miss::Value))
            }
            _ => (registry.label(ty), Miss::Value),
        };
        self.report.add_miss(at, miss, label, &Scalar::String(StringToken { raw: text, escaped: false }))
    }
}
