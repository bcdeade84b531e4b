//! The owner of an ordered subscription: the one process that receives its messages.
//!
//! An owner records itself on the condition that nobody else has since, and renews that; the record expires at the server, so that the
//! clocks of the processes do not matter. An owner that could not renew in time stops by itself, before another one can begin.

use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;
use twinloop_runtime::Failure;

use crate::provider::nats::catalogue::{expecting, put};
use crate::provider::nats::link::{Link, Outgoing};
use crate::provider::nats::names::QueueNames;

/// Time after which the record of an owner expires.
const OWNED_FOR: Duration = Duration::from_secs(15);
const RENEW_AFTER: Duration = Duration::from_secs(3);
/// Time without a renewal after which an owner stops.
const TRUSTED_FOR: Duration = Duration::from_secs(10);

/// The ownership of a subscription.
pub(super) struct Owner {
    revision: u64,
    renewed: Instant,
}

/// Tries to become the owner; `None` where another process is.
pub(super) async fn acquire(link: &Link, names: &QueueNames) -> Result<Option<Owner>, Failure> {
    let stream = link.names.owners();
    let found = link.last_message(&stream, &names.owner).await?;
    if found.as_ref().is_some_and(|record| !record.payload.is_empty()) {
        return Ok(None);
    }
    if found.is_none() {
        link.table(&stream, OWNED_FOR).await?;
    }
    let renewed = Instant::now();
    let stored = put(link, record(names, found.map_or(0, |record| record.sequence), b"owned")).await?;
    Ok(stored.map(|revision| Owner { revision, renewed }))
}

fn record(names: &QueueNames, revision: u64, body: &'static [u8]) -> Outgoing {
    let (headers, body) = (expecting(revision), Bytes::from_static(body));
    Outgoing { subject: names.owner.clone(), headers, body }
}

impl Owner {
    /// The time at which the ownership is to be renewed.
    pub(super) fn renew_at(&self) -> Instant {
        self.renewed + RENEW_AFTER
    }

    /// Whether no other process can be the owner.
    pub(super) fn is_sure(&self) -> bool {
        self.renewed.elapsed() < TRUSTED_FOR
    }

    /// Renews the ownership. Returns whether this process still is the owner.
    pub(super) async fn renew(&mut self, link: &Link, names: &QueueNames) -> bool {
        let begun = Instant::now();
        let left = TRUSTED_FOR.saturating_sub(self.renewed.elapsed());
        match tokio::time::timeout(left, put(link, record(names, self.revision, b"owned"))).await {
            Ok(Ok(Some(revision))) => {
                (self.revision, self.renewed) = (revision, begun);
                true
            }
            Ok(Ok(None)) => false,
            // The record may be stored all the same, with a revision that is not known: the next renewal tells.
            Ok(Err(_)) | Err(_) => self.is_sure(),
        }
    }

    /// Ends the ownership, so that another process need not wait.
    pub(super) async fn release(self, link: &Link, names: &QueueNames) {
        let _ = put(link, record(names, self.revision, b"")).await;
    }
}
