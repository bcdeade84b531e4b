//! What a search looks through.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use serde::Deserialize;

use crate::name::spellings;
use crate::value::SecretText;

/// The places of one process. The environment is handed over and not read here: Node changes it from JavaScript, and its
/// workers have environments of their own.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sources {
    /// The variables that may matter.
    pub environment: HashMap<String, SecretText>,
    /// The folder that has a file for each secret, as Docker and Kubernetes mount them.
    pub directory: PathBuf,
    /// `.env.local` and `.env`, in this order; none outside of development.
    pub dotenv: Vec<PathBuf>,
}

impl Sources {
    /// Drops the variables that none of the names is looked for by.
    pub(crate) fn keep_only(&mut self, names: &[String]) {
        let mut wanted = HashSet::new();
        for spelling in names.iter().flat_map(|name| spellings(name)) {
            wanted.insert(format!("{spelling}_FILE"));
            wanted.insert(spelling);
        }
        self.environment.retain(|variable, _| wanted.contains(variable));
    }
}
