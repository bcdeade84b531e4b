//! Publishes and handlers whose effects commit or roll back with rows of the app's own database.

pub(crate) mod databases;
pub mod outbox;
