//! The writer of frames.

use crate::frame::characters::{Characters, Chunk};
use crate::frame::slot::{ABSENT_SLOT, Unframed, slot};

/// Bytes of a slot.
const SLOT_BYTES: usize = 8;
/// Slots before those of the document.
const HEAD: usize = 4;
const CHUNKS: usize = 0;
const DICTIONARY: usize = 1;
const PARAMETERS: usize = 2;
const ENVELOPE: usize = 3;
/// What a text's length is raised by where it is tagged JSON text.
const TAGGED: u64 = 1 << (32 + 30);
/// Slots that become absent at once.
const BLOCK: usize = 32;
/// What a frame may take beside a multiple of its document.
const SLACK_BYTES: usize = 1 << 10;
/// How many times its document's bytes a frame may take, so that no body makes a frame that is much larger.
const MAX_GROWTH: usize = 4;

/// Slots, which grow, and the characters of texts beside them.
pub(crate) struct FrameWriter {
    bytes: Vec<u8>,
    pub(crate) characters: Characters,
    max_bytes: usize,
}

impl FrameWriter {
    /// Makes the writer of a document of `length` bytes; `is_ascii` says that they all are below 0x80.
    pub(crate) fn new(length: usize, is_ascii: bool) -> Self {
        let mut bytes = Vec::with_capacity(length + SLACK_BYTES);
        for slot in [0, 0, ABSENT_SLOT, 0] {
            bytes.extend_from_slice(&u64::to_le_bytes(slot));
        }
        let max_bytes = length.saturating_mul(MAX_GROWTH).saturating_add(SLACK_BYTES);
        Self { bytes, characters: Characters::new(length, is_ascii), max_bytes }
    }

    /// The slot that comes next.
    #[inline]
    pub(crate) fn next(&self) -> usize {
        self.bytes.len() / SLOT_BYTES
    }

    /// Adds `count` slots, all absent, and returns the first.
    #[inline]
    pub(crate) fn reserve(&mut self, count: usize) -> Result<usize, Unframed> {
        const NOTHING: [u8; BLOCK * SLOT_BYTES] = {
            let mut block = [0; BLOCK * SLOT_BYTES];
            let (slot, mut at) = (ABSENT_SLOT.to_le_bytes(), 0);
            while at < block.len() {
                block[at] = slot[at % SLOT_BYTES];
                at += 1;
            }
            block
        };
        let first = self.next();
        if count.saturating_mul(SLOT_BYTES) + self.bytes.len() > self.max_bytes {
            return Err(Unframed);
        }
        let mut left = count;
        while left > 0 {
            let some = left.min(BLOCK);
            self.bytes.extend_from_slice(&NOTHING[..some * SLOT_BYTES]);
            left -= some;
        }
        Ok(first)
    }

    /// Adds a slot.
    #[inline]
    pub(crate) fn push(&mut self, slot: u64) -> Result<(), Unframed> {
        if self.bytes.len() >= self.max_bytes {
            return Err(Unframed);
        }
        self.bytes.extend_from_slice(&slot.to_le_bytes());
        Ok(())
    }

    /// Sets a slot that was reserved.
    #[inline]
    pub(crate) fn set(&mut self, index: usize, slot: u64) {
        if let Some(room) = self.bytes.get_mut(index * SLOT_BYTES..).and_then(<[u8]>::first_chunk_mut::<8>) {
            *room = slot.to_le_bytes();
        }
    }

    /// Adds a text that is JSON, and returns its slot.
    pub(crate) fn island(&mut self, json: &str, is_tagged: bool) -> Result<u64, Unframed> {
        // Not by the dictionary, whose entries have no flag.
        let slot = self.characters.add_alone(json)?;
        Ok(if is_tagged { slot | TAGGED } else { slot })
    }

    /// Sets the parameters, JSON text of an object.
    pub(crate) fn set_parameters(&mut self, json: &str, is_tagged: bool) -> Result<(), Unframed> {
        let slot = self.island(json, is_tagged)?;
        self.set(PARAMETERS, slot);
        Ok(())
    }

    /// Adds tables and characters.
    pub(crate) fn finish(mut self) -> Result<Vec<u8>, Unframed> {
        let Characters { chunks, entries, .. } = &self.characters;
        let (chunk_count, entry_count) = (chunks.len(), entries.len());
        let chunks_at = self.bytes.len();
        let dictionary_at = chunks_at + chunk_count * SLOT_BYTES;
        let wide_at = dictionary_at + entry_count * SLOT_BYTES;
        let (wide, narrow) = self.characters.arenas();
        let narrow_at = wide_at + wide.len();
        if narrow_at + narrow.len() > self.max_bytes {
            return Err(Unframed);
        }
        self.bytes.reserve_exact(narrow_at + narrow.len() - chunks_at);
        for Chunk { start, units, is_wide } in chunks {
            let at = start + if *is_wide { wide_at } else { narrow_at };
            self.bytes.extend_from_slice(&slot(at, units * 2 + usize::from(*is_wide))?.to_le_bytes());
        }
        for entry in entries {
            self.bytes.extend_from_slice(&entry.to_le_bytes());
        }
        self.bytes.extend_from_slice(wide);
        self.bytes.extend_from_slice(narrow);
        let tables =
            [(CHUNKS, slot(chunks_at, chunk_count)?), (DICTIONARY, slot(dictionary_at, entry_count)?)];
        for (index, table) in tables {
            self.set(index, table);
        }
        Ok(self.bytes)
    }
}

/// Puts an envelope into a frame that has none: text that stays beside the request, such as what is known of its caller.
pub fn put_envelope(frame: &mut Vec<u8>, envelope: &[u8]) {
    debug_assert!(frame.len() >= HEAD * SLOT_BYTES, "a frame has a head");
    let at = frame.len();
    frame.extend_from_slice(envelope);
    let place = slot(at, envelope.len()).unwrap_or_default().to_le_bytes();
    if let Some(room) = frame.get_mut(ENVELOPE * SLOT_BYTES..).and_then(<[u8]>::first_chunk_mut::<8>) {
        *room = place;
    }
}
