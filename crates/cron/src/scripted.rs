//! A clock and an isolate that are moved by hand, for the tests of the engine.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;
use twinloop_mailbox::{Batch, Kind, Limits};
use twinloop_runtime::{Core, Isolate};

use crate::clock::{Clock, Instant};

/// A clock that shows what it is set to.
pub(crate) struct SetClock {
    shown: Mutex<Instant>,
    set: Notify,
}

impl SetClock {
    pub(crate) fn at(text: &str) -> Arc<Self> {
        Arc::new(Self { shown: Mutex::new(text.parse().unwrap()), set: Notify::new() })
    }

    pub(crate) fn set(&self, text: &str) {
        *self.shown.lock().unwrap() = text.parse().unwrap();
        self.set.notify_waiters();
    }
}

impl Clock for SetClock {
    fn now(&self) -> Instant {
        *self.shown.lock().unwrap()
    }

    fn sleep_until(&self, instant: Instant) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            loop {
                let set = self.set.notified();
                tokio::pin!(set);
                set.as_mut().enable();
                if self.now() >= instant {
                    return;
                }
                // Jumps back are looked at as well: a wall clock's sleep ends early.
                set.await;
                if self.now() < instant {
                    return;
                }
            }
        })
    }
}

/// An isolate that is driven by hand.
pub(crate) struct Hand {
    core: &'static Core,
    pub(crate) isolate: Arc<Isolate>,
}

/// A tick that has come.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    pub(crate) id: i32,
    /// As `[scheduledAt, attempt]`.
    pub(crate) text: String,
}

impl Tick {
    pub(crate) fn scheduled_at(&self) -> i64 {
        serde_json::from_str::<(i64, u32)>(&self.text).unwrap().0
    }

    pub(crate) fn attempt(&self) -> u32 {
        serde_json::from_str::<(i64, u32)>(&self.text).unwrap().1
    }
}

impl Hand {
    pub(crate) fn attach(core: &'static Core) -> Self {
        Self { core, isolate: core.attach(Limits::default(), || ()) }
    }

    /// The next item of this kind that has come.
    pub(crate) fn take(&self, kind: Kind) -> Option<Tick> {
        loop {
            let mut batch = Batch::default();
            self.isolate.port.drain(&mut batch, 1);
            let text = String::from_utf8(batch.narrow().to_vec()).unwrap();
            match batch.ints() {
                [head, id, ..] if head & 0xff == kind as i32 => return Some(Tick { id: *id, text }),
                [] => return None,
                _ => {}
            }
        }
    }

    /// Waits for the next item of this kind.
    pub(crate) async fn next(&self, kind: Kind) -> Tick {
        let found = async {
            loop {
                match self.take(kind) {
                    Some(tick) => return tick,
                    None => tokio::time::sleep(Duration::from_millis(5)).await,
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), found).await.unwrap()
    }

    /// Answers `id`.
    pub(crate) fn reply(&self, id: i32) {
        const REPLY: i32 = 0x101;
        self.isolate.port.settle(&[REPLY, id, 200], 1, &Bytes::from_static(b"\n")).unwrap();
    }

    /// Fails `id`.
    pub(crate) fn fail(&self, id: i32) {
        const FAIL: i32 = 0x104;
        let error = Bytes::from_static(b"{\"code\":\"unknown\",\"message\":\"it broke\"}\n");
        self.isolate.port.settle(&[FAIL, id, 500], 1, &error).unwrap();
    }

    /// Ends it, as a worker that is terminated does.
    pub(crate) fn end(&self) {
        self.core.detach(self.isolate.id);
    }
}

impl Drop for Hand {
    fn drop(&mut self) {
        self.end();
    }
}
