//! A call the isolate makes into a component.

use bytes::Bytes;

/// One operation asked for by the isolate; it is answered by a note of kind `Completed` or `Failed` with the same id.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    /// The isolate's own number for it.
    pub id: u32,
    /// Which component.
    pub component: u16,
    /// Which of its operations.
    pub operation: u16,
    /// The arguments, JSON unless the operation says otherwise.
    pub payload: Bytes,
}
