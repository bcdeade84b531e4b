//! Telemetry over real sockets: a collector that decodes what it is sent, and clients of the admin server.
//!
//! Telemetry is the process's, so that one test has it at a time.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod admin;
mod client;
mod collector;
mod export;
mod live;
mod process;
