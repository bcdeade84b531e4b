//! The collector of issues while a document or a parameter is read.

use crate::accept::scalar::Miss;
use crate::issues::issue::{Issues, excerpt, excerpt_bare};
use crate::issues::path::Path;
use crate::json::scanner::Scalar;
use crate::json::syntax_error::WalkStop;

/// The issues of one input so far, and whether the value being read may be shown.
pub(crate) struct Report<'o> {
    pub(crate) issues: &'o mut Issues,
    /// The number of sensitive properties that enclose the value.
    pub(crate) secrets: u32,
}

impl Report<'_> {
    /// Whether the value being read is inside one that is sensitive by its type.
    pub(crate) fn is_secret(&self) -> bool {
        self.secrets > 0
    }

    /// Whether the value at this path is sensitive, by its type or by a name of the path.
    pub(crate) fn hides(&self, at: &Path<'_>) -> bool {
        self.is_secret() || at.is_sensitive()
    }

    /// Adds an issue; returns `WalkStop::Full` when the report is full.
    #[cold]
    pub(crate) fn add(
        &mut self,
        at: &Path<'_>,
        expected: &str,
        found: impl Into<String>,
    ) -> Result<(), WalkStop> {
        self.issues.push(at.render(self.is_secret()), expected, found.into());
        if self.issues.is_full() { Err(WalkStop::Full) } else { Ok(()) }
    }

    /// Adds the issue for a scalar that does not fit; `label` names the type.
    #[cold]
    pub(crate) fn add_miss(
        &mut self,
        at: &Path<'_>,
        miss: Miss<'_>,
        label: &str,
        scalar: &Scalar<'_>,
    ) -> Result<(), WalkStop> {
        let expected = if let Miss::Rule(rule) = miss { rule } else { label };
        let found = match miss {
            Miss::Type => scalar.class().name().to_owned(),
            Miss::Value | Miss::Rule(_) => self.show(at, scalar),
        };
        self.add(at, expected, found)
    }

    /// An excerpt of a scalar, or the name of its class where the value is sensitive.
    pub(crate) fn show(&self, at: &Path<'_>, scalar: &Scalar<'_>) -> String {
        match scalar {
            _ if self.hides(at) => scalar.class().name().to_owned(),
            Scalar::Null => "null".to_owned(),
            Scalar::Boolean(value) => value.to_string(),
            Scalar::Number(token) => excerpt_bare(token.raw),
            Scalar::String(token) => excerpt(&token.decoded()),
        }
    }
}
