//! Whether a database can be reached, reported to operators once per change.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use twinloop_runtime::{Core, lock};

use crate::error::Error;

/// The reachability of one pool's server, reported under the names of the databases that use the pool.
#[derive(Default)]
pub(crate) struct Reach {
    names: Mutex<Vec<String>>,
    is_lost: AtomicBool,
    /// Whether the pool was closed; a connection that is still being opened then reports nothing.
    is_forgotten: AtomicBool,
}

impl Reach {
    /// Adds a database name under which to report.
    pub(crate) fn enter(&self, name: &str) {
        let mut names = lock(&self.names);
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }

    /// The name of the database that opened the pool; empty where another component did.
    pub(crate) fn first_name(&self) -> String {
        lock(&self.names).first().cloned().unwrap_or_default()
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }

    /// Reports that no connection could be opened.
    pub(crate) fn lost(&self, error: &Error) {
        // A server that is full (53300, too_many_connections) has been reached.
        if error.sqlstate() == Some("53300") || self.is_forgotten.load(Ordering::Acquire) {
            return;
        }
        self.is_lost.store(true, Ordering::Release);
        self.tell(|core, name| core.lost(name, error.message()));
    }

    /// Reports that the server has answered. Costs one atomic load while the database has not been lost.
    pub(crate) fn reached(&self) {
        if self.is_lost() && self.is_lost.swap(false, Ordering::AcqRel) {
            self.tell(Core::reached);
        }
    }

    /// Reports that a connection was opened.
    pub(crate) fn opened(&self) {
        if self.is_forgotten.load(Ordering::Acquire) {
            return;
        }
        self.is_lost.store(false, Ordering::Release);
        self.tell(Core::reached);
    }

    /// Withdraws the reports: the pool's databases are no longer used.
    pub(crate) fn forget(&self) {
        self.is_forgotten.store(true, Ordering::Release);
        self.tell(Core::forget_dependency);
    }

    fn tell(&self, report: impl Fn(&Core, &str)) {
        // The core exists, since this component is part of it.
        let Ok(core) = Core::get_or_build(Vec::new) else { return };
        for name in lock(&self.names).iter() {
            report(core, &format!("database {name}"));
        }
    }
}
