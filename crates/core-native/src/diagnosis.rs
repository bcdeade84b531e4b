//! The diagnosis component: questions about the runtime itself.

use serde_json::json;
use twinloop_runtime::{Answer, Answering, Component, Invocation, Primitive, json_text};

use crate::schema_check::{self, Check, CheckRequest};

twinloop_runtime::operations! {
    /// An operation of diagnosis, with its arguments.
    enum Operation of "diagnosis" {
        /// Returns the numbers of I/O threads, of isolates, and of the calling isolate's jobs and unopened results.
        Stats = 1,
        /// Checks one JSON text against one type.
        Check(Check) = 2,
        /// Checks a whole request against its endpoint.
        CheckRequest(CheckRequest) = 3,
        /// Panics, for the tests that prove that panics are contained.
        #[cfg(feature = "fault-injection")]
        Panic = 4,
    }
}

/// The entry of diagnosis in the addon's list of primitives.
pub(crate) const PRIMITIVE: Primitive = Primitive {
    name: "diagnosis",
    operations: Operation::describe(),
    instant: None,
    make: |_| Box::new(Diagnosis),
};

/// The component that answers questions about the runtime.
struct Diagnosis;

impl Component for Diagnosis {
    fn name(&self) -> &'static str {
        PRIMITIVE.name
    }

    fn call(&self, invocation: Invocation) -> Answering {
        Box::pin(async move {
            match Operation::read(invocation.operation, &invocation.payload)? {
                Operation::Stats => stats(&invocation),
                Operation::Check(check) => schema_check::check(&check),
                Operation::CheckRequest(check) => schema_check::check_request(&check),
                #[cfg(feature = "fault-injection")]
                Operation::Panic => panic!("injected"),
            }
        })
    }
}

fn stats(invocation: &Invocation) -> Answer {
    let isolates = invocation.core.isolates();
    let load = invocation.isolate.port.load();
    json_text(&json!({
        "ioThreads": invocation.core.io_threads(),
        "isolates": isolates.len(),
        "inFlight": load,
        "unopened": invocation.isolate.unopened.len(),
    }))
}
