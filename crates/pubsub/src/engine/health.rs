//! Whether the broker can be reached, reported to the process's list of dependencies.
//!
//! Every call to the broker reports its outcome here. The process logs one line when the broker is lost and one when it is
//! back, however many subscriptions it has.

use std::sync::atomic::{AtomicBool, Ordering};

use twinloop_runtime::{Core, Failure};

use crate::provider::broker::Broker;

/// The state of the broker's connection, as the process's dependencies show it.
pub(crate) struct Health {
    core: &'static Core,
    /// The broker's name in the list of dependencies; `None` for the memory provider, which cannot be lost.
    name: Option<String>,
    /// Whether the broker was reached and not lost since; in this common case no lock is taken.
    is_well: AtomicBool,
}

impl Health {
    pub(crate) fn new(core: &'static Core, broker: &dyn Broker) -> Self {
        let name = (broker.name() != "memory").then(|| format!("broker {}", short(&broker.place())));
        Self { core, name, is_well: AtomicBool::new(false) }
    }

    /// Records that the broker has answered.
    pub(crate) fn reached(&self) {
        if let Some(name) = &self.name
            && !self.is_well.swap(true, Ordering::AcqRel)
        {
            self.core.reached(name);
        }
    }

    /// Records that a call has failed; only outages count.
    pub(crate) fn failed(&self, error: &Failure) {
        if let Some(name) = &self.name
            && error.is_outage()
        {
            self.is_well.store(false, Ordering::Release);
            self.core.lost(name, &error.message);
        }
    }

    /// Records the outcome of a call and returns it.
    pub(crate) fn note<T>(&self, outcome: Result<T, Failure>) -> Result<T, Failure> {
        match &outcome {
            Ok(_) => self.reached(),
            Err(error) => self.failed(error),
        }
        outcome
    }

    /// Removes the broker from the list of dependencies.
    pub(crate) fn forget(&self) {
        if let Some(name) = &self.name {
            self.core.forget_dependency(name);
        }
    }
}

/// Shortens a place to scheme and host: `postgres db.example.com` of `postgres://db.example.com:5432/shop`; of several hosts the first
/// one is named, and a file becomes `embedded`.
fn short(place: &str) -> String {
    let Some((scheme, rest)) = place.split_once("://") else {
        return place.split(':').next().unwrap_or(place).to_owned();
    };
    let authority = rest.split(['/', ',']).next().unwrap_or(rest);
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    };
    format!("{scheme} {host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broker_is_named_by_its_scheme_and_host() {
        for (place, name) in [
            ("postgres://localhost:5432/shop", "postgres localhost"),
            ("amqp://rabbit.example.com:5672/", "amqp rabbit.example.com"),
            ("amqps://[::1]:5671/shop", "amqps [::1]"),
            ("amqp://one.example.com:5672,two.example.com:5672/shop", "amqp one.example.com"),
            ("embedded:/var/lib/app/pubsub.redb", "embedded"),
        ] {
            assert_eq!(short(place), name);
        }
    }
}
