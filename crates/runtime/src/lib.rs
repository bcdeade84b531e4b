//! The one Tokio runtime of the process, and what attaches to it.
//!
//! [`Core`] owns the runtime, the [`Isolates`] that have attached and the [`Component`]s that serve them. It is built once,
//! leaked on purpose, and never shut down from a destructor: threads that outlive their image are worse than threads that
//! end with the process.

mod backoff;
mod blobs;
mod component;
mod contain;
mod core;
mod failure;
mod isolate;
mod isolates;
mod log;
mod serving;
mod sql;

pub use crate::core::{Core, io_threads};
pub use backoff::{backoff, fraction_of};
pub use blobs::Blobs;
pub use component::{Answer, Component, Invocation, Operation};
pub use contain::{contained, poll_contained};
pub use failure::Failure;
pub use isolate::Isolate;
pub use isolates::Isolates;
pub use log::{Level, redact_with};
pub use serving::Serving;
pub use sql::{Sql, SqlError, SqlFuture, SqlPool, SqlRow, SqlStatements, SqlTransaction, SqlValue};
pub use twinloop_mailbox as mailbox;
