//! A call that an isolate makes into a component.

use bytes::Bytes;

/// One operation that an isolate asks for. The answer is a note of kind `Completed` or `Failed` with the call's id.
#[derive(Debug, PartialEq, Eq)]
pub struct Call {
    /// The isolate's own number of the call.
    pub id: u32,
    /// The number of the component.
    pub component: u16,
    /// The number of the component's operation.
    pub operation: u16,
    /// The arguments, JSON unless the operation says otherwise.
    pub payload: Bytes,
}
