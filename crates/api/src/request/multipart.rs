//! Multipart bodies (`multipart/form-data`), read part by part.
//!
//! `splitter` finds the parts in the bytes, `part_head` reads their headers, `receive` gives each part its place: a text
//! field, a file in memory or on the disk, or nothing. The crate `multer`, which others use, was not taken: it buffers all that a
//! fast client sends, and finds a `name` within a quoted file name.
//!
//! Source: RFC 7578; RFC 2046, section 5.1.

pub(crate) mod part_head;
pub(crate) mod receive;
pub(crate) mod splitter;
