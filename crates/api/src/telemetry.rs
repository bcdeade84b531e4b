//! What is told of each exchange: an entry of the access log, metrics and spans, all at its one end.
//!
//! A request carries its [`record`](record::ExchangeRecord) from its head on. The end of its answer's body, or whatever ends it before,
//! closes the record ([`ending`]); while nobody reads, there is no record, and nothing ends.

pub(crate) mod ended;
pub(crate) mod ending;
pub(crate) mod meters;
pub(crate) mod method;
pub(crate) mod place;
pub(crate) mod record;
pub(crate) mod series;
pub(crate) mod server_span;
pub(crate) mod trace;
