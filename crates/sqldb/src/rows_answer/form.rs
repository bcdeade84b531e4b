//! The forms that rows are written in: the properties of the type that an endpoint declares, as the isolate describes them.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex};

use serde::Deserialize;
use twinloop_runtime::lock;

/// The classes of values that a property takes, as bits; `packages/schema/src/write/row-form.ts` has the same.
pub(crate) mod class {
    pub(crate) const NULL: u32 = 1;
    pub(crate) const BOOLEAN: u32 = 2;
    pub(crate) const NUMBER: u32 = 4;
    /// A whole number.
    pub(crate) const INTEGER: u32 = 8;
    pub(crate) const STRING: u32 = 16;
    pub(crate) const DATE: u32 = 32;
    pub(crate) const BIGINT: u32 = 64;
    pub(crate) const BYTES: u32 = 128;
    pub(crate) const ANY: u32 = 256;
}

/// A declared property: `[name, classes, optional, choices]`.
#[derive(Debug, Deserialize)]
pub(crate) struct RowProperty {
    pub(crate) name: String,
    /// Bits of [`class`].
    pub(crate) classes: u32,
    /// Whether the property may be absent.
    pub(crate) is_optional: bool,
    /// The texts of which a string must be one; empty for any.
    pub(crate) choices: Vec<String>,
}

/// The properties that a row is written with, in their order.
#[derive(Debug)]
pub(crate) struct AnswerForm {
    /// The number by which isolates name the form, unique in the process, never 0.
    pub(crate) number: u32,
    pub(crate) properties: Vec<RowProperty>,
}

/// The forms of a process, as many as its endpoints' types have.
#[derive(Default)]
pub(crate) struct AnswerForms(Mutex<Known>);

#[derive(Default)]
struct Known {
    by_text: HashMap<Box<str>, Arc<AnswerForm>>,
    numbered: Vec<Arc<AnswerForm>>,
}

impl AnswerForms {
    pub(crate) fn all() -> &'static Self {
        static FORMS: LazyLock<AnswerForms> = LazyLock::new(AnswerForms::default);
        &FORMS
    }

    /// The form of this text, a JSON list of properties; `None` where it cannot be read.
    pub(crate) fn read(&self, text: &str) -> Option<Arc<AnswerForm>> {
        let mut known = lock(&self.0);
        if let Some(form) = known.by_text.get(text) {
            return Some(Arc::clone(form));
        }
        let properties = serde_json::from_str(text).ok()?;
        let number = u32::try_from(known.numbered.len() + 1).ok()?;
        let form = Arc::new(AnswerForm { number, properties });
        known.by_text.insert(text.into(), Arc::clone(&form));
        known.numbered.push(Arc::clone(&form));
        Some(form)
    }

    /// The form of this number.
    pub(crate) fn numbered(&self, number: u32) -> Option<Arc<AnswerForm>> {
        let place = usize::try_from(number.checked_sub(1)?).ok()?;
        lock(&self.0).numbered.get(place).cloned()
    }
}
