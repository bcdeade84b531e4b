//! PostgreSQL on the shared runtime.

mod component;
mod copy;
mod error;
mod hook;
mod link;
mod listen;
mod operation;
mod options;
mod parameter;
mod pool;
mod prepared;
mod query;
mod request;
mod route;
mod run;
mod service;
mod session;
mod several;
mod shape;
mod statement;
mod stream;
mod text;
mod tls;
mod value;
mod watch;

pub use component::component;
