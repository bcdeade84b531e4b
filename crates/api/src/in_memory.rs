//! Requests without a socket: an isolate's own requests, for tests of an app.
//!
//! A request is sent by Hyper's client over a stream in memory, whose other end is served like an accepted socket: its head is
//! guarded, parsed and routed, its body read, limited and checked as any other. Each request has a connection of its own.

pub(crate) mod exchange;
pub(crate) mod exchanges;
pub(crate) mod grant;
pub(crate) mod request;
pub(crate) mod stream;
