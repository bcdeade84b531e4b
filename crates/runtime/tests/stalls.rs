//! Stalls of an event loop, which a thread without JavaScript plays: who is named, and by what line.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use serde_json::Value;
use twinloop_runtime::mailbox::{Batch, Context, ITEM_INTS, Job, Kind, Limits, Pending, Text};
use twinloop_runtime::telemetry::{NEVER, telemetry};
use twinloop_runtime::{BatchProgress, Core, EventLoop, Isolate};

const LIMIT: Duration = Duration::from_millis(60);

struct Named(&'static str);

impl Context for Named {
    fn get(&self, name: &str) -> Option<String> {
        (name == "request-id").then(|| format!("trace of {}", self.0))
    }
    fn all(&self) -> String {
        String::new()
    }
    fn label(&self) -> Option<String> {
        Some(self.0.to_owned())
    }
}

/// An isolate that blocks for as long as its test wants.
struct Blocking {
    isolate: Arc<Isolate>,
    progress: Arc<Mutex<BatchProgress>>,
    /// A message for each look at the progress.
    looks: mpsc::Receiver<()>,
    _wakes: mpsc::Receiver<()>,
}

impl Blocking {
    fn attach() -> Self {
        let core = Core::get_or_build(Vec::new).unwrap();
        let (wake, wakes) = mpsc::channel();
        let isolate = core.attach(Limits::default(), move || _ = wake.send(()));
        EventLoop::watch(core, &isolate);
        let progress = Arc::<Mutex<BatchProgress>>::default();
        let (look, looks) = mpsc::channel();
        let told = Arc::clone(&progress);
        isolate.progress_by(move || {
            let _ = look.send(());
            told.lock().unwrap().clone()
        });
        Self { isolate, progress, looks, _wakes: wakes }
    }

    fn submit(&self, name: &'static str) -> Pending {
        let job = Job {
            component: 0,
            is_counted: true,
            target: 0,
            text: Text::from("{}"),
            context: Some(Arc::new(Named(name))),
            timeout: None,
            intake: None,
        };
        self.isolate.port.submit(job).unwrap()
    }

    /// Takes a batch, and is about to run this item of it; none, where all have run.
    fn drain(&self, item: Option<usize>) -> Batch {
        let mut batch = Batch::default();
        self.isolate.port.drain(&mut batch, 64);
        *self.progress.lock().unwrap() = BatchProgress { ints: batch.ints().to_vec(), item };
        batch
    }

    /// Blocks until it was looked at, and for as long as this.
    fn block(&self, at_least: Duration) {
        let until = Instant::now() + at_least;
        self.looks.recv_timeout(Duration::from_secs(10)).expect("nobody looked at a stalled isolate");
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
    }

    /// The warnings that it is to print, by their messages and fields. Takes all that is waiting.
    fn warnings(&self) -> Vec<(String, Value)> {
        let batch = self.drain(None);
        let mut from = 0;
        let lines = batch.ints().chunks_exact(ITEM_INTS).filter_map(|item| {
            let end = usize::try_from(item[3]).unwrap();
            let text = &batch.narrow()[from..end];
            from = end;
            (item[0] & 0xff == Kind::Log as i32).then(|| serde_json::from_slice::<Value>(text).unwrap())
        });
        lines.map(|line| (line["msg"].as_str().unwrap().to_owned(), line["fields"].clone())).collect()
    }
}

/// One test, because the limit is the process's and the first isolate prints for all.
#[test]
fn a_stall_is_told_of_with_the_handler_that_blocks() {
    let isolate = Blocking::attach();
    // Not configured yet, nobody looks.
    let idle = isolate.submit("idle");
    isolate.drain(Some(0));
    std::thread::sleep(2 * LIMIT);
    isolate.drain(None);
    assert!(isolate.looks.try_recv().is_err());
    assert_eq!(isolate.warnings(), []);
    drop(idle);
    isolate.drain(None);

    telemetry().settings.set_stall(LIMIT);
    let _first = (isolate.submit("quick.one"), isolate.submit("shop.block"));
    isolate.drain(Some(1));
    isolate.block(2 * LIMIT);
    isolate.drain(None);
    let [(message, fields)] = &isolate.warnings()[..] else { panic!("no warning, or more than one") };
    assert!(message.starts_with("blocked the event loop for "), "{message}");
    assert!(message.ends_with(" ms: shop.block"), "{message}");
    assert_eq!(fields["isolate"], isolate.isolate.id);
    assert_eq!(
        (&fields["handler"], &fields["trace_id"]),
        (&"shop.block".into(), &"trace of shop.block".into())
    );
    assert!(fields["blockedMs"].as_u64().unwrap() >= 120, "{fields}");

    // All items have run, and what they have resumed blocks.
    while isolate.looks.try_recv().is_ok() {}
    isolate.drain(None);
    isolate.block(3 * LIMIT);
    isolate.drain(None);
    let [(message, fields)] = &isolate.warnings()[..] else { panic!("no warning, or more than one") };
    assert!(message.ends_with(" ms: one of quick.one, shop.block"), "{message}");
    assert_eq!(fields["candidates"], serde_json::json!(["quick.one", "shop.block"]));
    assert_eq!(fields.get("handler"), None);

    telemetry().settings.set_stall(NEVER);
    isolate.drain(None);
    std::thread::sleep(2 * LIMIT);
    isolate.drain(None);
    assert_eq!(isolate.warnings(), []);
}
