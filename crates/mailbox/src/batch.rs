//! A batch for an isolate: integers, two strings, and the large texts, each by itself.

use bytes::Bytes;

use crate::feed::FedPiece;
use crate::frame::{Flag, ITEM_INTS, Kind};
use crate::job::Text;

/// Items in the form in which they cross: four integers each, and their texts one after another in two buffers.
///
/// Texts that are pure ASCII share a buffer that becomes a one-byte string (a memory copy); the others share one that
/// becomes a two-byte string, so that one `é` does not slow the rest of the batch down. End offsets count code units of
/// the string they lie in.
///
/// A text of [`OWN_BYTES`] or more, and each frame of values, crosses by itself. Gathered, such texts would make a string that is
/// too large for the isolate's young generation, whose memory is reused; each large object costs pages that the kernel has to
/// map and to unmap.
#[derive(Default)]
pub struct Batch {
    /// The frames, four integers each.
    ints: Vec<i32>,
    /// The ASCII texts, one after another.
    narrow: Vec<u8>,
    /// The texts that are not ASCII, in UTF-8, one after another.
    wide: Vec<u8>,
    wide_units: usize,
    /// The texts that cross by themselves, in the order of their items.
    own: Vec<OwnText>,
}

/// Least bytes of a text that crosses by itself.
pub const OWN_BYTES: usize = 8 << 10;

/// A text that crosses by itself.
#[derive(Debug, Default)]
pub struct OwnText {
    /// The text in UTF-8, or the frame. Empty once taken.
    pub bytes: Vec<u8>,
    /// Whether the text is ASCII.
    pub ascii: bool,
}

impl Batch {
    /// Four integers per item.
    pub fn ints(&self) -> &[i32] {
        &self.ints
    }

    /// The ASCII texts.
    pub fn narrow(&self) -> &[u8] {
        &self.narrow
    }

    /// The texts that are not pure ASCII, in UTF-8.
    pub fn wide(&self) -> &[u8] {
        &self.wide
    }

    /// Takes the text of the item that is the `index`th of those that cross by themselves; `None` where there is none.
    pub fn take_own(&mut self, index: usize) -> Option<OwnText> {
        self.own.get_mut(index).map(std::mem::take)
    }

    /// The number of items.
    pub fn len(&self) -> usize {
        self.ints.len() / ITEM_INTS
    }

    /// Whether the batch has no items.
    pub fn is_empty(&self) -> bool {
        self.ints.is_empty()
    }

    /// Empties the batch; keeps ordinary buffers and frees large ones.
    pub fn clear(&mut self) {
        const KEEP: usize = 1 << 18;
        self.ints.clear();
        self.narrow.clear();
        self.narrow.shrink_to(KEEP);
        self.wide.clear();
        self.wide.shrink_to(KEEP);
        self.wide_units = 0;
        self.own.clear();
    }

    /// Adds a piece of the input of the job `id`; `put` stores bytes and returns their number.
    pub(crate) fn push_piece(&mut self, id: u32, piece: &mut FedPiece, put: &mut impl FnMut(Bytes) -> u32) {
        let form = piece.form() as i32;
        match piece {
            FedPiece::Text(text) | FedPiece::Broken(text) => self.push(Kind::Piece, 0, id, form, text),
            FedPiece::Bytes(bytes) => {
                let number = put(std::mem::take(bytes)).to_string();
                self.push(Kind::Piece, 0, id, form, &mut Text::from(number));
            }
            FedPiece::End => self.push(Kind::Piece, 0, id, form, &mut Text::default()),
        }
    }

    /// Adds one item: its integers, and its text among those of its encoding, or by itself, and then taken out of `text`.
    pub(crate) fn push(&mut self, kind: Kind, target: u16, id: u32, aux: i32, text: &mut Text) {
        let mut flags = 0;
        if text.tagged {
            flags |= Flag::Tagged as i32;
        }
        if text.framed {
            flags |= Flag::Framed as i32;
        }
        let end = if text.framed || text.bytes.len() >= OWN_BYTES {
            flags |= Flag::Own as i32;
            let bytes = std::mem::take(&mut text.bytes);
            let length = bytes.len();
            self.own.push(OwnText { bytes, ascii: text.ascii });
            length
        } else if text.ascii {
            self.narrow.extend_from_slice(&text.bytes);
            self.narrow.len()
        } else {
            flags |= Flag::Wide as i32;
            self.wide.extend_from_slice(&text.bytes);
            self.wide_units += utf16_units(&text.bytes);
            self.wide_units
        };
        let head = i32::from(kind as u8) | (flags << 8) | (i32::from(target) << 16);
        self.ints.extend_from_slice(&[head, id.cast_signed(), aux, i32::try_from(end).unwrap_or(i32::MAX)]);
    }
}

/// UTF-16 code units of valid UTF-8: one per lead byte, two where the lead byte opens four bytes.
fn utf16_units(utf8: &[u8]) -> usize {
    utf8.iter().map(|&byte| usize::from(byte & 0xc0 != 0x80) + usize::from(byte >= 0xf0)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn counts_code_units_as_utf_16_does(text in ".*") {
            prop_assert_eq!(utf16_units(text.as_bytes()), text.encode_utf16().count());
        }

        #[test]
        fn every_text_can_be_cut_out_again(texts in prop::collection::vec(".{0,12}", 0..20)) {
            let mut batch = Batch::default();
            for (index, text) in (0u16..).zip(&texts) {
                batch.push(Kind::Job, index, u32::from(index), 0, &mut Text::from(text.clone()));
            }
            let narrow: Vec<u16> = batch.narrow().iter().map(|&byte| u16::from(byte)).collect();
            let wide: Vec<u16> = String::from_utf8(batch.wide().to_vec()).unwrap().encode_utf16().collect();
            let (mut narrow_from, mut wide_from) = (0, 0);
            for (item, text) in batch.ints().chunks(ITEM_INTS).zip(&texts) {
                let is_wide = (item[0] >> 8) & Flag::Wide as i32 != 0;
                let (units, from) = if is_wide { (&wide, &mut wide_from) } else { (&narrow, &mut narrow_from) };
                let end = usize::try_from(item[3]).unwrap();
                prop_assert_eq!(&String::from_utf16(&units[*from..end]).unwrap(), text);
                *from = end;
            }
        }
    }

    #[test]
    fn a_large_text_crosses_by_itself_and_leaves_the_others_as_they_were() {
        let mut batch = Batch::default();
        let large = ["a".repeat(OWN_BYTES), "é".repeat(OWN_BYTES)];
        for (id, text) in (0..).zip(["before", &large[0], "between", &large[1], "after"]) {
            batch.push(Kind::Job, 0, id, 0, &mut Text::from(text));
        }
        assert_eq!(batch.narrow(), b"beforebetweenafter");
        assert!(batch.wide().is_empty());
        let flags: Vec<i32> = batch.ints().chunks(ITEM_INTS).map(|item| (item[0] >> 8) & 0xff).collect();
        let own = Flag::Own as i32;
        assert_eq!(flags, [0, own, 0, own, 0]);
        for (index, (text, ascii)) in large.iter().zip([true, false]).enumerate() {
            let taken = batch.take_own(index).unwrap();
            assert_eq!((taken.bytes.as_slice(), taken.ascii), (text.as_bytes(), ascii));
        }
        assert!(batch.take_own(2).is_none());
        batch.clear();
        assert!(batch.take_own(0).is_none());
    }

    #[test]
    fn a_frame_crosses_by_itself_however_small() {
        let mut batch = Batch::default();
        let mut frame = Text { bytes: vec![0xff; 8], ascii: false, tagged: false, framed: true };
        batch.push(Kind::Job, 0, 0, 0, &mut frame);
        assert_eq!((batch.ints()[0] >> 8) & 0xff, Flag::Own as i32 | Flag::Framed as i32);
        assert_eq!((batch.ints()[3], batch.take_own(0).unwrap().bytes), (8, vec![0xff; 8]));
    }
}
