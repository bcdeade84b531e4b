//! The one Tokio runtime of the process, and what attaches to it.
//!
//! [`Core`] owns the runtime, the [`Isolates`] that have attached and the [`Component`]s that serve them. The core is built
//! once, leaked on purpose, and never shut down from a destructor: a thread that outlives the addon's image would crash.

mod backoff;
mod batch_progress;
mod beginning;
mod blobs;
pub mod clock;
mod code;
mod component;
mod contain;
mod core;
mod dependencies;
mod event_loop;
mod failure;
mod front;
mod handles;
mod isolate;
mod isolates;
mod lock;
mod log;
mod operations;
mod serving;
mod shared_engines;
mod sql;
mod sql_schema;
pub mod telemetry;
mod unopened;

pub use crate::core::{Core, ThreadHooks, io_threads};
pub use backoff::{backoff, fraction_of};
pub use batch_progress::BatchProgress;
pub use beginning::begin_of;
pub use blobs::Blobs;
pub use code::Code;
pub use component::{Answer, Answering, Component, InstantAnswer, InstantOperations, Invocation, Primitive};
pub use contain::{contained, poll_contained};
pub use dependencies::{Dependencies, Lost};
pub use event_loop::EventLoop;
pub use failure::Failure;
pub use front::{Front, ProbeAnswer, Probing};
pub use handles::Handles;
pub use isolate::Isolate;
pub use isolates::Isolates;
pub use lock::{lock, lock_to_read, lock_to_write};
pub use log::{Level, redact_with, redacted, redaction};
pub use operations::{
    Confidential, OperationDescription, json_text, no_arguments, no_result, read_arguments, read_text,
    unknown_operation,
};
pub use serving::Serving;
pub use shared_engines::{Shared, SharedEngine};
pub use sql::{Sql, SqlError, SqlFuture, SqlPool, SqlRow, SqlStatements, SqlTransaction, SqlValue};
pub use sql_schema::SchemaPart;
pub use twinloop_mailbox as mailbox;
pub use unopened::{Fit, Unopened, UnopenedResults};
