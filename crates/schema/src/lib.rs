//! Validation: the types of a manifest, and the check of input from clients against them.
//!
//! A [`Registry`] holds the compiled types. [`Registry::check`] walks the bytes of one JSON document once, builds no
//! tree, and writes validated JSON text; a [`RequestShape`] merges that text with the parameters of a path, a query,
//! headers and cookies, which are coerced by one strict grammar.
//!
//! What is accepted:
//!
//! - RFC 8259 strictly, also in dropped values: no byte order mark, valid UTF-8, no unpaired surrogates, at most 128
//!   nested containers, nothing but white space after the document.
//! - A number whose double would be infinite is refused wherever it is read (not in a property that is dropped).
//! - Names that an object does not declare are dropped and may repeat. Declared names and the names of a record occur
//!   once, however they are escaped. Inside a value of any type a repeated name is kept: the last one wins, as
//!   `JSON.parse` has it.
//! - `__proto__` is a name like any other; `JSON.parse` makes an own property of it.
//! - A union takes the arms that fit; of objects every property that some fitting arm knows is kept.

mod accept;
mod frame;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod ir;
mod issues;
mod json;
mod request;
mod rules;
mod write;

pub use accept::check::TextFlags;
pub use frame::{MIN_FRAME_BYTES, put_envelope};
pub use ir::error::SchemaError;
pub use ir::registry::Registry;
pub use ir::type_id::TypeId;
pub use issues::issue::{Issue, Issues};
pub use request::cookie::pairs as cookie_pairs;
pub use request::form::{FormFault, FormField, as_read, form_fields};
pub use request::parameters::{HeaderValues, Parts, ReadField};
pub use request::shape::{BodyPart, RequestShape};
