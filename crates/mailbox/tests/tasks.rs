//! The port with its three tasks on a real runtime and an isolate played by a thread.

#![allow(
    clippy::cast_sign_loss,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and knows its own numbers"
)]

use std::future::Future;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use twinloop_mailbox::{Batch, Drained, Gone, ITEM_INTS, Job, Limits, Observer, Outcome, Text, tasks};

const REPLY: i32 = 1 | (1 << 8);
const CALL: i32 = 5 | (1 << 8);

/// Echoes every request until its wake channel closes.
fn run_isolate(port: &twinloop_mailbox::Port, wakes: &mpsc::Receiver<()>) -> (usize, usize) {
    let (mut batch, mut items, mut batches) = (Batch::default(), 0, 0);
    while wakes.recv().is_ok() {
        loop {
            let more = port.drain(&mut batch, 256);
            let mut entries = Vec::new();
            let mut text = Vec::new();
            let mut from = 0;
            for item in batch.ints().chunks_exact(ITEM_INTS) {
                entries.extend_from_slice(&[REPLY, item[1], 200]);
                text.extend_from_slice(&batch.narrow()[from..item[3] as usize]);
                text.push(b'\n');
                from = item[3] as usize;
            }
            items += batch.len();
            batches += usize::from(!batch.is_empty());
            port.settle(&entries, batch.len(), &Bytes::from(text)).unwrap();
            if !more {
                break;
            }
        }
    }
    (items, batches)
}

#[test]
fn thousands_of_jobs_all_come_back_right_in_few_batches() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (wake, wakes) = mpsc::channel();
    let wired = tasks::wire(Limits::default(), move || _ = wake.send(()), |_| ());
    let tasks =
        [runtime.spawn(wired.notifier), runtime.spawn(wired.distributor), runtime.spawn(wired.sweeper)];
    let port = wired.port;
    let isolate = std::thread::spawn({
        let port = port.clone();
        move || run_isolate(&port, &wakes)
    });
    let clients: Vec<_> = (0..50)
        .map(|client| {
            let port = port.clone();
            runtime.spawn(async move {
                for round in 0..200 {
                    let text = Text::from(format!("{client}.{round}"));
                    let job = Job {
                        component: 0,
                        is_counted: true,
                        target: 0,
                        text,
                        context: None,
                        timeout: Some(Duration::from_secs(20)),
                        intake: None,
                    };
                    match port.submit(job).unwrap().await {
                        Outcome::Reply(reply) => assert_eq!(reply.body, format!("{client}.{round}")),
                        Outcome::Stream(stream) => panic!("in pieces: {stream:?}"),
                        Outcome::Gone(gone) => panic!("lost: {gone:?}"),
                    }
                }
            })
        })
        .collect();
    for client in clients {
        runtime.block_on(client).unwrap();
    }
    assert_eq!(port.load(), 0);
    tasks.iter().for_each(tokio::task::JoinHandle::abort);
    drop(runtime);
    let (items, batches) = isolate.join().unwrap();
    assert_eq!(items, 10_000);
    assert!(batches * 4 <= items, "{batches} batches for {items} items");
}

struct PanicsOnDrop;

impl twinloop_mailbox::Context for PanicsOnDrop {
    fn get(&self, _name: &str) -> Option<String> {
        None
    }

    fn all(&self) -> String {
        String::new()
    }
}

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        panic!("injected into the end of a job");
    }
}

/// A waker that panics when it is woken.
struct PanicsOnWake;

impl std::task::Wake for PanicsOnWake {
    fn wake(self: std::sync::Arc<Self>) {
        panic!("injected into a wake");
    }
}

#[test]
fn s07_what_settles_beside_jobs_that_panic_at_their_end_arrives() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (taken, calls) = mpsc::channel();
    let wired = tasks::wire(Limits::default(), || (), move |call| _ = taken.send(call.id));
    let port = wired.port;
    let submit = || {
        let context: Option<std::sync::Arc<dyn twinloop_mailbox::Context>> =
            Some(std::sync::Arc::new(PanicsOnDrop));
        port.submit(Job {
            component: 0,
            is_counted: true,
            target: 0,
            text: Text::default(),
            context,
            timeout: None,
            intake: None,
        })
        .unwrap()
    };
    let (mut first, second) = (submit(), submit());
    let waker = std::task::Waker::from(std::sync::Arc::new(PanicsOnWake));
    assert!(std::pin::pin!(&mut first).poll(&mut std::task::Context::from_waker(&waker)).is_pending());
    let second = runtime.spawn(second);
    let mut batch = Batch::default();
    port.drain(&mut batch, 8);
    let ids: Vec<i32> = batch.ints().chunks_exact(ITEM_INTS).map(|item| item[1]).collect();
    let entries = [REPLY, ids[0], 200, REPLY, ids[1], 200, CALL, 7, 0];
    port.settle(&entries, 3, &Bytes::from_static(b"1\n2\n{}\n")).unwrap();
    runtime.spawn(wired.distributor);
    assert_eq!(calls.recv_timeout(Duration::from_secs(5)), Ok(7));
    assert!(matches!(runtime.block_on(second), Ok(Outcome::Reply(reply)) if reply.body == "2"));
}

#[test]
fn s07_time_limits_are_kept_after_a_job_panicked_at_its_end() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let wired = tasks::wire(Limits::default(), || (), |_| ());
    runtime.spawn(wired.sweeper);
    let port = wired.port;
    let job = |context| {
        let timeout = Some(Duration::from_millis(20));
        Job {
            component: 0,
            is_counted: true,
            target: 0,
            text: Text::default(),
            context,
            timeout,
            intake: None,
        }
    };
    let first = port.submit(job(Some(std::sync::Arc::new(PanicsOnDrop)))).unwrap();
    assert!(matches!(runtime.block_on(first), Outcome::Gone(Gone::Overloaded)));
    let second = port.submit(job(None)).unwrap();
    let ended = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(5), second).await });
    assert!(matches!(ended, Ok(Outcome::Gone(Gone::Overloaded))));
}

#[test]
fn the_tasks_beside_a_port_end_with_it() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let wired = tasks::wire(Limits::default(), || (), |_| ());
    let tasks =
        [runtime.spawn(wired.notifier), runtime.spawn(wired.distributor), runtime.spawn(wired.sweeper)];
    wired.port.close(|_| None);
    for task in tasks {
        let ended = runtime.block_on(async { tokio::time::timeout(Duration::from_secs(5), task).await });
        assert!(ended.is_ok());
    }
}

/// Tells of each sight of an isolate that does not come.
struct Sights(mpsc::Sender<Duration>);

impl Observer for Sights {
    fn measures(&self) -> bool {
        true
    }
    fn drained(&self, _drained: Drained) {}
    fn probe_interval(&self) -> Option<Duration> {
        Some(Duration::from_millis(10))
    }
    fn waiting(&self, rung: Instant, now: Instant) {
        let _ = self.0.send(now.saturating_duration_since(rung));
    }
}

#[test]
fn an_isolate_that_has_a_job_and_is_woken_by_nothing_is_asked_for_a_sign_of_life() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (wake, wakes) = mpsc::channel();
    let (sight, sights) = mpsc::channel();
    let wired = tasks::wire(Limits::default(), move || _ = wake.send(()), |_| ());
    wired.port.observe(Box::new(Sights(sight)));
    runtime.spawn(wired.notifier);
    runtime.spawn(wired.sweeper);
    let pending = wired
        .port
        .submit(Job {
            component: 0,
            is_counted: true,
            target: 0,
            text: Text::default(),
            context: None,
            timeout: None,
            intake: None,
        })
        .unwrap();
    wakes.recv_timeout(Duration::from_secs(5)).unwrap();
    wired.port.drain(&mut Batch::default(), 8);
    // The handler blocks from here on: the next wake is the question, and what follows are its ticks without an answer.
    wakes.recv_timeout(Duration::from_secs(5)).unwrap();
    let seen: Vec<Duration> = (0..3).map(|_| sights.recv_timeout(Duration::from_secs(5)).unwrap()).collect();
    assert!(seen.is_sorted(), "{seen:?}");
    drop(pending);
}
