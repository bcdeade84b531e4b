//! Where a secret was found, and where it was looked for.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// Where a value is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A variable of the environment.
    Environment(String),
    /// The file that a variable names.
    NamedFile {
        /// The variable.
        variable: String,
        /// The file.
        path: PathBuf,
    },
    /// A file in the folder of secrets.
    Directory(PathBuf),
    /// A line of a `.env` file.
    Dotenv {
        /// The name on the line.
        variable: String,
        /// The file.
        path: PathBuf,
    },
    /// A provider of the app.
    Provider(String),
}

impl Origin {
    /// Whether it may give another value while the process runs.
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

/// One place where a secret was looked for in vain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Attempt {
    /// Where.
    pub place: String,
    /// Why it is not there, as what follows "which": `is not set`.
    pub why: String,
}

impl Attempt {
    pub(crate) fn new(place: impl fmt::Display, why: impl Into<String>) -> Self {
        Self { place: place.to_string(), why: why.into() }
    }
}
