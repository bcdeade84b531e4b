//! Looking for one secret, in order: the environment, the file that a variable names, the folder of secrets, `.env` files.
//!
//! A place that is empty is passed over, as an unset one is. A place that was clearly meant and cannot be used ends the
//! search: the next one could have a value of another deployment.

use std::path::{Path, PathBuf};

use crate::dotenv::{self, Line};
use crate::file;
use crate::name::spellings;
use crate::place::{Attempt, Origin};
use crate::sources::Sources;
use crate::value::SecretText;

/// A value and where it is from.
#[derive(Clone, Debug)]
pub struct Found {
    /// The value, never empty.
    pub value: SecretText,
    /// Its place.
    pub origin: Origin,
}

/// How a search ended.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It is there.
    Found(Found),
    /// No place has it.
    Absent,
    /// A place has it, and cannot be used: the last of the attempts.
    Unusable,
}

/// A search and how it went.
#[derive(Clone, Debug)]
pub struct Search {
    /// Its end.
    pub outcome: Outcome,
    /// The places before that.
    pub attempts: Vec<Attempt>,
}

/// Looks for a secret.
pub fn search(name: &str, sources: &Sources) -> Search {
    let mut attempts = Vec::new();
    let names = spellings(name);
    let steps = [environment, named_file, directory, dotenv_files];
    for step in steps {
        match step(&names, sources, &mut attempts) {
            Outcome::Absent => {}
            outcome => return Search { outcome, attempts },
        }
    }
    Search { outcome: Outcome::Absent, attempts }
}

/// The files whose change may change the value.
pub(crate) fn watched_files(name: &str, sources: &Sources) -> Vec<PathBuf> {
    let names = spellings(name);
    let by_variable = names.iter().filter_map(|name| sources.environment.get(&format!("{name}_FILE")));
    by_variable
        .map(|path| PathBuf::from(path.expose()))
        .chain(names.iter().map(|name| sources.directory.join(name)))
        .chain(sources.dotenv.iter().cloned())
        .collect()
}

fn environment(names: &[String], sources: &Sources, attempts: &mut Vec<Attempt>) -> Outcome {
    for name in names {
        match sources.environment.get(name) {
            Some(value) if !value.is_empty() => {
                return Outcome::Found(Found {
                    value: value.clone(),
                    origin: Origin::Environment(name.clone()),
                });
            }
            Some(_) => attempts.push(Attempt::new(format_args!("environment {name}"), "is empty")),
            None => attempts.push(Attempt::new(format_args!("environment {name}"), "is not set")),
        }
    }
    Outcome::Absent
}

fn named_file(names: &[String], sources: &Sources, attempts: &mut Vec<Attempt>) -> Outcome {
    for name in names {
        let variable = format!("{name}_FILE");
        let Some(path) = sources.environment.get(&variable).filter(|path| !path.is_empty()) else {
            attempts.push(Attempt::new(format_args!("environment {variable}"), "is not set"));
            continue;
        };
        let path = PathBuf::from(path.expose());
        let origin = Origin::NamedFile { variable, path: path.clone() };
        return match whole_file(&path) {
            Ok(Some(value)) => Outcome::Found(Found { value, origin }),
            Ok(None) => unusable(&origin, "does not exist", attempts),
            Err(why) => unusable(&origin, why, attempts),
        };
    }
    Outcome::Absent
}

fn directory(names: &[String], sources: &Sources, attempts: &mut Vec<Attempt>) -> Outcome {
    for name in names {
        let origin = Origin::Directory(sources.directory.join(name));
        match whole_file(&sources.directory.join(name)) {
            Ok(Some(value)) => return Outcome::Found(Found { value, origin }),
            Ok(None) => attempts.push(Attempt::new(&origin, "does not exist")),
            Err(why) => return unusable(&origin, why, attempts),
        }
    }
    Outcome::Absent
}

fn dotenv_files(names: &[String], sources: &Sources, attempts: &mut Vec<Attempt>) -> Outcome {
    for path in &sources.dotenv {
        let place = path.display();
        match dotenv::find(path, names) {
            Line::Found(variable, value) if value.is_empty() => {
                attempts.push(Attempt::new(format_args!("{variable} in {place}"), "is empty"));
            }
            Line::Found(variable, value) => {
                let origin = Origin::Dotenv { variable, path: path.clone() };
                return Outcome::Found(Found { value, origin });
            }
            Line::NoFile => attempts.push(Attempt::new(place, "does not exist")),
            Line::Absent => attempts.push(Attempt::new(place, "does not name it")),
            Line::Unusable(why) => {
                attempts.push(Attempt::new(place, why));
                return Outcome::Unusable;
            }
        }
    }
    Outcome::Absent
}

/// What a file that is there holds. One with nothing in it was meant to have a value.
fn whole_file(path: &Path) -> Result<Option<SecretText>, String> {
    let Some(bytes) = file::read(path)? else { return Ok(None) };
    match SecretText::from_bytes(bytes) {
        Some(value) if value.is_empty() => Err("is empty".to_owned()),
        Some(value) => Ok(Some(value)),
        None => Err("is not text (UTF-8)".to_owned()),
    }
}

fn unusable(origin: &Origin, why: impl Into<String>, attempts: &mut Vec<Attempt>) -> Outcome {
    attempts.push(Attempt::new(origin, why));
    Outcome::Unusable
}
