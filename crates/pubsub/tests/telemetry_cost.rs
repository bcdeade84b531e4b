//! What telemetry costs a message, from its publish to its acknowledgement, over the memory provider. Run by hand:
//! `cargo test --release -p twinloop-pubsub --test telemetry_cost -- --ignored --nocapture`.

#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::cast_precision_loss, reason = "a measurement")]

use std::sync::Arc;
use std::thread::Thread;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use twinloop_runtime::mailbox::{Batch, ITEM_INTS, Kind, Limits};
use twinloop_runtime::telemetry::{
    AccessEntry, FinishedOperation, Sampler, SamplerKind, TelemetryReader, telemetry,
};
use twinloop_runtime::{Core, Isolate};

const CALL: i32 = 5 | (1 << 8);
const REPLY: i32 = 1 | (1 << 8);
const MESSAGES: usize = 100_000;
/// Publishes of one turn.
const TURN: usize = 64;
const ROUNDS: usize = 5;

/// A reader that keeps nothing.
struct Nobody;

impl TelemetryReader for Nobody {
    fn wants_traces(&self) -> bool {
        true
    }
    fn finished(&self, operation: FinishedOperation) {
        std::hint::black_box(&operation);
    }
    fn access(&self, _: &AccessEntry<'_>) {}
}

/// The process's CPU time in seconds. Source: proc(5), fields 14 and 15 of `stat`, in hundredths of a second.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(") ").unwrap().1.split(' ').collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

/// An isolate whose handlers do nothing.
struct Idle(Arc<Isolate>);

impl Idle {
    fn attach(core: &'static Core) -> Self {
        let thread: Thread = std::thread::current();
        Self(core.attach(Limits::default(), move || thread.unpark()))
    }

    fn send(&self, entries: &[i32], text: String) {
        self.0.port.settle(entries, entries.len() / 3, &Bytes::from(text)).unwrap();
    }

    /// Waits for items, replies to jobs, and returns how many jobs and completions there were.
    fn turn(&self, batch: &mut Batch) -> (usize, usize) {
        while !self.0.port.drain(batch, 256) && batch.ints().is_empty() {
            std::thread::park_timeout(Duration::from_millis(100));
        }
        let (mut replies, mut completed) = (Vec::new(), 0);
        for item in batch.ints().chunks(ITEM_INTS) {
            match item[0] & 0xff {
                kind if kind == Kind::Job as i32 => replies.extend([REPLY, item[1], 200]),
                kind if kind == Kind::Completed as i32 => completed += 1,
                kind => assert_ne!(kind, Kind::Failed as i32),
            }
        }
        let jobs = replies.len() / 3;
        if jobs > 0 {
            self.send(&replies, "\n".repeat(jobs));
        }
        (jobs, completed)
    }

    /// Publishes messages, [`TURN`] at once, and handles them; returns the CPU time of each in microseconds.
    fn run(&self, messages: usize) -> f64 {
        let publish = i32::from(operation("publish")) << 16;
        let entries: Vec<i32> = (0..TURN).flat_map(|_| [CALL, 7, publish]).collect();
        let text = r#"[1,0,0,{"id":12345,"name":"a message of some size","at":"2026-01-01T00:00:00Z"}]"#;
        let text = format!("{text}\n").repeat(TURN);
        let (mut batch, began) = (Batch::default(), cpu_seconds());
        for _ in 0..messages / TURN {
            self.send(&entries, text.clone());
            let (mut handled, mut completed) = (0, 0);
            while handled < TURN || completed < TURN {
                let (jobs, completions) = self.turn(&mut batch);
                handled += jobs;
                completed += completions;
            }
        }
        (cpu_seconds() - began) * 1e6 / messages as f64
    }

    fn call(&self, name: &str, arguments: &str) {
        self.send(&[CALL, 1, i32::from(operation(name)) << 16], format!("{arguments}\n"));
        while self.turn(&mut Batch::default()).1 == 0 {}
    }
}

fn operation(name: &str) -> u16 {
    let known = twinloop_pubsub::PRIMITIVE.operations;
    known.iter().find(|each| each.name() == name).unwrap().number
}

#[test]
#[ignore = "a measurement"]
fn what_telemetry_costs_a_message() {
    let core = Core::get_or_build(|| vec![twinloop_pubsub::component(0)]).unwrap();
    let isolate = Idle::attach(core);
    let asked = json!({ "url": "memory:", "root": "", "types": [], "topics": [{
        "name": "t", "type": null, "ordered": false, "orderingAttribute": null, "maxMessageBytes": 1000,
        "subscriptions": [{
            "name": "s", "maxConcurrency": 256, "ackDeadlineMs": 60_000, "retentionMs": 600_000,
            "timeoutMs": 60_000, "minBackoffMs": 1, "maxBackoffMs": 1, "maxRetries": 1,
        }],
    }] });
    isolate.call("open", &asked.to_string());
    isolate.call("subscribe", "[1]");
    isolate.run(MESSAGES / 5);
    let settings = &telemetry().settings;
    let sample =
        |share| telemetry().sample_by(Sampler { kind: SamplerKind::Ratio(share), is_parent_based: true });
    let modes: [(&str, &dyn Fn()); 4] = [
        ("off", &|| settings.collect(false, false)),
        ("metrics", &|| settings.set_reads_metrics(true)),
        ("traces at 1 %", &|| {
            sample(0.01);
            telemetry().read_by(Some(Arc::new(Nobody)));
            settings.collect(true, false);
        }),
        ("traces at 100 %", &|| sample(1.0)),
    ];
    let mut all = vec![Vec::new(); modes.len()];
    for _ in 0..ROUNDS {
        settings.set_reads_metrics(false);
        for ((_, begin), figures) in modes.iter().zip(&mut all) {
            begin();
            figures.push(isolate.run(MESSAGES));
        }
    }
    for ((name, _), mut figures) in modes.into_iter().zip(all) {
        figures.sort_by(f64::total_cmp);
        println!("{name}: {:.2} µs of CPU a message (least {:.2})", figures[ROUNDS / 2], figures[0]);
    }
}
