//! A database that goes away and comes back, as the operators see it.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use caller::{Caller, core, url};

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

#[test]
fn a_database_that_is_lost_is_told_and_so_is_its_return_while_nobody_asks() {
    let base = url("outage");
    let (head, rest) = base.split_once('@').unwrap();
    let (host, path) = rest.split_once('/').unwrap();
    let gate = Gate::open("127.0.0.1:0", host.to_owned());
    let address = gate.address.clone();
    let through = format!("{head}@{address}/{path}");

    let caller = Caller::new();
    let pool = caller.open_at(&through, "outage");
    caller.query(pool, "0,0", "select 1").unwrap();
    assert!(!is_lost("database outage"));

    gate.close();
    until("the loss was not told", || is_lost("database outage"));
    assert!(caller.query(pool, "0,0", "select 1").is_err());

    let _gate = Gate::open(&address, host.to_owned());
    until("the return was not told", || !is_lost("database outage"));
    // The log's lines are in the same mailbox, before the answer.
    until("the database does not answer", || caller.query(pool, "0,0", "select 1").is_ok());
}
