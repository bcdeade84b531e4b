//! Pubsub: topics and subscriptions with deliveries, retries, ordering and dead letters, in the same way over five
//! providers.
//!
//! A provider implements [`Broker`]; the engine does everything else.

mod component;
mod engine;
mod error;
mod operate;
mod operation;
mod provider;
mod request;
mod telemetry;
mod transactional;

pub use component::{PRIMITIVE, component};
pub use provider::broker::{Broker, Consumer};
pub use provider::history::{History, ReplayFrom, ReplayRange};
pub use provider::limits::{Limits, Rate};
pub use provider::message::{
    Burial, DeadLetter, DeadReason, Dedupe, Delivery, Depth, Lease, NewMessage, Published,
};
pub use provider::offer::{LimitKeeper, Offer};
pub use provider::operate::{Adopted, Done, Expiry, Known, Operate, Stand, Waiting};
pub use provider::pending::BrokerFuture;
pub use provider::priority::MAX_PRIORITY;
pub use provider::recall::{Recall, RecallOutcome, Recalled};
pub use provider::results::{KnownResult, ResultChange, ResultName, ResultState, Results, Waiters};
pub use provider::subscription::{MessageState, Subscription, Topic};
pub use provider::{embedded, memory, nats, postgres, rabbitmq};
pub use transactional::outbox;
