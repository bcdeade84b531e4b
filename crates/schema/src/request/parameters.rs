//! Collection of the values that a request gives for its parameters.

use std::borrow::Cow;

use crate::ir::key_table::KeyTable;
use crate::issues::issue::excerpt;
use crate::issues::path::Path;
use crate::json::syntax_error::WalkStop;
use crate::request::cookie;
use crate::request::field::{Field, Given, Sink, Source};
use crate::request::percent;

/// The raw parts of a request, without its body.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// The name and raw segment of each path parameter; the path is split before it is decoded.
    pub path: &'a [(&'a str, &'a str)],
    /// The raw query, without its `?`.
    pub query: Option<&'a str>,
    /// The headers.
    pub headers: &'a dyn HeaderValues,
}

/// One value that the caller has read from a body that is not JSON, or from a sealed cookie.
#[derive(Clone, Debug)]
pub struct ReadField<'v> {
    /// The field's name in the body, or the cookie's.
    pub name: &'v str,
    /// The text of a form field; of a file, a whole body or a sealed cookie its JSON. `None` for text that cannot be decoded, and
    /// where text was sent for a file or a file for text.
    pub text: Option<Cow<'v, str>>,
}

/// A source of header values.
pub trait HeaderValues {
    /// Calls `visit` with each value of the header `name` (lower case), in order.
    fn each(&self, name: &str, visit: &mut dyn FnMut(&[u8]));
}

/// No headers.
impl HeaderValues for () {
    fn each(&self, _name: &str, _visit: &mut dyn FnMut(&[u8])) {}
}

/// Names, in lower case, and values.
impl HeaderValues for Vec<(String, String)> {
    fn each(&self, name: &str, visit: &mut dyn FnMut(&[u8])) {
        self.iter().filter(|(given, _)| given == name).for_each(|(_, value)| visit(value.as_bytes()));
    }
}

/// The parameters of a request.
#[derive(Debug)]
pub(crate) struct Parameters {
    pub(crate) fields: Vec<Field>,
    query: Names,
    cookies: Names,
    /// Fields whose values the caller reads.
    read: Names,
}

/// The fields of one source by their names.
#[derive(Debug)]
struct Names {
    fields: Vec<usize>,
    keys: KeyTable,
}

impl Names {
    fn new(fields: &[Field], holds: impl Fn(&Field) -> bool) -> Self {
        let indices: Vec<usize> = (0..fields.len()).filter(|index| holds(&fields[*index])).collect();
        let keys = KeyTable::new(indices.iter().map(|index| &*fields[*index].wire));
        Self { fields: indices, keys }
    }

    fn find(&self, fields: &[Field], name: &str) -> Option<usize> {
        let wire_of = |index: usize| {
            self.fields.get(index).and_then(|field| fields.get(*field)).map(|field| &*field.wire)
        };
        self.keys.find(name, wire_of).and_then(|index| self.fields.get(index).copied())
    }
}

impl Parameters {
    pub(crate) fn new(fields: Vec<Field>) -> Self {
        let query = Names::new(&fields, |field| field.source == Source::Query);
        let cookies = Names::new(&fields, |field| field.source == Source::Cookie && field.sealed.is_none());
        let read = Names::new(&fields, Field::is_read_by_caller);
        Self { fields, query, cookies, read }
    }

    /// The field whose values the caller reads, by its name in the body or its cookie's name.
    pub(crate) fn read_field(&self, name: &str) -> Option<&Field> {
        self.read.find(&self.fields, name).and_then(|index| self.fields.get(index))
    }

    /// Collects the given values, sorted by field and then by occurrence.
    pub(crate) fn gather<'p>(
        &self,
        parts: &Parts<'p>,
        read: &'p [ReadField<'p>],
        sink: &mut Sink<'_>,
    ) -> Result<Vec<Given<'p>>, WalkStop> {
        let mut given = Vec::with_capacity(self.fields.len());
        for value in read {
            let field = self.read.find(&self.fields, value.name);
            given.extend(field.map(|field| Given { field, text: borrowed(value.text.as_ref()) }));
        }
        if let (Some(query), false) = (parts.query, self.query.fields.is_empty()) {
            self.gather_query(query, &mut given, sink)?;
        }
        if !self.cookies.fields.is_empty() {
            parts.headers.each("cookie", &mut |header| {
                for (name, value) in cookie::pairs(header) {
                    let field =
                        std::str::from_utf8(name).ok().and_then(|name| self.cookies.find(&self.fields, name));
                    let text = || cookie::text(value).map(|text| Cow::Owned(text.into_owned()));
                    given.extend(field.map(|field| Given { field, text: text() }));
                }
            });
        }
        for (index, field) in self.fields.iter().enumerate() {
            match field.source {
                Source::Path => {
                    let own = parts.path.iter().filter(|(name, _)| *name == &*field.wire);
                    given.extend(
                        own.map(|(_, segment)| Given { field: index, text: percent::decode(segment, false) }),
                    );
                }
                Source::Header => parts.headers.each(&field.wire, &mut |value| {
                    given.push(Given { field: index, text: owned(value.trim_ascii()) });
                }),
                Source::Query | Source::Cookie | Source::Form | Source::File | Source::Body => {}
            }
        }
        given.sort_by_key(|given| given.field);
        Ok(given)
    }

    fn gather_query<'p>(
        &self,
        query: &'p str,
        given: &mut Vec<Given<'p>>,
        sink: &mut Sink<'_>,
    ) -> Result<(), WalkStop> {
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(name) = percent::decode(name, true) else {
                let query = Path::place("query");
                sink.report.add(&query, "names in UTF-8 with whole escapes", excerpt(name))?;
                continue;
            };
            if let Some(field) = self.query.find(&self.fields, &name) {
                given.push(Given { field, text: percent::decode(value, true) });
            }
        }
        Ok(())
    }
}

fn borrowed<'t>(text: Option<&'t Cow<'t, str>>) -> Option<Cow<'t, str>> {
    text.map(|text| Cow::Borrowed(&**text))
}

fn owned(value: &[u8]) -> Option<Cow<'static, str>> {
    std::str::from_utf8(value).ok().map(|text| Cow::Owned(text.to_owned()))
}
