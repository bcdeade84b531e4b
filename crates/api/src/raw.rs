//! Raw endpoints: the head of a request crosses as it is, its body and its answer in pieces.
//!
//! What was refused before stays refused: the guard has judged the framing, the router the path. No schema looks at a raw request.

pub(crate) mod answer;
pub(crate) mod body;
pub(crate) mod context;
pub(crate) mod head;
pub(crate) mod life;
