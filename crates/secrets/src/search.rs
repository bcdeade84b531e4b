//! The search for one secret, in order: the environment, the file that a variable names, the folder of secrets, `.env`
//! files.
//!
//! An empty place is skipped like an unset one. A place that was clearly meant and cannot be used ends the search: the next
//! one could have a value of another deployment.

use std::path::{Path, PathBuf};

use crate::dotenv;
use crate::file;
use crate::name::spellings;
use crate::place::{FailedLookup, Origin};
use crate::sources::Sources;
use crate::value::SecretText;

/// A value with the place it comes from.
#[derive(Clone, Debug)]
pub struct Found {
    /// The value, never empty.
    pub value: SecretText,
    /// The place of the value.
    pub origin: Origin,
}

/// The outcome of a search.
#[derive(Clone, Debug)]
pub enum SearchOutcome {
    /// A place has the value.
    Found(Found),
    /// No place has the value.
    Absent,
    /// A place was clearly meant and cannot be used: the last of the attempts.
    Unusable,
}

/// A search with its outcome and the places that were tried.
#[derive(Clone, Debug)]
pub struct Search {
    /// The outcome.
    pub outcome: SearchOutcome,
    /// The places that were tried before the outcome.
    pub attempts: Vec<FailedLookup>,
}

/// Looks for a secret in all places.
pub fn search(name: &str, sources: &Sources) -> Search {
    let mut attempts = Vec::new();
    let names = spellings(name);
    let steps = [environment, named_file, directory, dotenv_files];
    for step in steps {
        match step(&names, sources, &mut attempts) {
            SearchOutcome::Absent => {}
            outcome => return Search { outcome, attempts },
        }
    }
    Search { outcome: SearchOutcome::Absent, attempts }
}

/// Returns the files whose change may change the value.
pub(crate) fn watched_files(name: &str, sources: &Sources) -> Vec<PathBuf> {
    let names = spellings(name);
    let by_variable = names.iter().filter_map(|name| sources.environment.get(&format!("{name}_FILE")));
    by_variable
        .map(|path| PathBuf::from(path.expose()))
        .chain(names.iter().map(|name| sources.directory.join(name)))
        .chain(sources.dotenv.iter().cloned())
        .collect()
}

fn environment(names: &[String], sources: &Sources, attempts: &mut Vec<FailedLookup>) -> SearchOutcome {
    for name in names {
        match sources.environment.get(name) {
            Some(value) if !value.is_empty() => {
                return SearchOutcome::Found(Found {
                    value: value.clone(),
                    origin: Origin::Environment(name.clone()),
                });
            }
            Some(_) => attempts.push(FailedLookup::new(format_args!("environment {name}"), "is empty")),
            None => attempts.push(FailedLookup::new(format_args!("environment {name}"), "is not set")),
        }
    }
    SearchOutcome::Absent
}

fn named_file(names: &[String], sources: &Sources, attempts: &mut Vec<FailedLookup>) -> SearchOutcome {
    for name in names {
        let variable = format!("{name}_FILE");
        let Some(path) = sources.environment.get(&variable).filter(|path| !path.is_empty()) else {
            attempts.push(FailedLookup::new(format_args!("environment {variable}"), "is not set"));
            continue;
        };
        let path = PathBuf::from(path.expose());
        let origin = Origin::NamedFile { variable, path: path.clone() };
        return match whole_file(&path) {
            Ok(Some(value)) => SearchOutcome::Found(Found { value, origin }),
            Ok(None) => unusable(&origin, "does not exist", attempts),
            Err(why) => unusable(&origin, why, attempts),
        };
    }
    SearchOutcome::Absent
}

fn directory(names: &[String], sources: &Sources, attempts: &mut Vec<FailedLookup>) -> SearchOutcome {
    for name in names {
        let origin = Origin::Directory(sources.directory.join(name));
        match whole_file(&sources.directory.join(name)) {
            Ok(Some(value)) => return SearchOutcome::Found(Found { value, origin }),
            Ok(None) => attempts.push(FailedLookup::new(&origin, "does not exist")),
            Err(why) => return unusable(&origin, why, attempts),
        }
    }
    SearchOutcome::Absent
}

fn dotenv_files(names: &[String], sources: &Sources, attempts: &mut Vec<FailedLookup>) -> SearchOutcome {
    for path in &sources.dotenv {
        let place = path.display();
        let bytes = match file::read(path) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => {
                attempts.push(FailedLookup::new(place, "does not exist"));
                continue;
            }
            Err(why) => {
                attempts.push(FailedLookup::new(place, why));
                return SearchOutcome::Unusable;
            }
        };
        let text = dotenv::parse(&bytes);
        match text.first_of(names) {
            Some((variable, value)) if value.is_empty() => {
                attempts.push(FailedLookup::new(format_args!("{variable} in {place}"), "is empty"));
            }
            Some((variable, value)) => {
                let origin = Origin::Dotenv { variable: variable.to_owned(), path: path.clone() };
                return SearchOutcome::Found(Found { value: value.clone(), origin });
            }
            None => attempts.push(FailedLookup::new(place, text.lacks())),
        }
    }
    SearchOutcome::Absent
}

/// Reads a file that holds one value. An empty file is an error, because it was meant to have a value.
fn whole_file(path: &Path) -> Result<Option<SecretText>, String> {
    let Some(bytes) = file::read(path)? else { return Ok(None) };
    match SecretText::from_bytes(bytes) {
        Some(value) if value.is_empty() => Err("is empty".to_owned()),
        Some(value) => Ok(Some(value)),
        None => Err("is not text (UTF-8)".to_owned()),
    }
}

fn unusable(origin: &Origin, why: impl Into<String>, attempts: &mut Vec<FailedLookup>) -> SearchOutcome {
    attempts.push(FailedLookup::new(origin, why));
    SearchOutcome::Unusable
}
