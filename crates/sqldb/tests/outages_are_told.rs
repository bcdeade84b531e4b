//! A database that goes away and comes back, as the operators see it.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use caller::{Caller, core, url};
use twinloop_runtime::mailbox::{Batch, ITEM_INTS, Kind};
use twinloop_runtime::telemetry::{Measured, telemetry};

#[path = "support/caller.rs"]
mod caller;

/// What stands between a pool and its server, and can be taken away.
struct Gate {
    address: String,
    open: Arc<Mutex<Vec<TcpStream>>>,
    listener: TcpListener,
}

impl Gate {
    /// Opens the gate; `server` is where it leads.
    fn open(address: &str, server: String) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let open: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let (accepting, held) = (listener.try_clone().unwrap(), Arc::clone(&open));
        std::thread::spawn(move || {
            for near in accepting.incoming() {
                let Ok(near) = near else { return };
                let Ok(far) = TcpStream::connect(&server) else { continue };
                held.lock().unwrap().extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                pipe(near.try_clone().unwrap(), far.try_clone().unwrap());
                pipe(far, near);
            }
        });
        Self { address: listener.local_addr().unwrap().to_string(), open, listener }
    }

    /// Cuts all connections and takes no more.
    fn close(self) {
        // An accept that is under way ends with an error.
        let _ = self.listener.set_nonblocking(true);
        let _ = TcpStream::connect(&self.address);
        for stream in self.open.lock().unwrap().drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn pipe(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}

fn is_lost(name: &str) -> bool {
    core().lost_dependencies().iter().any(|lost| lost.name == name)
}

fn until(what: &str, probe: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !probe() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// The lines of the log that name the database, since they were last asked for.
fn lines(log: &Caller) -> Vec<String> {
    let (mut lines, mut batch) = (Vec::new(), Batch::default());
    loop {
        log.0.port.drain(&mut batch, 1);
        let Some(item) = batch.ints().chunks(ITEM_INTS).next() else { return lines };
        let line = String::from_utf8([batch.narrow(), batch.wide()].concat()).unwrap();
        if item[0] & 0xff == Kind::Log as i32 && line.contains("database outage") {
            lines.push(serde_json::from_str::<serde_json::Value>(&line).unwrap()["msg"].to_string());
        }
    }
}

/// What the metric says of the database.
fn up() -> Option<Measured> {
    let all =
        telemetry().metrics.collect().into_iter().filter(|one| one.spec.name == "twinloop.dependency.up");
    let mut points = all.flat_map(|one| one.points);
    points.find(|point| point.labels == ["database outage"]).map(|point| point.measured)
}

#[test]
fn a_database_that_is_lost_is_told_and_so_is_its_return_while_nobody_asks() {
    let base = url("outage");
    let (head, rest) = base.split_once('@').unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let gate = Gate::open("127.0.0.1:0", host.to_owned());
    let address = gate.address.clone();
    let through = format!("{head}@{address}/{path}");

    // The log goes to the first isolate.
    let (log, caller) = (Caller::new(), Caller::new());
    let pool = caller.open_at(&through, "outage");
    caller.query(pool, "0,0", "select 1").unwrap();
    assert!(!is_lost("database outage"));
    assert_eq!((up(), lines(&log).len()), (Some(Measured::Number(1.0)), 0));

    gate.close();
    until("the loss was not told", || is_lost("database outage"));
    for _ in 0..3 {
        assert!(caller.query(pool, "0,0", "select 1").is_err());
    }
    let told = lines(&log);
    assert!(told.len() == 1 && told[0].contains("lost database outage"), "{told:?}");
    assert_eq!(up(), Some(Measured::Number(0.0)));

    let _gate = Gate::open(&address, host.to_owned());
    until("the return was not told", || !is_lost("database outage"));
    let told = lines(&log);
    assert!(told.len() == 1 && told[0].contains("reached database outage again"), "{told:?}");
    assert_eq!(up(), Some(Measured::Number(1.0)));
    caller.query(pool, "0,0", "select 1").unwrap();
}
