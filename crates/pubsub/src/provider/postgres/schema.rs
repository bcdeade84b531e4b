//! The tables and functions, made at the first use of a database.

use twinloop_runtime::SchemaPart;

use crate::provider::postgres::dedupe;

/// The tables and functions of the queue.
pub(crate) const QUEUE: SchemaPart = SchemaPart {
    name: "pubsub",
    version: 6,
    scripts: &[
        dedupe::TABLE,
        include_str!("tables.sql"),
        include_str!("subscriptions.sql"),
        include_str!("functions.sql"),
        include_str!("priority.sql"),
        include_str!("limits.sql"),
        include_str!("recall.sql"),
        include_str!("unique.sql"),
    ],
    owner: "pubsub",
    takes_newer: false,
};

/// The tables of the outbox.
pub(crate) const OUTBOX: SchemaPart = SchemaPart {
    name: "outbox",
    version: 2,
    scripts: &[dedupe::TABLE, include_str!("../../transactional/outbox/tables.sql")],
    owner: "pubsub",
    takes_newer: false,
};

/// The table of the inbox.
pub(crate) const INBOX: SchemaPart = SchemaPart {
    name: "inbox",
    version: 1,
    scripts: &[include_str!("../../transactional/inbox.sql")],
    owner: "pubsub",
    takes_newer: false,
};
