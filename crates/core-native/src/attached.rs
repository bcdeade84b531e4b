//! The attached isolates of this process, by number.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, RwLock};

use napi::bindgen_prelude::*;
use twinloop_runtime::mailbox::{Batch, ITEM_INTS};
use twinloop_runtime::{BatchProgress, Isolate, lock, lock_to_read, lock_to_write};

use crate::signal::Signal;

/// Integers before the items of an inbox: the number of items, and flag bits.
pub(crate) const INBOX_HEAD: usize = 2;

/// An attached isolate with the parts that only the binding needs.
pub(crate) struct Attached {
    /// The isolate, with its port and blobs.
    pub(crate) isolate: Arc<Isolate>,
    /// What wakes its event loop.
    pub(crate) signal: Arc<Signal>,
    /// The batch of the last drain, kept for its memory and for `drain_wide`.
    pub(crate) batch: Mutex<Batch>,
    /// Where the isolate notes which item of the batch it runs: the item's offset in the inbox, or 0 between batches.
    pub(crate) marker: Mutex<Arc<AtomicI32>>,
}

impl Attached {
    /// How far the isolate has come with its last batch.
    fn progress(&self) -> BatchProgress {
        // The next batch waits for this lock, so that the note is about the batch that is read here, or about none.
        let batch = lock(&self.batch);
        let offset = usize::try_from(lock(&self.marker).load(Ordering::Relaxed)).unwrap_or(0);
        let item = offset.checked_sub(INBOX_HEAD).map(|ints| ints / ITEM_INTS);
        BatchProgress { ints: batch.ints().to_vec(), item }
    }
}

static ALL: LazyLock<RwLock<HashMap<u32, Arc<Attached>>>> = LazyLock::new(RwLock::default);

/// Adds an isolate to the register.
pub(crate) fn insert(attached: Attached) {
    lock_to_write(&ALL).insert(attached.isolate.id, Arc::new(attached));
}

/// Takes an isolate out of the register; `None` where it is not there any more.
pub(crate) fn remove(id: u32) -> Option<Arc<Attached>> {
    lock_to_write(&ALL).remove(&id)
}

/// Panics while the register is locked, and thus poisons its lock.
#[cfg(feature = "fault-injection")]
pub(crate) fn panic_while_locked() {
    let _all = lock_to_write(&ALL);
    panic!("injected while locked");
}

/// Returns the isolate with this number; an error with the status `Closing` when it has been detached.
pub(crate) fn get(id: u32) -> Result<Arc<Attached>> {
    let all = lock_to_read(&ALL);
    all.get(&id).cloned().ok_or_else(|| Error::new(Status::Closing, format!("isolate {id} is not attached")))
}

/// How far an isolate has come with its last batch; nothing where it has been detached.
pub(crate) fn progress(id: u32) -> BatchProgress {
    get(id).map(|attached| attached.progress()).unwrap_or_default()
}
