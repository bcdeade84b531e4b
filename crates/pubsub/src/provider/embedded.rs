//! The embedded provider, which needs nothing installed: one file, one process, crash-safe.
//!
//! [redb](https://www.redb.org) keeps the file. One task writes it: all publishes, claims and settlements that come while a
//! transaction is on its way to the disk share the next one, and no request is answered before it is on the disk. Memory
//! holds the leases and some counts; waiting messages are in the file alone, however many there are.

mod about;
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
mod memory;
mod messages;
mod numbers;
mod operate;
mod operations;
mod queue;
mod recall;
mod record;
mod request;
mod serve;
mod settlement;
mod state;
mod tables;
mod unique;
mod work;
mod writer;
mod writer_handle;

pub use broker::Embedded;
