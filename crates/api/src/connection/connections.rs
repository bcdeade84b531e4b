//! The register of a server's open connections.

use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;

use twinloop_runtime::lock;

use crate::config::Limits;
use crate::connection::clock::CoarseClock;
use crate::connection::link::Link;
use crate::connection::socket::LinkSocket;

#[derive(Default)]
struct Open {
    links: Vec<Option<Arc<Link>>>,
    free: Vec<usize>,
}

/// The open connections of a server.
#[derive(Default)]
pub(crate) struct Connections {
    open: Mutex<Open>,
    first: Notify,
    none: Notify,
}

/// A registered connection; deregistered when this is dropped.
pub(crate) struct Registration<'c> {
    connections: &'c Connections,
    link: Arc<Link>,
    slot: usize,
}

impl Connections {
    fn lock(&self) -> MutexGuard<'_, Open> {
        lock(&self.open)
    }

    /// Registers a connection.
    pub(crate) fn enter(&self, link: Arc<Link>) -> Registration<'_> {
        let mut open = self.lock();
        let was_empty = open.links.len() == open.free.len();
        let slot = open.free.pop().unwrap_or_else(|| {
            open.links.push(None);
            open.links.len() - 1
        });
        open.links[slot] = Some(Arc::clone(&link));
        drop(open);
        if was_empty {
            self.first.notify_one();
        }
        Registration { connections: self, link, slot }
    }

    fn leave(&self, slot: usize) {
        let mut open = self.lock();
        open.links[slot] = None;
        open.free.push(slot);
        let is_empty = open.links.len() == open.free.len();
        if is_empty {
            *open = Open::default();
        }
        drop(open);
        if is_empty {
            self.none.notify_waiters();
        }
    }

    /// The number of open connections and streams.
    pub(crate) fn count(&self) -> usize {
        let open = self.lock();
        open.links.len() - open.free.len()
    }

    /// The number of open connections, without the streams of those that have several.
    pub(crate) fn sockets(&self) -> usize {
        let is_own = |link: &&Arc<Link>| !matches!(link.socket, LinkSocket::Multiplexed);
        self.lock().links.iter().flatten().filter(is_own).count()
    }

    pub(crate) fn each(&self, visit: impl Fn(&Link)) {
        self.lock().links.iter().flatten().for_each(|link| visit(link));
    }

    /// Waits until no connection is open.
    pub(crate) async fn closed(&self) {
        loop {
            let none = self.none.notified();
            if self.count() == 0 {
                return;
            }
            none.await;
        }
    }

    /// Advances the clock and enforces the time limits while there are connections.
    pub(crate) async fn sweep(&self, clock: &CoarseClock, limits: &Limits) {
        loop {
            self.first.notified().await;
            while self.count() > 0 {
                tokio::time::sleep(clock.step).await;
                let now = clock.advance();
                self.each(|link| link.sweep(now, limits));
            }
        }
    }
}

impl Deref for Registration<'_> {
    type Target = Arc<Link>;

    fn deref(&self) -> &Arc<Link> {
        &self.link
    }
}

impl Drop for Registration<'_> {
    fn drop(&mut self) {
        self.connections.leave(self.slot);
    }
}
