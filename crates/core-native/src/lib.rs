//! The one N-API binding. It converts and decides nothing: integers, strings and buffers in, integers, strings and
//! buffers out, a score of free functions, each of which contains panics.
//!
//! | export | direction | once per |
//! |---|---|---|
//! | `abi` · `attach` · `detach` · `hold` | lifecycle | isolate |
//! | `drain` · `drain_wide` | Rust -> JS | batch |
//! | `settle` | JS -> Rust | batch |
//! | `put_blob` · `take_blob` · `context_value` · `context_all` | both | on demand |
//! | `secret_load` · `secret_read` · `secret_version` · `secret_offer` · `secret_settle` · `secret_redact` | both | on demand |
//! | `arm_panic` · `inject_panic` · `attach_in_fork` | tests, with `fault-injection` only | - |
#![cfg_attr(
    test,
    allow(dead_code, reason = "its tests run through Node, and a test program of its own exports nothing")
)]

mod attached;
mod blob;
mod components;
mod context;
mod crossing;
mod diagnosis;
mod fault;
mod lifecycle;
mod schema_check;
mod secrets;
mod signal;
mod text;
