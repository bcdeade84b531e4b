//! The provider that needs nothing installed: one file, one process, crash-safe.
//!
//! [redb](https://www.redb.org) keeps the file. One task writes it: all publishes, claims and answers that come while a
//! transaction is on its way to the disk share the next one, and nobody is answered before it is there. Memory holds the leases
//! and some counts; what waits is in the file alone, however much it is.

mod broker;
mod catalogue;
mod consumer;
mod dead;
mod dedupe;
mod fault;
mod file;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod inspect;
mod leases;
mod messages;
mod numbers;
mod queue;
mod record;
mod request;
mod serve;
mod state;
mod tables;
mod work;
mod writer;

pub use broker::Embedded;
