//! Finding what a request gives for each of its parameters.

use std::borrow::Cow;

use crate::cookie;
use crate::fault::Stop;
use crate::field::{Field, Given, Sink, Source};
use crate::issue::excerpt;
use crate::key_table::KeyTable;
use crate::path::Path;
use crate::percent;

/// The raw parts of a request beside its body.
#[derive(Clone, Copy)]
pub struct Parts<'a> {
    /// Name and raw, percent-encoded segment of each path parameter; split before it is decoded.
    pub path: &'a [(&'a str, &'a str)],
    /// What follows the `?`, raw.
    pub query: Option<&'a str>,
    /// The headers.
    pub headers: &'a dyn HeaderValues,
}

/// A source of header values.
pub trait HeaderValues {
    /// Calls `visit` with each value of the header `name` (lower case), in order.
    fn each(&self, name: &str, visit: &mut dyn FnMut(&[u8]));
}

/// The parameters of a request.
#[derive(Debug)]
pub(crate) struct Parameters {
    pub(crate) fields: Vec<Field>,
    query: Names,
    cookies: Names,
}

/// The fields of one source by their names.
#[derive(Debug)]
struct Names {
    fields: Vec<usize>,
    keys: KeyTable,
}

impl Names {
    fn new(fields: &[Field], source: Source) -> Self {
        let indices: Vec<usize> = (0..fields.len()).filter(|index| fields[*index].source == source).collect();
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
        let (query, cookies) = (Names::new(&fields, Source::Query), Names::new(&fields, Source::Cookie));
        Self { fields, query, cookies }
    }

    /// Everything that is given for a field, by field and then in order.
    pub(crate) fn gather<'p>(&self, parts: &Parts<'p>, sink: &mut Sink<'_>) -> Result<Vec<Given<'p>>, Stop> {
        let mut given = Vec::with_capacity(self.fields.len());
        if let (Some(query), false) = (parts.query, self.query.fields.is_empty()) {
            self.gather_query(query, &mut given, sink)?;
        }
        if !self.cookies.fields.is_empty() {
            parts.headers.each("cookie", &mut |header| {
                for (name, value) in cookie::pairs(header) {
                    let field =
                        std::str::from_utf8(name).ok().and_then(|name| self.cookies.find(&self.fields, name));
                    given.extend(field.map(|field| Given { field, text: owned(value) }));
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
                Source::Query | Source::Cookie => {}
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
    ) -> Result<(), Stop> {
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

fn owned(value: &[u8]) -> Option<Cow<'static, str>> {
    std::str::from_utf8(value).ok().map(|text| Cow::Owned(text.to_owned()))
}
