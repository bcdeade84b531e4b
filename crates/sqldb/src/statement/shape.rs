//! The columns of a result, and its rows in the JSON form that isolates read.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::connection::types::Types;
use crate::error::Error;
use crate::rows_answer::Plans;
use crate::value::{Bigints, Codec, Cursor, write_json, write_printed, write_quoted};
use crate::wire::Column;

/// The form in which the values of a result are written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RowForm {
    /// Whether all values are in the server's text form, for callers that parse them.
    pub(crate) text: bool,
    pub(crate) bigints: Bigints,
}

/// The columns of a prepared statement.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// A hash of the columns, which a double holds exactly.
    pub(crate) id: u64,
    columns: Vec<Column>,
    codecs: Vec<Codec>,
    /// The format code of each column: 0 for text, 1 for binary.
    formats: Vec<i16>,
    /// The columns as JSON: `[id,["name",oid,kind],…]`.
    definition: Vec<u8>,
    /// How rows are written that no isolate opens.
    pub(crate) plans: Plans,
}

impl Shape {
    pub(crate) fn new(columns: Vec<Column>, types: &Types) -> Self {
        let codecs: Vec<Codec> = columns.iter().map(|column| Codec::of(column.of, types)).collect();
        let mut formats: Vec<i16> = codecs.iter().map(Codec::format).collect();
        // One format code stands for all columns, which keeps the Bind message short.
        if formats.iter().all(|format| *format == 1) {
            formats.truncate(1);
        }
        let mut listed = Vec::new();
        for (column, codec) in columns.iter().zip(&codecs) {
            listed.extend_from_slice(b",[");
            write_quoted(column.name.as_bytes(), &mut listed);
            listed.extend_from_slice(format!(",{},{}]", column.of, codec.kind()).as_bytes());
        }
        let mut hasher = DefaultHasher::new();
        listed.hash(&mut hasher);
        let id = hasher.finish() >> 11;
        let mut definition = format!("[{id}").into_bytes();
        definition.append(&mut listed);
        definition.push(b']');
        Self { id, columns, codecs, formats, definition, plans: Plans::default() }
    }

    pub(crate) fn formats(&self) -> &[i16] {
        &self.formats
    }

    /// Each column with its codec.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&Column, &Codec)> {
        self.columns.iter().zip(&self.codecs)
    }
}

/// A batch of rows as JSON: `[affected, has NaN, definition or 0, value, …, tag]`, row after row.
///
/// The array is flat: V8 parses it in half the time of an array of objects, and the isolate builds objects with one hidden class.
pub(crate) struct Rows {
    out: Vec<u8>,
    start: usize,
    has_nan: bool,
}

/// The opening of a batch, with room for `affected` and `has NaN`, which are known last and overwritten in place.
const HEAD: &[u8] = b"[                   0,0,";
const AFFECTED_END: usize = 21;
const NAN_AT: usize = 22;

impl Rows {
    /// Makes an empty batch; the definition is left out where the isolate has cached the shape with id `known`.
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

    /// The size of the batch so far, in bytes.
    pub(crate) fn len(&self) -> usize {
        self.out.len() - self.start
    }

    /// Appends one row, given as the body of its `DataRow`, in the formats that the shape or `form` asked for.
    pub(crate) fn push(&mut self, row: &[u8], shape: &Shape, form: RowForm) -> Result<(), Error> {
        let mut cursor = Cursor(row);
        for codec in &shape.codecs {
            let value = cursor.sized()?;
            self.out.push(b',');
            match value {
                None => self.out.extend_from_slice(b"null"),
                Some(value) if form.text => write_quoted(value, &mut self.out),
                Some(value) => {
                    let from = self.out.len();
                    write_json(codec, value, form.bigints, &mut self.out)?;
                    self.note_nan(codec, from);
                }
            }
        }
        Ok(())
    }

    /// Appends one row in the server's text form.
    pub(crate) fn push_printed(&mut self, row: &[u8], shape: &Shape, form: RowForm) -> Result<(), Error> {
        if form.text {
            return self.push(row, shape, form);
        }
        let mut cursor = Cursor(row);
        for codec in &shape.codecs {
            let value = cursor.sized()?;
            self.out.push(b',');
            let Some(value) = value else {
                self.out.extend_from_slice(b"null");
                continue;
            };
            let from = self.out.len();
            write_printed(codec, value, form.bigints, &mut self.out)?;
            self.note_nan(codec, from);
        }
        Ok(())
    }

    /// Notes whether a float, alone or in an array, is NaN.
    fn note_nan(&mut self, codec: &Codec, from: usize) {
        if codec.kind() & 15 == 4 && self.out[from..].contains(&b'N') {
            self.has_nan = true;
        }
    }

    /// Completes the batch with the command tag of its statement.
    pub(crate) fn finish(mut self, tag: &str) -> Vec<u8> {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(affected(tag)).as_bytes();
        self.out[AFFECTED_END - digits.len()..AFFECTED_END].copy_from_slice(digits);
        if self.has_nan {
            self.out[NAN_AT] = b'1';
        }
        self.out.push(b',');
        write_quoted(tag.as_bytes(), &mut self.out);
        self.out.push(b']');
        well_formed(self.out)
    }
}

/// The number of affected rows that a command tag names; 0 where it names none.
pub(crate) fn affected(tag: &str) -> u64 {
    tag.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0)
}

/// Replaces invalid UTF-8 by U+FFFD: a database in `SQL_ASCII` may send any bytes.
fn well_formed(bytes: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(bytes) {
        Ok(text) => text.into_bytes(),
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned().into_bytes(),
    }
}
