//! An isolate that calls the component, as JavaScript would.

#![allow(dead_code, clippy::unwrap_used, reason = "each test uses its part, and fails where it fails")]

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use twinloop_runtime::mailbox::{Batch, Kind, Limits};
use twinloop_runtime::{Core, Isolate};

/// The component's place in this core.
const SQLDB: i32 = 0;
const CALL: i32 = 5 | (1 << 8);
const OPEN: i32 = 1;
const QUERY: i32 = 2;
const ACQUIRE: i32 = 4;
pub(crate) const COUNTS: i32 = 18;

pub(crate) const LIMITS: &str = r#"{"maxConnections":4,"connectTimeout":5000,"acquireTimeout":2000,"idleTimeout":60000,
    "maxLifetime":3600000,"transactionIdleTimeout":60000}"#;

pub(crate) fn url(name: &str) -> String {
    let base = std::env::var("DATABASE_URL")
        .unwrap_or_else(|_| "postgres://postgres@127.0.0.1:5432/test".to_owned());
    format!("{base}?application_name={name}-{}", std::process::id())
}

/// An isolate of a test's own.
pub(crate) struct Caller(pub(crate) Arc<Isolate>);

impl Caller {
    pub(crate) fn new() -> Self {
        let core = core();
        Self(core.attach(Limits::default(), || {}))
    }

    /// Makes one call and waits for its answer.
    pub(crate) fn call(&self, operation: i32, argument: &str) -> Result<String, String> {
        let text = Bytes::from(format!("{}\n", argument.replace('\n', " ")));
        self.0.port.settle(&[CALL, 7, SQLDB | (operation << 16)], 1, &text).unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        let mut batch = Batch::default();
        while Instant::now() < deadline {
            self.0.port.drain(&mut batch, 16);
            if let Some(head) = batch.ints().first().copied() {
                // A long text crosses by itself.
                let own = batch.take_own(0).map(|text| text.bytes);
                let text = own.unwrap_or_else(|| [batch.narrow(), batch.wide()].concat());
                let text = String::from_utf8(text).unwrap();
                return if head & 0xff == Kind::Completed as i32 { Ok(text) } else { Err(text) };
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("no answer to {operation} {argument}");
    }

    pub(crate) fn open(&self, name: &str) -> u32 {
        self.open_at(&url(name), name)
    }

    pub(crate) fn open_at(&self, url: &str, name: &str) -> u32 {
        let answer = self.call(OPEN, &format!("[{url:?},{LIMITS},false,{name:?}]")).unwrap();
        serde_json::from_str::<serde_json::Value>(&answer).unwrap()[0].as_u64().unwrap().try_into().unwrap()
    }

    /// Takes a connection alone and gives the number of its session.
    pub(crate) fn acquire(&self, argument: &str) -> u32 {
        let answer = self.call(ACQUIRE, argument).unwrap();
        serde_json::from_str::<(u32, i32)>(&answer).unwrap().0
    }

    pub(crate) fn acquire_error(&self, argument: &str) -> String {
        self.call(ACQUIRE, argument).unwrap_err()
    }

    pub(crate) fn query(&self, pool: u32, session: &str, sql: &str) -> Result<String, String> {
        self.call(QUERY, &format!("[[{pool},{session}],5000,0,0,0,{sql:?},[]]"))
    }
}

pub(crate) fn core() -> &'static Core {
    Core::get_or_build(|| vec![twinloop_sqldb::component()]).unwrap()
}
