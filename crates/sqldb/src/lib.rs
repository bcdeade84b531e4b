//! PostgreSQL on the shared runtime.

mod component;
mod error;
mod link;
mod operation;
mod options;
mod parameter;
mod pool;
mod prepared;
mod query;
mod request;
mod run;
mod service;
mod session;
mod shape;
mod statement;
mod text;
mod tls;
mod value;
mod watch;

pub use component::component;
