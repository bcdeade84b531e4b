//! WebSocket streams: the handshake, the frames, and the messages that move between a client and a handler.
//!
//! The bytes of an upgraded connection pass the guard unread ([`crate::guard`]). A [`session::Session`] runs on the connection's own
//! task, so that the limits, the drain and the count of connections hold for it too. The session reads no more from the socket than
//! the isolate has asked for, and takes no more from the isolate than the socket has taken.
//!
//! Own code instead of a library, because no maintained one has all of: permessage-deflate, a bound on what a message inflates to,
//! and reading that stops while the isolate is busy. DEFLATE itself is `flate2`'s.
//!
//! Source: RFC 6455 (WebSocket), RFC 7692 (permessage-deflate).

pub(crate) mod answer;
mod assembler;
mod close;
mod config;
mod deflate;
mod endpoint;
mod frame;
mod handshake;
mod incoming;
mod offer;
mod origin;
mod outgoing;
mod session;
mod timing;

pub use config::{BadMessage, MessageFormat, StreamConfig};
pub(crate) use endpoint::StreamEndpoint;
