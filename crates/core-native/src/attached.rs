//! The isolates of this image, by number.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError, RwLock};

use napi::bindgen_prelude::*;
use twinloop_runtime::Isolate;
use twinloop_runtime::mailbox::Batch;

use crate::signal::Signal;

/// One isolate with what only the binding needs.
pub(crate) struct Attached {
    pub(crate) isolate: Arc<Isolate>,
    pub(crate) signal: Arc<Signal>,
    pub(crate) batch: Mutex<Batch>,
}

static ALL: LazyLock<RwLock<HashMap<u32, Arc<Attached>>>> = LazyLock::new(RwLock::default);

pub(crate) fn insert(attached: Attached) {
    ALL.write().unwrap_or_else(PoisonError::into_inner).insert(attached.isolate.id, Arc::new(attached));
}

pub(crate) fn remove(id: u32) -> Option<Arc<Attached>> {
    ALL.write().unwrap_or_else(PoisonError::into_inner).remove(&id)
}

/// Poisons the register, as a panic in the middle of a change would.
#[cfg(feature = "fault-injection")]
pub(crate) fn panic_while_locked() {
    let _all = ALL.write().unwrap_or_else(PoisonError::into_inner);
    panic!("injected while locked");
}

/// The isolate by its number, or a typed error: it has been detached.
pub(crate) fn get(id: u32) -> Result<Arc<Attached>> {
    let all = ALL.read().unwrap_or_else(PoisonError::into_inner);
    all.get(&id).cloned().ok_or_else(|| Error::new(Status::Closing, format!("isolate {id} is not attached")))
}
