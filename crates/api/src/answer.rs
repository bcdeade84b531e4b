//! HTTP responses: refusals by the edge itself, and the answers of isolates.

pub(crate) mod body;
pub(crate) mod break_off;
pub(crate) mod compressed_body;
pub(crate) mod encoding;
pub(crate) mod entity_tag;
pub(crate) mod error_form;
pub(crate) mod event_stream;
pub(crate) mod form;
pub(crate) mod header_list;
pub(crate) mod instruction;
pub(crate) mod observed_body;
pub(crate) mod problem;
pub(crate) mod reason;
pub(crate) mod refusal;
pub(crate) mod respond;
pub(crate) mod revival;
