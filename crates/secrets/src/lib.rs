//! Secrets: the search for values, their storage in memory that is wiped, and their redaction from printed texts.
//!
//! [`Store`] holds the values of the process, one store for all isolates. The store needs no runtime: the calling thread reads the
//! values. Only the watch for changes runs as a task.

mod component;
pub mod dotenv;
mod file;
mod forms;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod instant;
mod name;
mod normalized;
mod place;
mod redactor;
mod search;
mod sources;
mod store;
mod value;
mod watch;

pub use component::{PRIMITIVE, component};
pub use forms::MIN_REDACTED;
pub use name::spellings;
pub use place::{FailedLookup, Origin};
pub use redactor::Redactor;
pub use search::{Found, Search, SearchOutcome, search};
pub use sources::Sources;
pub use store::{Loaded, News, Numbered, SecretVersion, Store};
pub use value::SecretText;
