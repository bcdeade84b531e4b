//! Stands for the validator while only requests without input are served.

/// The shape of a request.
pub(crate) struct RequestShape;

impl RequestShape {
    pub(crate) fn takes_body(&self) -> bool {
        false
    }
}
