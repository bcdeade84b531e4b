//! Plans: which column each property of a form is written from, and how.

use std::sync::{Arc, Mutex};

use twinloop_runtime::lock;

use crate::rows_answer::form::{AnswerForm, RowProperty, class};
use crate::statement::shape::Shape;
use crate::value::{Bigints, Codec, Cursor, javascript, write_money, write_uuid};

/// The plans of one shape, each made once. A form that its columns do not prove to fit has none.
#[derive(Debug, Default)]
pub(crate) struct Plans(Mutex<Vec<Planned>>);

#[derive(Debug)]
struct Planned {
    form: u32,
    bigints: Bigints,
    plan: Option<Arc<Plan>>,
}

impl Plans {
    /// The plan by which rows of `shape` are written in a form, for an isolate that reads `int8` as `bigints` says.
    pub(crate) fn of(&self, form: &AnswerForm, shape: &Shape, bigints: Bigints) -> Option<Arc<Plan>> {
        let mut plans = lock(&self.0);
        let known = plans.iter().find(|known| known.form == form.number && known.bigints == bigints);
        if let Some(known) = known {
            return known.plan.clone();
        }
        let plan = Plan::new(form, shape, bigints).map(Arc::new);
        plans.push(Planned { form: form.number, bigints, plan: plan.clone() });
        plan
    }
}

/// How rows of one shape are written in one form.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The number of columns.
    width: usize,
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    /// The bracket or comma before the name, the name and the colon.
    key: Vec<u8>,
    column: usize,
    value: Written,
    is_nullable: bool,
    /// The texts of which the value must be one; empty for any.
    choices: Vec<String>,
}

/// The way in which a column's values are written: as JavaScript's serializer writes what the isolate would read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    Bool,
    Int2,
    Int4,
    Oid,
    /// Digits in quotes.
    Int8Text,
    /// A number, rounded to a double.
    Int8Number,
    Float4 {
        is_whole: bool,
    },
    Float8 {
        is_whole: bool,
    },
    Money,
    Uuid,
    Text,
    Bytea,
    Instant,
}

impl Plan {
    fn new(form: &AnswerForm, shape: &Shape, bigints: Bigints) -> Option<Self> {
        let columns: Vec<(&str, &Codec)> =
            shape.columns().map(|(column, codec)| (column.name.as_str(), codec)).collect();
        let mut members = Vec::with_capacity(form.properties.len());
        for property in &form.properties {
            // Of columns with one name the last counts, as where the isolate makes objects.
            let Some(column) = columns.iter().rposition(|(name, _)| *name == property.name) else {
                if property.is_optional {
                    continue;
                }
                return None;
            };
            let mut key = vec![if members.is_empty() { b'{' } else { b',' }];
            javascript::write_string(property.name.as_bytes(), &mut key);
            key.push(b':');
            members.push(Member {
                key,
                column,
                value: Written::of(columns[column].1, property, bigints)?,
                is_nullable: property.classes & (class::NULL | class::ANY) != 0,
                choices: property.choices.clone(),
            });
        }
        Some(Self { width: columns.len(), members })
    }

    /// Writes rows as a JSON list of objects, or the only one without brackets; `None` where a value does not fit, or does not follow
    /// its type's binary form.
    pub(crate) fn write<'r>(&self, rows: impl Iterator<Item = &'r [u8]>, is_one: bool) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(256);
        let mut cells = Vec::with_capacity(self.width);
        if !is_one {
            out.push(b'[');
        }
        for (index, row) in rows.enumerate() {
            if index > 0 {
                out.push(b',');
            }
            let mut cursor = Cursor(row);
            cells.clear();
            for _ in 0..self.width {
                cells.push(cursor.sized().ok()?);
            }
            self.write_row(&cells, &mut out)?;
        }
        if !is_one {
            out.push(b']');
        }
        // A database in SQL_ASCII may send any bytes; the isolate replaces what is no UTF-8.
        std::str::from_utf8(&out).ok()?;
        Some(out)
    }

    fn write_row(&self, cells: &[Option<&[u8]>], out: &mut Vec<u8>) -> Option<()> {
        for member in &self.members {
            out.extend_from_slice(&member.key);
            match cells[member.column] {
                Some(value) => member.write(value, out)?,
                None if member.is_nullable => out.extend_from_slice(b"null"),
                None => return None,
            }
        }
        out.extend_from_slice(if self.members.is_empty() { b"{}" } else { b"}" });
        Some(())
    }
}

impl Written {
    /// How values of a codec are written for a property; `None` where not all of them are known to fit its classes.
    fn of(codec: &Codec, property: &RowProperty, bigints: Bigints) -> Option<Self> {
        let takes = |classes: u32| property.classes & (classes | class::ANY) != 0;
        let is_whole = !takes(class::NUMBER) && property.classes & class::INTEGER != 0;
        let takes_number = takes(class::NUMBER | class::INTEGER);
        let takes_any_string = takes(class::STRING) && property.choices.is_empty();
        match (codec, bigints) {
            (Codec::Bool, _) => takes(class::BOOLEAN).then_some(Self::Bool),
            (Codec::Int2, _) => takes_number.then_some(Self::Int2),
            (Codec::Int4, _) => takes_number.then_some(Self::Int4),
            (Codec::Oid, _) => takes_number.then_some(Self::Oid),
            (Codec::Int8, Bigints::Text) => takes_any_string.then_some(Self::Int8Text),
            (Codec::Int8, Bigints::Number) => takes_number.then_some(Self::Int8Number),
            // Any JSON takes no bigint.
            (Codec::Int8, Bigints::BigInt) => {
                (property.classes & class::BIGINT != 0).then_some(Self::Int8Text)
            }
            (Codec::Float4, _) => takes_number.then_some(Self::Float4 { is_whole }),
            (Codec::Float8, _) => takes_number.then_some(Self::Float8 { is_whole }),
            (Codec::Money, _) => takes_any_string.then_some(Self::Money),
            (Codec::Uuid, _) => takes(class::STRING).then_some(Self::Uuid),
            (Codec::Text | Codec::Printed, _) => takes(class::STRING).then_some(Self::Text),
            // As any JSON a buffer is an object of its bytes.
            (Codec::Bytea, _) => (property.classes & class::BYTES != 0).then_some(Self::Bytea),
            (Codec::Timestamp | Codec::TimestampTz, _) => {
                (takes(class::DATE) || takes_any_string).then_some(Self::Instant)
            }
            _ => None,
        }
    }
}

impl Member {
    /// Writes one value that is not null; `None` where it does not fit.
    fn write(&self, value: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let mut cursor = Cursor(value);
        match self.value {
            Written::Bool => {
                out.extend_from_slice(if cursor.u8().ok()? == 0 { b"false" } else { b"true" });
            }
            Written::Int2 => javascript::write_integer(cursor.i16().ok()?, out),
            Written::Int4 => javascript::write_integer(cursor.i32().ok()?, out),
            Written::Oid => javascript::write_integer(cursor.u32().ok()?, out),
            Written::Int8Text => {
                out.push(b'"');
                javascript::write_integer(cursor.i64().ok()?, out);
                out.push(b'"');
            }
            Written::Int8Number => javascript::write_rounded(cursor.i64().ok()?, out),
            Written::Float4 { is_whole } => {
                let number = javascript::widened(cursor.f32().ok()?)?;
                return write_number(number, is_whole, out);
            }
            Written::Float8 { is_whole } => {
                return write_number(cursor.f64().ok()?, is_whole, out);
            }
            Written::Money => {
                out.push(b'"');
                write_money(value, out).ok()?;
                out.push(b'"');
            }
            Written::Uuid if self.choices.is_empty() => {
                out.push(b'"');
                write_uuid(value, out).ok()?;
                out.push(b'"');
            }
            Written::Uuid => {
                let mut text = Vec::new();
                write_uuid(value, &mut text).ok()?;
                return self.write_text(&text, out);
            }
            Written::Text => return self.write_text(value, out),
            Written::Bytea => javascript::write_bytes(value, out),
            Written::Instant => javascript::write_date(value, out)?,
        }
        Some(())
    }

    fn write_text(&self, text: &[u8], out: &mut Vec<u8>) -> Option<()> {
        if !self.choices.is_empty() && !self.choices.iter().any(|choice| choice.as_bytes() == text) {
            return None;
        }
        javascript::write_string(text, out);
        Some(())
    }
}

fn write_number(number: f64, is_whole: bool, out: &mut Vec<u8>) -> Option<()> {
    if is_whole && number.fract() != 0.0 {
        return None;
    }
    javascript::write_number(number, out)
}
