//! Parameters of requests: their source, and the types that their text is coerced to.

use std::borrow::Cow;

use crate::accept::document::Document;
use crate::accept::scalar::Miss;
use crate::ir::entry::Entry;
use crate::ir::error::SchemaError;
use crate::ir::node::Node;
use crate::ir::registry::Registry;
use crate::ir::type_id::TypeId;
use crate::issues::issue::Issues;
use crate::issues::path::{Path, PathStep};
use crate::issues::report::Report;
use crate::issues::sensitive::is_sensitive;
use crate::json::scanner::{Scalar, StringToken};
use crate::json::syntax_error::WalkStop;
use crate::request::coerce;
use crate::write::writer::push_json_string;

/// The source of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Path,
    Query,
    Header,
    Cookie,
    /// A text field of a form or multipart body.
    Form,
    /// A file of a multipart body, described as JSON by the caller.
    File,
    /// The whole body, described as JSON by the caller.
    Body,
}

impl Source {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Form | Self::File | Self::Body => "body",
        }
    }

    fn read(entry: &Entry<'_>) -> Result<Self, SchemaError> {
        Ok(match entry.required_str("in")? {
            "path" => Self::Path,
            "query" => Self::Query,
            "header" => Self::Header,
            "cookie" => Self::Cookie,
            "form" => Self::Form,
            "file" => Self::File,
            "body" => Self::Body,
            other => return Err(entry.wrong("in", format!("`{other}` is no place of a parameter"))),
        })
    }
}

/// What stands for a sealed cookie that was not sent or cannot be unsealed, where the field is not optional.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsealable {
    /// `null`.
    Null,
    /// Nothing: the request is refused.
    Refused,
}

/// A compiled parameter.
#[derive(Debug)]
pub(crate) struct Field {
    /// The property under which the handler gets the value.
    pub(crate) name: Box<str>,
    /// The part of the request that the value comes from.
    pub(crate) source: Source,
    /// The name in that part, as the client sends it.
    pub(crate) wire: Box<str>,
    /// The type of the value.
    pub(crate) ty: TypeId,
    optional: bool,
    sensitive: bool,
    /// What stands for a cookie that cannot be unsealed; `None` for a field that is no sealed cookie. The caller unseals its
    /// value, JSON that is checked by the type.
    pub(crate) sealed: Option<Unsealable>,
    /// The types that one text may have, in the order in which they are tried.
    scalars: Vec<TypeId>,
    /// How repeated values are read; `None` where one value is expected.
    list: Option<List>,
    /// The name as a JSON key with its colon.
    key: Box<[u8]>,
}

/// The list type of a parameter that may be repeated.
#[derive(Debug)]
struct List {
    /// The type of the list, for its count.
    ty: TypeId,
    /// The type of each item, for issues.
    items: TypeId,
    /// The types that one item may have, in the order in which they are tried.
    scalars: Vec<TypeId>,
}

/// One value given for a parameter.
pub(crate) struct Given<'t> {
    /// The index of the field.
    pub(crate) field: usize,
    /// The decoded text; `None` for an invalid escape, invalid UTF-8, or a part of a form that is of the other kind.
    pub(crate) text: Option<Cow<'t, str>>,
}

impl Field {
    pub(crate) fn read(registry: &Registry, entry: &Entry<'_>) -> Result<Self, SchemaError> {
        entry.only(&["in", "wire", "type", "optional", "sensitive", "sealed", "nullable"])?;
        let source = Source::read(entry)?;
        let absent = if entry.flag("nullable")? { Unsealable::Null } else { Unsealable::Refused };
        let sealed = entry.optional_str("sealed")?.map(|_| absent);
        let (name, wire) = (entry.required_str("name")?, entry.required_str("wire")?);
        let ty = entry.required_type("type")?;
        let lists: Vec<TypeId> =
            registry.atoms(&ty).iter().copied().filter(|atom| is_list(registry, *atom)).collect();
        let list = match lists[..] {
            _ if sealed.is_some() => None,
            [] => None,
            [_] if source == Source::Path => {
                return Err(entry.wrong("type", "a path parameter cannot be a list"));
            }
            [ty] => {
                Some(List::new(registry, ty).ok_or_else(|| entry.wrong("type", "is no list of scalars"))?)
            }
            _ => return Err(entry.wrong("type", "may be a list in one way only")),
        };
        let scalars = if sealed.is_some() { Some(Vec::new()) } else { scalars(registry, ty) }
            .ok_or_else(|| entry.wrong("type", "cannot be given as the text of a parameter"))?;
        let mut key = Vec::new();
        push_json_string(&mut key, name);
        key.push(b':');
        Ok(Self {
            name: name.into(),
            source,
            wire: wire.into(),
            ty,
            optional: entry.flag("optional")?,
            sensitive: entry.flag("sensitive")? || is_sensitive(name) || is_sensitive(wire),
            sealed,
            scalars,
            list,
            key: key.into(),
        })
    }

    /// Whether the caller reads the values: of a body that is not JSON, or of a sealed cookie.
    pub(crate) fn is_read_by_caller(&self) -> bool {
        self.sealed.is_some() || matches!(self.source, Source::Form | Source::File | Source::Body)
    }

    /// Writes `"name":value,` from the given values, or adds issues; an absent optional parameter is left out.
    pub(crate) fn write(&self, given: &[Given<'_>], sink: &mut Sink<'_>) -> Result<(), WalkStop> {
        if given.is_empty() && self.optional {
            return Ok(());
        }
        let place = Path::place(self.source.name());
        let at = place.then(PathStep::Parameter(&self.wire));
        if self.sealed.is_some() {
            return self.write_unsealed(given, sink, &at);
        }
        if matches!(self.source, Source::File | Source::Body) {
            return self.write_described(given, sink, &at);
        }
        sink.report.secrets = u32::from(self.sensitive) + u32::from(sink.hidden);
        sink.source = self.source;
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

    /// Writes files, or a whole body, as the caller has described them.
    fn write_described(
        &self,
        given: &[Given<'_>],
        sink: &mut Sink<'_>,
        at: &Path<'_>,
    ) -> Result<(), WalkStop> {
        sink.out.extend_from_slice(&self.key);
        match (given, &self.list) {
            (_, Some(list)) => {
                for (index, one) in given.iter().enumerate() {
                    if one.text.is_none() {
                        sink.report.add(&at.then(PathStep::Index(index)), "file", "text")?;
                    }
                }
                let texts: Vec<&str> = given.iter().filter_map(|one| one.text.as_deref()).collect();
                sink.out.push(b'[');
                sink.out.extend_from_slice(texts.join(",").as_bytes());
                sink.out.push(b']');
                list.check_count(given, sink, at)?;
            }
            ([one], None) => match one.text.as_deref() {
                Some(text) => sink.out.extend_from_slice(text.as_bytes()),
                None => sink.report.add(at, "file", "text")?,
            },
            ([], None) => sink.report.add(at, "file", "nothing")?,
            (several, None) => sink.report.add(at, "one file", format!("{} files", several.len()))?,
        }
        sink.out.push(b',');
        Ok(())
    }

    /// Writes `{"value":…}` of a sealed cookie. A value that does not fit its type, such as one of an older version of the
    /// app, counts as absent.
    fn write_unsealed(
        &self,
        given: &[Given<'_>],
        sink: &mut Sink<'_>,
        at: &Path<'_>,
    ) -> Result<(), WalkStop> {
        let start = sink.out.len();
        sink.out.extend_from_slice(&self.key);
        if let Some(json) = given.first().and_then(|one| one.text.as_deref()) {
            sink.out.extend_from_slice(b"{\"value\":");
            let (registry, tagged) = (sink.registry, sink.tagged);
            let document = Document { registry, ty: self.ty, tagged, hidden: true, reserved: None };
            let mut issues = Issues::default();
            document.check(json.as_bytes(), sink.out, &mut issues);
            if issues.is_empty() {
                sink.out.extend_from_slice(b"},");
                return Ok(());
            }
        }
        sink.out.truncate(start);
        if self.optional {
            return Ok(());
        }
        if self.sealed == Some(Unsealable::Null) {
            sink.out.extend_from_slice(&self.key);
            sink.out.extend_from_slice(b"null,");
            return Ok(());
        }
        sink.report.add(at, "cookie sealed by this app", "none")
    }
}

impl List {
    fn new(registry: &Registry, ty: TypeId) -> Option<Self> {
        let Node::Array(array) = registry.node(ty) else { return None };
        let nested = registry.atoms(&array.items).iter().any(|atom| is_list(registry, *atom));
        let scalars = scalars(registry, array.items).filter(|scalars| !nested && !scalars.is_empty())?;
        Some(Self { ty, items: array.items, scalars })
    }

    fn write(&self, given: &[Given<'_>], sink: &mut Sink<'_>, at: &Path<'_>) -> Result<(), WalkStop> {
        sink.out.push(b'[');
        for (index, item) in given.iter().enumerate() {
            if index > 0 {
                sink.out.push(b',');
            }
            sink.scalar(self.items, &self.scalars, item, &at.then(PathStep::Index(index)))?;
        }
        sink.out.push(b']');
        self.check_count(given, sink, at)
    }

    fn check_count(&self, given: &[Given<'_>], sink: &mut Sink<'_>, at: &Path<'_>) -> Result<(), WalkStop> {
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

/// The scalar types of a parameter, in the order in which they are tried; `None` if an arm is no scalar.
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

/// The output of parameters, with their issues.
pub(crate) struct Sink<'s> {
    pub(crate) registry: &'s Registry,
    pub(crate) out: &'s mut Vec<u8>,
    pub(crate) report: Report<'s>,
    pub(crate) tagged: bool,
    /// Where the parameter that is being written comes from.
    pub(crate) source: Source,
    /// Whether issues hide all values of the input.
    pub(crate) hidden: bool,
}

impl Sink<'_> {
    /// Writes `text` as the first of the types `scalars` that it fits.
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
    ) -> Result<(), WalkStop> {
        let Some(text) = given.text.as_deref() else {
            let found =
                if self.source == Source::Form { "a file, or undecodable text" } else { "undecodable text" };
            return self.report.add(at, "UTF-8 text with whole escapes", found);
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
        let found = Scalar::String(StringToken { raw: text, escaped: false });
        if self.source == Source::Query && self.fits_with_plus(scalars, text) {
            let hint = format!("{label} (in a query a + stands for a space: write %2B)");
            return self.report.add_miss(at, Miss::Value, &hint, &found);
        }
        self.report.add_miss(at, miss, label, &found)
    }

    /// Whether the text would fit if its `+` had not been decoded to a space.
    fn fits_with_plus(&self, scalars: &[TypeId], text: &str) -> bool {
        let given = text.contains(' ').then(|| text.replace(' ', "+"));
        given
            .is_some_and(|text| scalars.iter().any(|ty| coerce::read(self.registry.node(*ty), &text).is_ok()))
    }
}
