//! The ledger's tables and functions.

use twinloop_runtime::SchemaPart;

/// The tables and functions of the ledger, made at the first use of a database.
pub(super) const LEDGER: SchemaPart = SchemaPart {
    name: "cron",
    version: 2,
    scripts: &[include_str!("tables.sql"), include_str!("functions.sql")],
    owner: "cron",
    takes_newer: false,
};
