//! The Rust half of the primitive sqldb: a PostgreSQL client on the shared runtime, whose pools all isolates of a process share.

mod component;
mod connection;
mod copy;
mod deadline;
mod error;
mod listen;
mod operation;
mod options;
mod pool;
mod record;
mod request;
mod rows_answer;
mod service;
mod session;
mod shared;
mod statement;
mod tls;
mod value;
mod wire;

pub use component::{PRIMITIVE, component};
