//! The HTTP edge: Hyper on the shared runtime, and requests that are routed, limited and validated before an isolate sees
//! them.
//!
//! [`component`] is all that the rest of the process knows of it. One request lives in `request.rs`, one connection in
//! `connection.rs`; every limit is in [`Limits`].

mod body;
mod clock;
mod component;
mod config;
mod connection;
mod connections;
mod content_type;
mod context;
mod endpoint;
mod event_stream;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
mod guard;
mod health;
mod link;
mod listen;
mod pattern;
mod refusal;
mod request;
mod request_id;
mod respond;
mod response_body;
mod route;
mod server;
mod static_files;

pub use component::component;
pub use config::{EndpointConfig, HealthConfig, Limits, Listen};
pub use static_files::StaticConfig;
