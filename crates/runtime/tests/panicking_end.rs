//! A component that panics when an isolate ends.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::json;
use twinloop_mailbox::{Batch, Gone, Job, Limits, Outcome, Text};
use twinloop_runtime::{Answering, Component, Core, Failure, Invocation, Isolate, Level};

struct Panics;

impl Component for Panics {
    fn name(&self) -> &'static str {
        "panics"
    }

    fn call(&self, _invocation: Invocation) -> Answering {
        Box::pin(async { Err(Failure::unimplemented("nothing can be asked of it")) })
    }

    fn heir(&self) -> Option<Arc<Isolate>> {
        panic!("injected into the choice of an heir");
    }

    fn isolate_ended(&self, _isolate: &Isolate) {
        panic!("injected into the end of an isolate");
    }
}

#[derive(Clone, Default)]
struct Remembers(Arc<AtomicUsize>);

impl Component for Remembers {
    fn name(&self) -> &'static str {
        "remembers"
    }

    fn call(&self, _invocation: Invocation) -> Answering {
        Box::pin(async { Err(Failure::unimplemented("nothing can be asked of it")) })
    }

    fn isolate_ended(&self, isolate: &Isolate) {
        self.0.store(isolate.id as usize, Ordering::SeqCst);
    }
}

#[test]
fn s07_a_component_that_panics_at_the_end_of_an_isolate_costs_nobody_else_anything() {
    let remembers = Remembers::default();
    let core = Core::get_or_build(|| vec![Box::new(Panics), Box::new(remembers.clone())]).unwrap();
    let woken = Arc::new(Mutex::new(0));
    let isolate = core.attach(Limits::default(), move || *woken.lock().unwrap() += 1);
    let submit = || {
        let job = Job {
            component: 0,
            is_counted: true,
            target: 0,
            text: Text::default(),
            context: None,
            timeout: None,
            intake: None,
        };
        isolate.port.submit(job).unwrap()
    };
    let delivered = submit();
    isolate.port.drain(&mut Batch::default(), 1);
    let queued = submit();
    core.detach(isolate.id);
    assert_eq!(remembers.0.load(Ordering::SeqCst), isolate.id as usize);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(matches!(runtime.block_on(delivered), Outcome::Gone(Gone::IsolateGone)));
    assert!(matches!(runtime.block_on(queued), Outcome::Gone(Gone::Overloaded)));
    core.log(Level::Info, "serves on", &json!({}));
    assert!(core.isolates().is_empty());
}
