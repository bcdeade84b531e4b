//! The schemas of a manifest, and the check of what a client sends against them.
//!
//! A [`Registry`] holds the compiled types. [`Registry::check`] walks the bytes of one JSON document once, builds no
//! tree, and writes validated JSON text; a [`RequestShape`] merges that text with the parameters of a path, a query,
//! headers and cookies, which are coerced by one strict grammar.
//!
//! What is accepted:
//!
//! - RFC 8259 to the letter, also in what is dropped: no byte order mark, strict UTF-8, no lone surrogates, at most 128
//!   containers in each other, nothing but white space after the document.
//! - A number whose double would be infinite is refused wherever it is read (not in a property that is dropped).
//! - Names that an object does not declare are dropped and may repeat. Declared names and the names of a record occur
//!   once, however they are escaped. Inside a value of any type a repeated name is kept: the last one wins, as
//!   `JSON.parse` has it.
//! - `__proto__` is a name like any other; `JSON.parse` makes an own property of it.
//! - A union takes the arms that fit; of objects every property that some fitting arm knows is kept.

mod bytes;
mod choice;
mod coerce;
mod container_index;
mod cookie;
mod date;
mod decimal;
mod document;
mod emit;
mod entry;
mod error;
mod fault;
mod field;
mod format;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod ir;
mod issue;
mod key_table;
mod members;
mod node;
mod number;
mod object;
mod parameters;
mod path;
mod percent;
mod registry;
mod report;
mod request;
mod scalar;
mod scan;
mod seen_names;
mod skip;
mod text_rules;
mod trial;
mod unescape;
mod union;
mod walk;
mod walk_object;
mod walk_union;
mod write;

pub use error::SchemaError;
pub use issue::{Issue, Issues};
pub use parameters::{HeaderValues, Parts};
pub use registry::{Registry, Text, TypeId};
pub use request::RequestShape;
