//! The health of the process, as the primitive that has probes answers for it, for whoever else serves a probe.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, RwLock};

use crate::lock::{lock_to_read, lock_to_write};

/// The answer of a probe: a status of HTTP and a JSON text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeAnswer {
    /// 200, or 503 where the process is not well.
    pub status: u16,
    /// The reason as JSON, such as `{"status":"ready"}`.
    pub body: String,
}

/// A probe that is being answered.
pub type Probing = Pin<Box<dyn Future<Output = ProbeAnswer> + Send>>;

/// Whoever knows how the process is.
pub trait Health: Send + Sync {
    /// Whether the process responds; otherwise it is to be restarted.
    fn live(&self) -> Probing;

    /// Whether requests should be sent to the process. Checks of the app's own may run JavaScript.
    fn ready(&self) -> Probing;
}

/// The place of the one who knows.
#[derive(Default)]
pub(crate) struct HealthSlot(RwLock<Option<Arc<dyn Health>>>);

impl HealthSlot {
    pub(crate) fn set(&self, health: Arc<dyn Health>) {
        *lock_to_write(&self.0) = Some(health);
    }

    pub(crate) fn get(&self) -> Option<Arc<dyn Health>> {
        lock_to_read(&self.0).clone()
    }
}
