//! The texts of a frame: their characters in chunks, and what stands for a text in a slot.

use crate::frame::dictionary::{Dictionary, DictionaryEntry};
use crate::frame::slot::{Unframed, slot};

/// Most code units of a chunk of several texts. A text that a handler keeps keeps its chunk.
const CHUNK_UNITS: usize = 1 << CHUNK_BITS;
const CHUNK_BITS: u32 = 13;
/// Longest text that shares a chunk, in code units: a longer one is a string of its own.
const MAX_SHARED_UNITS: usize = CHUNK_UNITS / 2;
/// Most chunks, so that a place fits into 31 bits.
const MAX_CHUNKS: usize = 1 << (31 - CHUNK_BITS);
/// Most code units of a text, so that its length leaves room for a flag.
const MAX_UNITS: usize = 1 << 30;

/// Characters that are made into one string.
#[derive(Clone, Copy)]
pub(crate) struct Chunk {
    /// The first byte, among those of the same width.
    pub(crate) start: usize,
    pub(crate) units: usize,
    pub(crate) is_wide: bool,
}

/// Characters of one width, in chunks one after another.
struct Arena {
    bytes: Vec<u8>,
    /// The chunk to which texts are added; `None` where the next text begins one.
    open: Option<usize>,
}

/// The texts of one frame.
pub(crate) struct Characters {
    /// Latin-1.
    narrow: Arena,
    /// UTF-16, for texts with a character beyond U+00FF: one of them does not double the memory of the others.
    wide: Arena,
    pub(crate) chunks: Vec<Chunk>,
    dictionary: Dictionary,
    /// The slot of each entry of the dictionary.
    pub(crate) entries: Vec<u64>,
    /// Whether no text without escapes has a byte of 0x80 or above.
    is_ascii: bool,
}

impl Characters {
    /// Makes the texts of a document of `length` bytes; `is_ascii` says that they all are below 0x80.
    pub(crate) fn new(length: usize, is_ascii: bool) -> Self {
        let arena = |capacity| Arena { bytes: Vec::with_capacity(capacity), open: None };
        Self {
            narrow: arena(length / 2),
            wide: arena(0),
            chunks: Vec::new(),
            dictionary: Dictionary::new(),
            entries: Vec::new(),
            is_ascii,
        }
    }

    /// Adds a text as it stands in the document, without escapes, and returns its slot.
    #[inline]
    pub(crate) fn add_raw(&mut self, text: &str) -> Result<u64, Unframed> {
        self.add(text, self.is_ascii)
    }

    /// Adds any text, and returns its slot.
    pub(crate) fn add_text(&mut self, text: &str) -> Result<u64, Unframed> {
        self.add(text, false)
    }

    /// Adds a text that is no entry of the dictionary, and returns its slot.
    pub(crate) fn add_alone(&mut self, text: &str) -> Result<u64, Unframed> {
        self.place(text, false)
    }

    #[inline]
    fn add(&mut self, text: &str, is_ascii: bool) -> Result<u64, Unframed> {
        match self.dictionary.entry(text) {
            DictionaryEntry::None => self.place(text, is_ascii),
            DictionaryEntry::Known(number) => Ok(entry_slot(number)),
            DictionaryEntry::New(number) => {
                let placed = self.place(text, is_ascii)?;
                self.entries.push(placed);
                Ok(entry_slot(number))
            }
        }
    }

    fn place(&mut self, text: &str, is_ascii: bool) -> Result<u64, Unframed> {
        if is_ascii || text.is_ascii() {
            let place = self.narrow.place(&mut self.chunks, text.len(), false)?;
            self.narrow.bytes.extend_from_slice(text.as_bytes());
            return Ok(place);
        }
        let (mut units, mut is_latin) = (0, true);
        for char in text.chars() {
            units += char.len_utf16();
            is_latin &= char <= '\u{ff}';
        }
        if is_latin {
            let place = self.narrow.place(&mut self.chunks, units, false)?;
            self.narrow.bytes.extend(text.chars().filter_map(|char| u8::try_from(u32::from(char)).ok()));
            Ok(place)
        } else {
            let place = self.wide.place(&mut self.chunks, units, true)?;
            self.wide.bytes.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
            Ok(place)
        }
    }

    /// The characters of two bytes, and those of one.
    pub(crate) fn arenas(&self) -> (&[u8], &[u8]) {
        (&self.wide.bytes, &self.narrow.bytes)
    }
}

impl Arena {
    /// Makes room for a text at the end, and returns its slot.
    #[inline]
    fn place(&mut self, chunks: &mut Vec<Chunk>, units: usize, is_wide: bool) -> Result<u64, Unframed> {
        let shared = self.open.filter(|_| units <= MAX_SHARED_UNITS);
        if let Some(index) = shared
            && let Some(chunk) = chunks.get_mut(index)
            && chunk.units + units <= CHUNK_UNITS
        {
            let offset = chunk.units;
            chunk.units += units;
            return place_slot(index, offset, units);
        }
        let index = chunks.len();
        if index >= MAX_CHUNKS || units >= MAX_UNITS {
            return Err(Unframed);
        }
        chunks.push(Chunk { start: self.bytes.len(), units, is_wide });
        self.open = (units <= MAX_SHARED_UNITS).then_some(index);
        place_slot(index, 0, units)
    }
}

fn place_slot(chunk: usize, offset: usize, units: usize) -> Result<u64, Unframed> {
    // A text of no characters may come after the last one of a full chunk, where it has no place of its own.
    let offset = if units == 0 { 0 } else { offset };
    slot(chunk << CHUNK_BITS | offset, units)
}

fn entry_slot(number: usize) -> u64 {
    !(number as u64) & u64::from(u32::MAX)
}
