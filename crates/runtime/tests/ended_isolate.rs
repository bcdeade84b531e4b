//! What an isolate leaves behind when it ends.

#![allow(
    clippy::cast_possible_wrap,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and knows its own numbers"
)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Notify;
use twinloop_mailbox::{Limits, Text};
use twinloop_runtime::{Answering, Component, Core, Invocation, Isolate};

/// `call | one segment`, as `contract/frames.json` has it.
const CALL: i32 = 5 | (1 << 8);

/// Opens something for whoever calls it, once it is let go.
#[derive(Clone, Default)]
struct Opens {
    held_by: Arc<Mutex<Vec<u32>>>,
    begun: Arc<Notify>,
    go_on: Arc<Notify>,
    opened: Arc<Notify>,
}

impl Component for Opens {
    fn name(&self) -> &'static str {
        "opens"
    }

    fn call(&self, invocation: Invocation) -> Answering {
        let this = self.clone();
        Box::pin(async move {
            this.begun.notify_one();
            this.go_on.notified().await;
            this.held_by.lock().unwrap().push(invocation.isolate.id);
            this.opened.notify_one();
            Ok(Text::default())
        })
    }

    fn isolate_ended(&self, isolate: &Isolate) {
        self.held_by.lock().unwrap().retain(|id| *id != isolate.id);
    }
}

#[test]
fn what_an_operation_opens_after_its_isolate_has_ended_is_released() {
    let opens = Opens::default();
    let core = Core::get_or_build(|| vec![Box::new(opens.clone())]).unwrap();
    let isolate = core.attach(Limits::default(), || ());
    isolate.port.settle(&[CALL, 1, 0], 1, &Bytes::from_static(b"{}\n")).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(opens.begun.notified());
    core.detach(isolate.id);
    opens.go_on.notify_one();
    runtime.block_on(opens.opened.notified());
    let deadline = Instant::now() + Duration::from_secs(10);
    while !opens.held_by.lock().unwrap().is_empty() {
        assert!(Instant::now() < deadline, "it is still held, by {:?}", opens.held_by.lock().unwrap());
        std::thread::sleep(Duration::from_millis(1));
    }
}
