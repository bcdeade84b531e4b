//! The transactional outbox: a message that commits or rolls back with the app's own rows, whatever the broker is.
//!
//! [`store`] writes a message into the database of the transaction; a [`Relay`] carries it to the broker after the commit. A
//! message arrives at least once, with the id it was given, and messages of one key arrive in the order in which their
//! transactions committed. A provider whose messages are rows of the same database needs no outbox.

mod batch;
mod recall;
mod relay;
mod store;

pub use recall::recall;
pub use relay::{Relay, RelayEvent};
pub(crate) use relay::{WAITS, is_true};
pub use store::{publish, store};
