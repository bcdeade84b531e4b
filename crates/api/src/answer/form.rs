//! The forms that error answers may take.

use crate::config::{ErrorsConfig, Listen};

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

/// The form of the errors of an app.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ErrorForms {
    /// The form where an endpoint has none of its own, and where no endpoint was found.
    pub(crate) of_app: ErrorForm,
    /// Whether any form is a function, which is told of the request that was refused.
    pub(crate) has_function: bool,
}

impl ErrorForms {
    /// The forms of the app with this configuration.
    pub(crate) fn of(config: &Listen) -> Self {
        let own = config.endpoints.iter().filter_map(|endpoint| endpoint.errors.as_ref());
        let mut all = own.chain([&config.errors]);
        let has_function = all.any(|form| matches!(form, ErrorsConfig::Function { .. }));
        Self { of_app: ErrorForm::from(&config.errors), has_function }
    }
}
