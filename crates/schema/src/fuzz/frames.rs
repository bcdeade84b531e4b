//! The frame writer under fuzzing: a frame is written of what the check accepts and of nothing else, and all of it lies within it.

use crate::frame::{FrameInput, FrameKind, Placed, write_frame};
use crate::ir::node::Node;
use crate::ir::registry::Registry;
use crate::ir::type_id::TypeId;

const FIRST: usize = 4;
const ABSENT: u32 = 0xfff8_0001;
const NULL: u32 = 0xfff8_0002;

/// Writes a document as a frame, and reads the frame by its type.
pub(crate) fn check_frame(registry: &Registry, ty: TypeId, document: &[u8], is_accepted: bool) {
    let placed = registry.placed(ty);
    if !matches!(placed.kind, FrameKind::Array | FrameKind::Object) {
        return;
    }
    let framing = FrameInput { registry, ty, parameters: None, is_tagged: false };
    let Ok(bytes) = write_frame(&framing, document) else {
        // What is accepted may be too large as a frame, but not where each byte of it has at most half of a slot.
        let is_list_of_texts = matches!(registry.node(placed.ty), Node::Array(array) if registry.placed(array.items).kind == FrameKind::Text);
        assert!(!is_accepted || !is_list_of_texts, "an accepted list of texts has no frame");
        return;
    };
    assert!(is_accepted, "a frame of what is refused");
    assert!(bytes.len() <= document.len() * 4 + 1024, "a frame of {} bytes", bytes.len());
    let frame = Frame { registry, bytes: &bytes };
    assert_eq!(frame.high(2), ABSENT);
    let end = frame.item(placed, FIRST);
    assert_eq!(end * 8, frame.low(0) as usize, "slots behind the document");
    for entry in 0..frame.high(1) as usize {
        frame.text(frame.low(1) as usize / 8 + entry);
    }
}

struct Frame<'f> {
    registry: &'f Registry,
    bytes: &'f [u8],
}

impl Frame<'_> {
    fn word(&self, at: usize) -> u32 {
        let word = self.bytes.get(at..).and_then(<[u8]>::first_chunk::<4>);
        u32::from_le_bytes(*word.unwrap_or_else(|| panic!("no word at {at}")))
    }

    fn low(&self, slot: usize) -> u32 {
        self.word(slot * 8)
    }

    fn high(&self, slot: usize) -> u32 {
        self.word(slot * 8 + 4)
    }

    /// Reads an item, and returns the slot after it.
    fn item(&self, placed: Placed, at: usize) -> usize {
        if self.high(at) == NULL {
            assert!(placed.is_nullable);
            return at + 1;
        }
        match (placed.kind, self.registry.node(placed.ty)) {
            (FrameKind::Array, Node::Array(array)) => {
                let items = self.registry.placed(array.items);
                let end = (0..self.low(at)).fold(at + 1, |next, _| self.item(items, next));
                assert_eq!(end, self.high(at) as usize);
                end
            }
            (FrameKind::Object, Node::Object(object)) => {
                let mut end = at + 1 + object.properties.len();
                for (index, property) in object.properties.iter().enumerate() {
                    let (slot, placed) = (at + 1 + index, self.registry.placed(property.ty));
                    match (self.high(slot), placed.kind) {
                        (ABSENT, _) => assert!(property.optional),
                        (NULL, _) => assert!(placed.is_nullable),
                        (_, FrameKind::Array | FrameKind::Object) => {
                            end = end.max(self.item(placed, self.low(slot) as usize));
                        }
                        _ => drop(self.item(placed, slot)),
                    }
                }
                assert_eq!(end, self.low(at) as usize);
                end
            }
            (FrameKind::Number | FrameKind::Date, _) => {
                let bits = u64::from(self.low(at)) | u64::from(self.high(at)) << 32;
                assert!(f64::from_bits(bits).is_finite());
                at + 1
            }
            (FrameKind::Boolean, _) => {
                assert!(self.low(at) < 2);
                at + 1
            }
            _ => {
                self.text(at);
                at + 1
            }
        }
    }

    /// Checks that a text lies within its chunk, and its chunk within the frame.
    fn text(&self, at: usize) {
        let (low, high) = (self.low(at).cast_signed(), self.high(at) & 0x3fff_ffff);
        if low < 0 {
            assert!(!low.cast_unsigned() < self.high(1), "no such entry");
            return;
        }
        let (chunk, offset) = (low.cast_unsigned() as usize >> 13, low.cast_unsigned() & 0x1fff);
        assert!(chunk < self.high(0) as usize, "no such chunk");
        let table = self.low(0) as usize / 8 + chunk;
        let (units, is_wide) = (self.high(table) >> 1, self.high(table) & 1 == 1);
        assert!(offset + high <= units, "a text beyond its chunk");
        let bytes = units as usize * if is_wide { 2 } else { 1 };
        assert!(self.low(table) as usize + bytes <= self.bytes.len(), "a chunk beyond the frame");
    }
}
