//! Topics and subscriptions: delivery, retries, order and dead letters, the same over four providers.
//!
//! [`Broker`] is what a provider does; the engine is everything else.

mod broker;
mod component;
mod databases;
pub mod embedded;
mod engine;
mod error;
mod inspect;
pub mod memory;
mod message;
mod operation;
pub mod outbox;
pub mod postgres;
mod provider;
pub mod rabbitmq;
mod request;

pub use broker::{Broker, BrokerFuture, Consumer, Part, Subscription, Topic};
pub use component::component;
pub use error::Error;
pub use message::{Burial, DeadLetter, DeadReason, Dedupe, Delivery, Depth, Lease, NewMessage, Published};
