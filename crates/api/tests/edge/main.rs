//! The edge over raw sockets: what each probe is answered, and that no refused request reaches the isolate.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs, unreachable_pub)]

mod answers;
mod bodies;
mod budget;
mod churn;
mod client;
mod ending;
mod error_forms;
mod events;
mod files;
mod frames;
mod framing;
mod health;
mod hostile;
mod http2;
mod in_memory;
mod isolates;
mod load;
mod proxied;
mod rolling;
mod secure;
mod server;
mod slow;
mod telemetry;
#[cfg(unix)]
mod unix;
mod unrouted;
mod websocket;

/// Whether every policy of the edge is on in these tests.
pub const IS_GOVERNED: bool = false;
