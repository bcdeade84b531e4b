//! A request: its head, id and body, until it is answered.

pub(crate) mod body;
pub(crate) mod body_form;
pub(crate) mod budget;
pub(crate) mod completion;
pub(crate) mod content_type;
pub(crate) mod context;
pub(crate) mod exchange;
pub(crate) mod file;
pub(crate) mod guarded;
pub(crate) mod headers;
pub(crate) mod id;
pub(crate) mod id_source;
pub(crate) mod input;
pub(crate) mod job;
pub(crate) mod life;
pub(crate) mod multipart;
pub(crate) mod peer;
pub(crate) mod preflight;
pub(crate) mod upload;
