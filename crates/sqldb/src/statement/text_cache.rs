//! A cache of SQL texts, so that each is allocated and classified once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use twinloop_runtime::lock;

use crate::statement::class::{StatementClass, changes_path, classify, is_setting, prepares, spoils};
use crate::statement::summary::Summary;

/// Most texts in the cache; beyond it all are dropped.
const MAX_TEXTS: usize = 4096;

/// A statement's text with its classification.
#[derive(Clone, Debug)]
pub(crate) struct StatementText {
    pub(crate) text: Arc<str>,
    pub(crate) class: StatementClass,
    pub(crate) effects: Effects,
    /// Whether the statement is a `SET` and nothing else.
    pub(crate) is_setting: bool,
    /// The operation and the table, for telemetry.
    pub(crate) summary: Summary,
}

/// Effects of a statement on its connection that need more than a reset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effects {
    /// Whether the statement may prepare others by name, or deallocate them.
    pub(crate) prepares: bool,
    /// Whether the statement may leave session state that no reset undoes.
    pub(crate) spoils: bool,
    /// Whether the statement may change the `search_path`.
    pub(crate) changes_path: bool,
}

impl StatementText {
    pub(crate) fn new(text: &str) -> Self {
        let class = classify(text);
        let may_leave = matches!(class, StatementClass::Session | StatementClass::Script);
        Self {
            text: Arc::from(text),
            class,
            effects: Effects {
                prepares: may_leave && prepares(text),
                spoils: may_leave && spoils(text),
                changes_path: may_leave && changes_path(text),
            },
            is_setting: class == StatementClass::Session && is_setting(text),
            summary: Summary::of(text, class == StatementClass::Script),
        }
    }
}

/// The SQL texts that were seen before, with their classification.
#[derive(Default)]
pub(crate) struct TextCache(Mutex<HashMap<Arc<str>, StatementText>>);

impl TextCache {
    /// Marks a text as one that leaves session state: it gets a connection of its own from now on.
    pub(crate) fn isolate(&self, text: &Arc<str>) {
        if let Some(sql) = lock(&self.0).get_mut(text) {
            sql.class = StatementClass::Session;
        }
    }

    pub(crate) fn get(&self, text: &str) -> StatementText {
        let mut texts = lock(&self.0);
        if let Some(sql) = texts.get(text) {
            return sql.clone();
        }
        let sql = StatementText::new(text);
        if texts.len() >= MAX_TEXTS {
            texts.clear();
        }
        texts.insert(Arc::clone(&sql.text), sql.clone());
        sql
    }
}
