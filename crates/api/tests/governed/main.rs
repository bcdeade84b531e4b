//! The hostile input of the edge once more, with every policy on: each probe is answered as without any.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    dead_code
)]

#[path = "../edge/answers.rs"]
mod answers;
#[path = "../edge/bodies.rs"]
mod bodies;
#[path = "../edge/budget.rs"]
mod budget;
#[path = "../edge/client.rs"]
mod client;
#[path = "../edge/ending.rs"]
mod ending;
#[path = "../edge/events.rs"]
mod events;
#[path = "../edge/files.rs"]
mod files;
#[path = "../edge/framing.rs"]
mod framing;
#[path = "../edge/hostile.rs"]
mod hostile;
#[path = "../edge/server.rs"]
mod server;
#[path = "../edge/slow.rs"]
mod slow;

/// Whether every policy of the edge is on in these tests.
pub const IS_GOVERNED: bool = true;
