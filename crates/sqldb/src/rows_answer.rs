//! Rows that stay in Rust until the isolate opens them, and that are written into an answer as they have come from PostgreSQL where
//! it does not.

mod form;
mod plan;

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use twinloop_runtime::{Failure, Fit, Isolate, Unopened, lock};

pub(crate) use self::plan::Plans;
use crate::error::Error;
use crate::rows_answer::form::{AnswerForm, AnswerForms};
use crate::statement::shape::{RowForm, Rows, Shape};
use crate::value::Bigints;

/// The result of a statement whose rows stay in Rust.
pub(crate) enum StatementAnswer {
    /// The batch that isolates read: the statement cannot leave its rows in Rust.
    Opened(Vec<u8>),
    Kept(KeptRows),
}

/// The rows of a statement, in the form in which the server has sent them.
pub(crate) struct KeptRows {
    shape: Arc<Shape>,
    bigints: Bigints,
    /// Whether the answer is the first row alone, and not a list.
    is_one: bool,
    /// The bodies of the `DataRow`s, one after another.
    bytes: Vec<u8>,
    /// Where each row ends.
    ends: Vec<usize>,
    tag: String,
    /// What the rows were written as, by the number of the form.
    written: Mutex<Vec<(u32, Bytes)>>,
}

impl KeptRows {
    pub(crate) fn new(shape: Arc<Shape>, bigints: Bigints, is_one: bool) -> Self {
        Self {
            shape,
            bigints,
            is_one,
            bytes: Vec::new(),
            ends: Vec::new(),
            tag: String::new(),
            written: Mutex::default(),
        }
    }

    /// Appends one row, given as the body of its `DataRow`.
    pub(crate) fn push(&mut self, row: &[u8]) {
        if self.is_one && !self.ends.is_empty() {
            return;
        }
        self.bytes.extend_from_slice(row);
        self.ends.push(self.bytes.len());
    }

    /// Completes the rows with their statement's command tag, and writes them in the form of this number, which they were last
    /// written in; 0 for none.
    pub(crate) fn finish(mut self, tag: &str, form: u32) -> Self {
        tag.clone_into(&mut self.tag);
        if let Some(form) = AnswerForms::all().numbered(form) {
            self.write(&form);
        }
        self
    }

    fn rows(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.bytes[start..*end])
    }

    fn write(&self, form: &AnswerForm) -> Fit {
        if self.written(form.number).is_some() {
            return Fit::Written(form.number);
        }
        let Some(plan) = self.shape.plans.of(form, &self.shape, self.bigints) else { return Fit::OtherForm };
        let Some(text) = plan.write(self.rows(), self.is_one) else { return Fit::OtherValue };
        lock(&self.written).push((form.number, Bytes::from(text)));
        Fit::Written(form.number)
    }

    fn opened(&self, known: u64) -> Result<Vec<u8>, Error> {
        let mut batch = Rows::new(&self.shape, known);
        for row in self.rows() {
            batch.push(row, &self.shape, RowForm { text: false, bigints: self.bigints })?;
        }
        Ok(batch.finish(&self.tag))
    }
}

impl Unopened for KeptRows {
    fn size(&self) -> usize {
        let written: usize = lock(&self.written).iter().map(|(_, text)| text.len()).sum();
        size_of::<Self>() + self.bytes.len() + self.ends.len() * size_of::<usize>() + written
    }

    fn open(&self, known: u64) -> Result<Vec<u8>, Failure> {
        self.opened(known).map_err(Failure::from)
    }

    fn fit(&self, form: &str) -> Fit {
        AnswerForms::all().read(form).map_or(Fit::OtherForm, |form| self.write(&form))
    }

    fn written(&self, form: u32) -> Option<Bytes> {
        lock(&self.written).iter().find(|(number, _)| *number == form).map(|(_, text)| text.clone())
    }
}

/// Keeps the rows for the isolate and answers `number rows form`, where `form` is that in which they are written, 0 for none. Rows that
/// would take more memory than the isolate's unopened results may are answered at once, as a batch.
pub(crate) fn keep(isolate: &Isolate, answer: StatementAnswer, form: u32) -> Result<Vec<u8>, Error> {
    let kept = match answer {
        StatementAnswer::Opened(batch) => return Ok(batch),
        StatementAnswer::Kept(kept) => Arc::new(kept),
    };
    let form = kept.written(form).map_or(0, |_| form);
    let rows = kept.ends.len();
    let held: Arc<dyn Unopened> = Arc::<KeptRows>::clone(&kept);
    match isolate.unopened.put(held) {
        Some(number) => Ok(format!("{number} {rows} {form}").into_bytes()),
        None => kept.opened(0),
    }
}
