//! The columns of a result, and its rows as the isolate reads them.

use std::hash::{DefaultHasher, Hash, Hasher};

use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{Row, Statement};

use crate::error::{Error, Kind};
use crate::value::{Bigints, Codec, write_json, write_quoted, write_text};

/// How the values of a result are to be written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Form {
    /// All values as the server's text, for callers that parse by type themselves.
    pub(crate) text: bool,
    pub(crate) bigints: Bigints,
}

/// The columns of a prepared statement.
#[derive(Debug)]
pub(crate) struct Shape {
    /// Equal for equal columns; fits a double.
    pub(crate) id: u64,
    codecs: Vec<Codec>,
    /// `[id,["name",oid,kind],…]`.
    definition: Vec<u8>,
}

impl Shape {
    /// The shape of a statement; `None` when a column has no binary form that can be read here.
    pub(crate) fn of(statement: &Statement) -> Option<Self> {
        let codecs: Vec<Codec> =
            statement.columns().iter().map(|column| Codec::of(column.type_())).collect::<Option<_>>()?;
        let of = statement.columns().iter().map(|column| (column.name(), column.type_().oid()));
        Some(Self::new(of, codecs))
    }

    fn new<'a>(columns: impl Iterator<Item = (&'a str, u32)>, codecs: Vec<Codec>) -> Self {
        let mut listed = Vec::new();
        for ((name, oid), codec) in columns.zip(&codecs) {
            listed.extend_from_slice(b",[");
            write_quoted(name.as_bytes(), &mut listed);
            listed.extend_from_slice(format!(",{oid},{}]", codec.kind()).as_bytes());
        }
        let mut hasher = DefaultHasher::new();
        listed.hash(&mut hasher);
        let id = hasher.finish() >> 11;
        let mut definition = format!("[{id}").into_bytes();
        definition.append(&mut listed);
        definition.push(b']');
        Self { id, codecs, definition }
    }

    /// How each column is read.
    pub(crate) fn codecs(&self) -> &[Codec] {
        &self.codecs
    }
}

/// A batch of rows on its way: `[affected, has NaN, definition or 0, value, …]`, row after row.
///
/// One flat array: V8 parses it in half the time that an array of objects takes, and the isolate builds the objects with one
/// hidden class.
pub(crate) struct Rows {
    out: Vec<u8>,
    start: usize,
    has_nan: bool,
}

/// Room for `affected` and `has NaN`, which are known last: written over in place.
const HEAD: &[u8] = b"[                   0,0,";
const AFFECTED_END: usize = 21;
const NAN_AT: usize = 22;

impl Rows {
    /// Begins a batch for an isolate that already knows the shape `known`.
    pub(crate) fn new(shape: &Shape, known: u64) -> Self {
        let mut out = Vec::with_capacity(256);
        out.extend_from_slice(HEAD);
        if shape.id == known {
            out.push(b'0');
        } else {
            out.extend_from_slice(&shape.definition);
        }
        let start = out.len();
        Self { out, start, has_nan: false }
    }

    /// Bytes of rows so far.
    pub(crate) fn len(&self) -> usize {
        self.out.len() - self.start
    }

    pub(crate) fn push(&mut self, row: &Row, shape: &Shape, form: Form) -> Result<(), Error> {
        for (index, codec) in shape.codecs.iter().enumerate() {
            let value: Raw<'_> = row
                .try_get(index)
                .map_err(|error| Error::new(Kind::Internal, format!("a row cannot be read: {error}")))?;
            self.out.push(b',');
            match value.0 {
                None => self.out.extend_from_slice(b"null"),
                Some(value) if form.text => {
                    let mut text = Vec::new();
                    write_text(codec, value, &mut text)?;
                    write_quoted(&text, &mut self.out);
                }
                Some(value) => {
                    let from = self.out.len();
                    write_json(codec, value, form.bigints, &mut self.out)?;
                    // Only floats, alone or in an array, can be NaN.
                    if codec.kind() & 15 == 4 && self.out[from..].contains(&b'N') {
                        self.has_nan = true;
                    }
                }
            }
        }
        Ok(())
    }

    /// Ends the batch.
    pub(crate) fn finish(mut self, affected: u64) -> Vec<u8> {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(affected).as_bytes();
        self.out[AFFECTED_END - digits.len()..AFFECTED_END].copy_from_slice(digits);
        if self.has_nan {
            self.out[NAN_AT] = b'1';
        }
        self.out.push(b']');
        self.out
    }
}

/// The bytes of a value, whatever its type.
pub(crate) struct Raw<'a>(pub(crate) Option<&'a [u8]>);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
