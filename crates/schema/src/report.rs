//! Adding issues while a document or a parameter is read.

use crate::fault::Stop;
use crate::issue::{Issues, excerpt, excerpt_bare};
use crate::path::Path;
use crate::scalar::Miss;
use crate::scan::Scalar;

/// The issues of one input, and whether the value being read may be shown.
pub(crate) struct Report<'o> {
    pub(crate) issues: &'o mut Issues,
    /// How many sensitive properties the value stands in.
    pub(crate) secrets: u32,
}

impl Report<'_> {
    pub(crate) fn is_secret(&self) -> bool {
        self.secrets > 0
    }

    /// Adds an issue; fails when that was the last that is kept.
    #[cold]
    pub(crate) fn add(
        &mut self,
        at: &Path<'_>,
        expected: &str,
        found: impl Into<String>,
    ) -> Result<(), Stop> {
        self.issues.push(at.render(self.is_secret()), expected, found.into());
        if self.issues.is_full() { Err(Stop::Full) } else { Ok(()) }
    }

    /// Adds the issue of a scalar that does not fit; `label` names the type.
    #[cold]
    pub(crate) fn add_miss(
        &mut self,
        at: &Path<'_>,
        miss: Miss<'_>,
        label: &str,
        scalar: &Scalar<'_>,
    ) -> Result<(), Stop> {
        let expected = if let Miss::Rule(rule) = miss { rule } else { label };
        let found = match miss {
            Miss::Type => scalar.class().name().to_owned(),
            Miss::Value | Miss::Rule(_) => self.show(scalar),
        };
        self.add(at, expected, found)
    }

    /// An excerpt of a scalar, or the name of its type where it may not be shown.
    pub(crate) fn show(&self, scalar: &Scalar<'_>) -> String {
        match scalar {
            _ if self.is_secret() => scalar.class().name().to_owned(),
            Scalar::Null => "null".to_owned(),
            Scalar::Boolean(value) => value.to_string(),
            Scalar::Number(token) => excerpt_bare(token.raw),
            Scalar::String(token) => excerpt(&token.decoded()),
        }
    }
}
