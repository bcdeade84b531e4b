//! The N-API binding of Twinloop. The binding converts and decides nothing: integers, strings and buffers go in and out
//! through about twenty free functions, each of which contains panics.
//!
//! | export | direction | once per |
//! |---|---|---|
//! | `abi` · `describe` · `attach` · `detach` · `hold` · `progress_marker` | lifecycle | isolate |
//! | `drain` · `drain_wide` | Rust -> JS | batch |
//! | `drain_own` · `drain_frame` | Rust -> JS | large text, frame |
//! | `settle` | JS -> Rust | batch |
//! | `put_blob` · `take_blob` · `context_value` · `context_all` · `context_bytes` · `context_tell` | both | on demand |
//! | `open_result` · `write_result` | both | unopened result |
//! | `ask_now` | both | instant operation |
//! | `dotenv_parse` | JS -> Rust | `.env` file |
//! | `schema_fault` | JS -> Rust | build |
//! | `schema_open` · `schema_request` · `schema_value` | JS -> Rust | call between endpoints |
//! | `arm_panic` · `inject_panic` · `attach_in_fork` | tests, with `fault-injection` only | - |
#![cfg_attr(
    test,
    allow(dead_code, reason = "its tests run through Node, and a test program of its own exports nothing")
)]

mod allocator;
mod attached;
mod blob;
mod components;
mod context;
mod crossing;
mod diagnosis;
mod dotenv;
mod fault;
mod lifecycle;
mod schema_check;
mod schema_set;
mod signal;
mod text;
mod unopened;
