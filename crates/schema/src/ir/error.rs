//! The error of loading a schema.

use std::fmt;

/// The error for a schema that cannot be compiled.
///
/// Shape: `at` is a path into the loaded part of the manifest (`types[3].patterns[0]`), `problem` one sentence.
/// The manifest was then not written by this version's compiler: build it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    /// The place in the manifest, such as `types[3].items`.
    at: String,
    /// What is wrong there, as the end of a sentence.
    problem: String,
}

impl SchemaError {
    pub(crate) fn new(at: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { at: at.into(), problem: problem.into() }
    }

    /// The path of the invalid node or key.
    pub fn at(&self) -> &str {
        &self.at
    }

    /// The problem, in one sentence.
    pub fn problem(&self) -> &str {
        &self.problem
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the schema is wrong at {}: {}; build the manifest again", self.at, self.problem)
    }
}

impl std::error::Error for SchemaError {}
