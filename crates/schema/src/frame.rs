//! Frames: checked documents as values at fixed places, which a reader made for their type turns into JavaScript's.
//!
//! A frame is a list of slots of eight bytes, tables, and characters, all in the byte order of little-endian machines:
//!
//! ```text
//! slot 0      chunks at (byte), number of chunks
//! slot 1      dictionary at (byte), number of entries
//! slot 2      the parameters of the request: a text, JSON; or absent
//! slot 3      an envelope: at (byte), length in bytes; both 0 where there is none
//! slot 4 …    the document's outermost container, and all others as they come
//! chunks      at (byte), length in code units * 2 + 1 where they are of two bytes
//! dictionary  a text for each entry
//! characters  of two bytes, then of one byte (Latin-1); then the envelope, in UTF-8
//! ```
//!
//! A slot is a double, or two integers of 32 bits, here low and high:
//!
//! | value | low | high |
//! |---|---|---|
//! | number, date in milliseconds | a double | |
//! | boolean | 0 or 1 | 0 |
//! | text; bigint as its digits, bytes as base64 | chunk * 2^13 + place in it, or -1 - entry of the dictionary | length |
//! | island: JSON text | as a text | length, + 2^30 where the text is tagged |
//! | container in a property | its first slot | 0 |
//! | object: this, then a slot for each property | the slot after its last container | 0 |
//! | array: this, then its items, containers in place | number of items | the slot after its last item |
//! | absent | 0 | `ABSENT`, of a NaN that no number is |
//! | null | 0 | `NULL`, as well |
//!
//! Properties have their slots in the order of declaration, whatever the order of the input; so one walk writes them. What has
//! no fixed places is an island: any value, records, tuples, and unions but those of one type and `null`.

mod characters;
mod dictionary;
mod layout;
mod slot;
mod walker;
mod writer;

pub use layout::MIN_FRAME_BYTES;
pub(crate) use layout::{FrameKind, Placed, placed};
pub(crate) use walker::{FrameInput, write_frame};
pub use writer::put_envelope;
