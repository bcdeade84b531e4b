//! The fuzz target of this crate: records of the embedded broker's file. `cargo test` replays the kept corpus.

#[cfg(test)]
#[path = "../../../../../fuzz/replay.rs"]
mod replay;

use crate::provider::embedded::record::{
    read_grave, read_key, read_message, read_published_at, write_grave, write_message,
};
use crate::provider::message::NewMessage;

/// Reads a record from bytes; a record that can be read must be written back as the same bytes.
pub fn record(data: &[u8]) {
    if let Some(read) = read_message(data) {
        assert_eq!(read_published_at(data), Some(read.published_at));
        assert_eq!(read_key(data), Some(read.key.clone()));
        let message = NewMessage {
            id: read.id,
            topic: String::new(),
            body: read.body,
            key: read.key,
            published_at: read.published_at,
            deliver_at: None,
            priority: 0,
            dedupe: None,
            unique: None,
            trace: read.trace,
            unwanted_by: Vec::new(),
        };
        assert_eq!(write_message(&message), data);
    }
    if let Some(grave) = read_grave(data) {
        assert!(data.starts_with(&write_grave(&grave)));
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_kept_corpus_of_records_passes() {
        super::replay::replay("record", super::record);
    }
}
