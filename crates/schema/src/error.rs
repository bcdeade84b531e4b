//! What is wrong with a schema, found when it is loaded.

use std::fmt;

/// A schema that cannot be compiled: where it is wrong, and how.
///
/// Shape: `at` is a path into the manifest part that was loaded (`types[3].patterns[0]`), `problem` one sentence.
/// Such an error means that the manifest was not written by this version's compiler: build it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    at: String,
    problem: String,
}

impl SchemaError {
    pub(crate) fn new(at: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { at: at.into(), problem: problem.into() }
    }

    /// The node or key that is wrong, as a path.
    pub fn at(&self) -> &str {
        &self.at
    }

    /// What is wrong with it.
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
