//! Secrets: where they are looked for, how they are kept and wiped, and how they are kept out of what is printed.
//!
//! [`Store`] holds the values of the process, one for all isolates. It needs no runtime: values are read by the thread that
//! asks. Only what watches for changes runs as a task.

mod component;
mod dotenv;
mod file;
mod forms;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod name;
mod place;
mod redactor;
mod search;
mod sources;
mod store;
mod value;
mod watch;

pub use component::{OPERATIONS, component};
pub use name::spellings;
pub use place::{Attempt, Origin};
pub use redactor::{MIN_REDACTED, Redactor};
pub use search::{Found, Outcome, Search, search};
pub use sources::Sources;
pub use store::{Loaded, News, Numbered, Part, Store};
pub use value::SecretText;
