//! The ledger's tables and functions.

use twinloop_runtime::SchemaPart;

/// The tables and functions of the ledger.
pub(super) const LEDGER: SchemaPart = SchemaPart {
    name: "cron",
    component: "cron",
    version: 2,
    scripts: &[include_str!("tables.sql"), include_str!("functions.sql")],
};
