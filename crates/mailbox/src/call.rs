//! A call that an isolate makes into a component, and by whom it is made.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use crate::context::Context;

/// One operation that an isolate asks for. The answer is a note of kind `Completed` or `Failed` with the call's id.
pub struct Call {
    /// The isolate's own number of the call.
    pub id: u32,
    /// The number of the component.
    pub component: u16,
    /// The number of the component's operation.
    pub operation: u16,
    /// The arguments, JSON unless the operation says otherwise.
    pub payload: Bytes,
    /// The id of the job that makes the call, [`NO_JOB`](crate::NO_JOB) outside of jobs. The job may have ended.
    pub job: u32,
    /// What the running job that makes the call has in Rust; `None` outside of jobs, and for one that has ended before.
    pub caller: Option<Arc<dyn Context>>,
    /// The `traceparent` of the span that makes the call, as the isolate wrote it; `None` where the job itself makes it.
    pub span: Option<Bytes>,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, component, operation, payload, job, caller, span } = self;
        f.debug_struct("Call")
            .field("id", id)
            .field("component", component)
            .field("operation", operation)
            .field("payload", payload)
            .field("job", job)
            .field("has_caller", &caller.is_some())
            .field("span", span)
            .finish()
    }
}
