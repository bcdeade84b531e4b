//! The trait by which isolates reach a primitive.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
use twinloop_mailbox::Text;

use crate::core::Core;
use crate::failure::Failure;
use crate::isolate::Isolate;
use crate::operations::OperationDescription;
use crate::sql::Sql;
use crate::telemetry::CallOrigin;

/// One call an isolate made.
pub struct Invocation {
    /// The process-wide core.
    pub core: &'static Core,
    /// The isolate that called.
    pub isolate: Arc<Isolate>,
    /// The operation and span that what the call does belongs to.
    pub caller: CallOrigin,
    /// The number of the component's operation.
    pub operation: u16,
    /// The operation's arguments, JSON unless the operation says otherwise.
    pub payload: Bytes,
}

/// The text that an operation resolves with, or its failure.
pub type Answer = Result<Text, Failure>;

/// An operation that is being answered.
pub type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// The text that an instant operation answers with, held by a type of the component's own, which may wipe it on drop;
/// `None` becomes `null`.
pub type InstantAnswer = Result<Option<Box<dyn AsRef<str>>>, Failure>;

/// The operations of a primitive that are answered at once, on the thread of the isolate that asks. Such an operation needs neither a
/// component nor the runtime, and must not wait for anything but local files.
#[derive(Clone, Copy, Serialize)]
pub struct InstantOperations {
    /// The operations that isolates may ask for.
    pub operations: &'static [OperationDescription],
    /// Answers the operation of this number. The payload is the operation's own, to wipe where it may hold a secret.
    #[serde(skip)]
    pub answer: fn(u16, String) -> InstantAnswer,
}

/// A primitive as a build of the addon lists it; in JSON its name and its operations.
#[derive(Clone, Copy, Serialize)]
pub struct Primitive {
    /// The name by which its package finds it, such as `cron`.
    pub name: &'static str,
    /// The operations that isolates may call.
    pub operations: &'static [OperationDescription],
    /// The operations that isolates are answered at once, before and beside the runtime; most primitives have none.
    pub instant: Option<InstantOperations>,
    /// Makes the component, given the number that it has in every call and job.
    #[serde(skip)]
    pub make: fn(u16) -> Box<dyn Component>,
}

/// A primitive's Rust half.
pub trait Component: Send + Sync {
    /// The component's name, for logs.
    fn name(&self) -> &'static str;

    /// Runs one operation. The future is polled inside the runtime; a panic becomes an `internal` failure.
    fn call(&self, invocation: Invocation) -> Answering;

    /// The isolate that gets the component's jobs which an ended isolate had not seen; `None` lets them end as not begun.
    fn heir(&self) -> Option<Arc<Isolate>> {
        None
    }

    /// PostgreSQL, from the component that speaks to it.
    fn sql(&self) -> Option<&dyn Sql> {
        None
    }

    /// Releases what an isolate that has ended held. Must not block.
    ///
    /// Called again after each operation of the isolate that was still running, to release what that operation has opened.
    fn isolate_ended(&self, _isolate: &Isolate) {}
}
