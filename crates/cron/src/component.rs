//! The component: what isolates call.

use twinloop_runtime::{Component, Failure, Invocation, Operation};

/// Number 4 in every frame.
#[derive(Default)]
struct Cron;

/// The component, with nothing declared.
pub fn component() -> Box<dyn Component> {
    Box::new(Cron)
}

impl Component for Cron {
    fn name(&self) -> &'static str {
        "cron"
    }

    fn call(&self, invocation: Invocation) -> Operation {
        Box::pin(async move {
            Err(Failure::new("unimplemented", format!("cron has no operation {}", invocation.operation)))
        })
    }
}
