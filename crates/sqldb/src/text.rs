//! The texts of statements, each held once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::link::lock;
use crate::statement::{Class, classify};

/// Distinct texts remembered; past it all are forgotten and learnt anew.
const MAX_TEXTS: usize = 4096;

/// A statement's text and what it does.
#[derive(Clone, Debug)]
pub(crate) struct Sql {
    pub(crate) text: Arc<str>,
    pub(crate) class: Class,
}

impl Sql {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: Arc::from(text), class: classify(text) }
    }
}

/// Remembers texts, so that one is classified and allocated once.
#[derive(Default)]
pub(crate) struct Texts(Mutex<HashMap<Arc<str>, Class>>);

impl Texts {
    pub(crate) fn get(&self, text: &str) -> Sql {
        let mut texts = lock(&self.0);
        if let Some((text, class)) = texts.get_key_value(text) {
            return Sql { text: Arc::clone(text), class: *class };
        }
        let sql = Sql::new(text);
        if texts.len() >= MAX_TEXTS {
            texts.clear();
        }
        texts.insert(Arc::clone(&sql.text), sql.class);
        sql
    }
}
