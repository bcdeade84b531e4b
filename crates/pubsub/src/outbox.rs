//! The transactional outbox: a message that commits or rolls back with the app's own rows, whatever the broker is.
//!
//! [`store`] writes it into the database whose transaction it is; a [`Relay`] carries it to the broker after the commit. It
//! arrives at least once, with the id it was given; messages of one key in the order in which their transactions committed.
//! A provider whose messages are rows of the same database needs none of this.

mod batch;
mod relay;
mod store;

pub use relay::{Relay, Report};
pub use store::{publish, store};
