//! What a primitive implements to be reachable from an isolate.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use twinloop_mailbox::{Kind, Text};

use crate::core::Core;
use crate::failure::Failure;
use crate::isolate::Isolate;
use crate::sql::Sql;

/// One call an isolate made.
pub struct Invocation {
    /// The process-wide core.
    pub core: &'static Core,
    /// Who called.
    pub isolate: Arc<Isolate>,
    /// Which operation of the component.
    pub operation: u16,
    /// Its arguments.
    pub payload: Bytes,
}

impl Invocation {
    /// The arguments as a value of type `T`.
    pub fn arguments<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.payload).map_err(|error| Failure::bad_arguments(&error))
    }
}

/// The text an operation resolves with.
pub type Answer = Result<Text, Failure>;

/// A running operation.
pub type Operation = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// A primitive's Rust half.
pub trait Component: Send + Sync {
    /// The package it backs, for logs.
    fn name(&self) -> &'static str;

    /// Runs one operation. It is polled inside the runtime; a panic becomes an `internal` failure.
    fn call(&self, invocation: Invocation) -> Operation;

    /// Who gets the work of this kind that an ended isolate had not seen; `None` lets it end as not begun.
    fn heir(&self, _kind: Kind) -> Option<Arc<Isolate>> {
        None
    }

    /// PostgreSQL, from the component that speaks to it.
    fn sql(&self) -> Option<&dyn Sql> {
        None
    }

    /// An isolate has ended; whatever it held is to be released. Must not block.
    ///
    /// Comes once more after each operation of that isolate that was still running: what it has opened is released too.
    fn isolate_ended(&self, _isolate: &Isolate) {}
}
