//! The edge over raw sockets: what each probe is answered, and that no refused request reaches the isolate.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, missing_docs, unreachable_pub)]

mod answers;
mod bodies;
mod churn;
mod client;
mod ending;
mod events;
mod files;
mod framing;
mod health;
mod hostile;
mod isolates;
mod load;
mod rolling;
mod server;
mod slow;
