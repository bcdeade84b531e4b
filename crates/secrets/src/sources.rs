//! The sources through which a search looks.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use serde::Deserialize;

use crate::name::spellings;
use crate::value::SecretText;

/// The sources of one process. The environment is passed in and not read here: Node changes it from JavaScript, and workers
/// have environments of their own.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sources {
    /// The variables that may be needed.
    pub environment: HashMap<String, SecretText>,
    /// The folder with a file for each secret, as Docker and Kubernetes mount them.
    pub directory: PathBuf,
    /// `.env.local` and `.env`, in this order; empty outside of development.
    pub dotenv: Vec<PathBuf>,
}

impl Sources {
    /// Drops the variables by which none of the names is looked for.
    pub(crate) fn keep_only(&mut self, names: &[String]) {
        let mut wanted = HashSet::new();
        for spelling in names.iter().flat_map(|name| spellings(name)) {
            wanted.insert(format!("{spelling}_FILE"));
            wanted.insert(spelling);
        }
        self.environment.retain(|variable, _| wanted.contains(variable));
    }
}
