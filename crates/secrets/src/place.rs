//! The places where secrets are found or looked for.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// The place from which a value comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A variable of the environment.
    Environment(String),
    /// The file that a variable names, such as `TOKEN_FILE`.
    NamedFile {
        /// The variable's name.
        variable: String,
        /// The file's path.
        path: PathBuf,
    },
    /// A file in the folder of secrets.
    Directory(PathBuf),
    /// A line of a `.env` file.
    Dotenv {
        /// The name on the line.
        variable: String,
        /// The file's path.
        path: PathBuf,
    },
    /// A provider of the app.
    Provider(String),
}

impl Origin {
    /// Returns whether the place may give another value while the process runs.
    pub fn may_change(&self) -> bool {
        !matches!(self, Self::Environment(_))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::NamedFile { variable, path } => write!(f, "{variable}={}", path.display()),
            Self::Directory(path) => write!(f, "{}", path.display()),
            Self::Dotenv { variable, path } => write!(f, "{variable} in {}", path.display()),
            Self::Provider(name) => write!(f, "provider {name}"),
        }
    }
}

/// A place where a secret was looked for without success.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailedLookup {
    /// The place, for people.
    pub place: String,
    /// The reason for which the value is not there, as a continuation of "which": `is not set`.
    pub why: String,
}

impl FailedLookup {
    pub(crate) fn new(place: impl fmt::Display, why: impl Into<String>) -> Self {
        Self { place: place.to_string(), why: why.into() }
    }
}
