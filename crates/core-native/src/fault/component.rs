//! A component that panics at the points that a test has armed.

use std::sync::Arc;

use twinloop_runtime::{Answering, Component, Invocation, Isolate, Sql};

use super::injection::reach;

/// A component with injected panics.
pub(super) struct Faulty(Box<dyn Component>);

impl Faulty {
    pub(super) fn around(component: Box<dyn Component>) -> Box<dyn Component> {
        Box::new(Self(component))
    }
}

impl Component for Faulty {
    fn name(&self) -> &'static str {
        self.0.name()
    }

    fn call(&self, invocation: Invocation) -> Answering {
        reach(&format!("{} {}", self.name(), invocation.operation));
        self.0.call(invocation)
    }

    fn heir(&self) -> Option<Arc<Isolate>> {
        self.0.heir()
    }

    fn sql(&self) -> Option<&dyn Sql> {
        self.0.sql()
    }

    fn isolate_ended(&self, isolate: &Isolate) {
        reach(&format!("{} ended", self.name()));
        self.0.isolate_ended(isolate);
    }
}
