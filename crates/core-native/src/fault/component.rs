//! A component that panics where a test has armed it.

use std::sync::Arc;

use twinloop_runtime::mailbox::Kind;
use twinloop_runtime::{Component, Invocation, Isolate, Operation, Sql};

use super::injection::reach;

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

    fn call(&self, invocation: Invocation) -> Operation {
        reach(&format!("{} {}", self.name(), invocation.operation));
        self.0.call(invocation)
    }

    fn heir(&self, kind: Kind) -> Option<Arc<Isolate>> {
        self.0.heir(kind)
    }

    fn sql(&self) -> Option<&dyn Sql> {
        self.0.sql()
    }

    fn isolate_ended(&self, isolate: &Isolate) {
        reach(&format!("{} ended", self.name()));
        self.0.isolate_ended(isolate);
    }
}
