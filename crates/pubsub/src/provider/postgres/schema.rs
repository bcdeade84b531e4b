//! The tables and functions of pubsub.

use twinloop_runtime::SchemaPart;

use crate::provider::postgres::dedupe;

/// The tables and functions of the queue.
pub(crate) const QUEUE: SchemaPart = SchemaPart {
    name: "pubsub",
    component: "pubsub",
    version: 2,
    scripts: &[
        dedupe::TABLE,
        include_str!("tables.sql"),
        include_str!("subscriptions.sql"),
        include_str!("functions.sql"),
    ],
};

/// The tables of the outbox.
pub(crate) const OUTBOX: SchemaPart = SchemaPart {
    name: "outbox",
    component: "pubsub",
    version: 1,
    scripts: &[dedupe::TABLE, include_str!("../../transactional/outbox/tables.sql")],
};

/// The table of the inbox.
pub(crate) const INBOX: SchemaPart = SchemaPart {
    name: "inbox",
    component: "pubsub",
    version: 1,
    scripts: &[include_str!("../../transactional/inbox.sql")],
};
