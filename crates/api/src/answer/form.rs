//! The forms that error answers may take.

use crate::config::ErrorsConfig;

/// The form of error answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ErrorForm {
    /// `{"code","message","details"}`.
    #[default]
    Twinloop,
    /// `application/problem+json` (RFC 9457).
    Problem,
    /// The answer of a function of the app, which is the job `target`.
    Function { target: u16 },
}

impl From<&ErrorsConfig> for ErrorForm {
    fn from(config: &ErrorsConfig) -> Self {
        match *config {
            ErrorsConfig::Twinloop => Self::Twinloop,
            ErrorsConfig::Problem => Self::Problem,
            ErrorsConfig::Function { target } => Self::Function { target },
        }
    }
}
