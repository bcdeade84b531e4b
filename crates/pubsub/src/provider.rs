//! The providers: the trait that each implements, and the five implementations.

pub(crate) mod broker;
pub(crate) mod choose;
pub mod embedded;
pub(crate) mod history;
pub(crate) mod limits;
pub mod memory;
pub(crate) mod message;
pub mod nats;
pub(crate) mod offer;
pub(crate) mod operate;
pub(crate) mod pending;
pub mod postgres;
pub(crate) mod priority;
pub mod rabbitmq;
pub(crate) mod recall;
pub(crate) mod results;
pub(crate) mod subscription;
mod tls_trouble;
