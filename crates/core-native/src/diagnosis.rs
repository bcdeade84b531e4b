//! What a program may ask about the runtime itself.

use serde_json::json;
use twinloop_runtime::mailbox::Text;
use twinloop_runtime::{Component, Failure, Invocation, Operation};

use crate::schema_check;

/// Component 0.
pub(crate) struct Diagnosis;

impl Component for Diagnosis {
    fn name(&self) -> &'static str {
        "core-native"
    }

    fn call(&self, invocation: Invocation) -> Operation {
        Box::pin(async move {
            match invocation.operation {
                1 => Ok(stats(&invocation)),
                2 => schema_check::check(&invocation),
                3 => schema_check::check_request(&invocation),
                #[cfg(feature = "fault-injection")]
                4 => panic!("injected"),
                other => Err(Failure::new("unimplemented", format!("diagnosis has no operation {other}"))),
            }
        })
    }
}

fn stats(invocation: &Invocation) -> Text {
    let isolates = invocation.core.isolates();
    let load = invocation.isolate.port.load();
    let answer =
        json!({ "ioThreads": invocation.core.io_threads(), "isolates": isolates.len(), "inFlight": load });
    Text::from(answer.to_string())
}
