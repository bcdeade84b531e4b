//! Binary bodies that cross by number, because texts in an outbox are lines.

use std::collections::HashMap;
use std::sync::Mutex;

use bytes::Bytes;

use crate::lock::lock;

#[derive(Default)]
struct Store {
    next: u32,
    stored: HashMap<u32, Bytes>,
}

/// Binary bodies on their way between an isolate and Rust. Each is stored once and taken once.
#[derive(Default)]
pub struct Blobs(Mutex<Store>);

impl Blobs {
    /// Stores the bytes and returns their number.
    pub fn put(&self, bytes: Bytes) -> u32 {
        let mut store = lock(&self.0);
        store.next = store.next.wrapping_add(1);
        let number = store.next;
        store.stored.insert(number, bytes);
        number
    }

    /// Takes the bytes out; `None` when there are none by that number.
    pub fn take(&self, number: u32) -> Option<Bytes> {
        lock(&self.0).stored.remove(&number)
    }
}
