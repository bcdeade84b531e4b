//! Interim responses, such as 103 Early Hints, which Hyper does not write.
//!
//! Interim responses wait at the connection and are written before anything that Hyper writes next, which is the head of the final response.
//! Source: RFC 9110, section 15.2.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use twinloop_runtime::lock;

/// Most bytes of interim responses that wait at a connection.
const MAX_WAITING_BYTES: usize = 16 << 10;

/// The interim responses that wait at a connection.
#[derive(Default)]
pub(crate) struct InterimResponses {
    is_waiting: AtomicBool,
    bytes: Mutex<Vec<u8>>,
}

impl InterimResponses {
    /// Adds a response; false where too much waits already.
    pub(crate) fn add(&self, response: &[u8]) -> bool {
        let mut bytes = lock(&self.bytes);
        if bytes.len() + response.len() > MAX_WAITING_BYTES {
            return false;
        }
        bytes.extend_from_slice(response);
        self.is_waiting.store(true, Ordering::Release);
        true
    }

    /// Whether bytes wait to be written. Asked at each write, and nearly never so.
    #[inline]
    pub(crate) fn are_waiting(&self) -> bool {
        self.is_waiting.load(Ordering::Acquire)
    }

    /// The bytes that are to be written next, or `None` where none wait.
    pub(crate) fn next(&self) -> Option<Vec<u8>> {
        self.are_waiting().then(|| lock(&self.bytes).clone())
    }

    /// Removes bytes that were written.
    pub(crate) fn advance(&self, written: usize) {
        let mut bytes = lock(&self.bytes);
        let written = written.min(bytes.len());
        bytes.drain(..written);
        self.is_waiting.store(!bytes.is_empty(), Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_wait_until_they_are_written() {
        let waiting = InterimResponses::default();
        assert!(waiting.next().is_none());
        assert!(waiting.add(b"abc") && !waiting.add(&[0; MAX_WAITING_BYTES]));
        waiting.advance(1);
        assert_eq!(waiting.next().unwrap(), b"bc");
        waiting.advance(2);
        assert!(waiting.next().is_none());
    }
}
