//! Connections: accepting, registering, timing and serving them.

pub(crate) mod accept;
pub(crate) mod clock;
pub(crate) mod connections;
pub(crate) mod encode;
pub(crate) mod entry;
pub(crate) mod farewell;
pub(crate) mod http2;
pub(crate) mod interim;
pub(crate) mod link;
pub(crate) mod listen;
pub(crate) mod open;
pub(crate) mod peekable;
pub(crate) mod proxy_protocol;
pub(crate) mod remote;
pub(crate) mod serve;
pub(crate) mod socket;
pub(crate) mod tls;
pub(crate) mod transport;
pub(crate) mod unix;
pub(crate) mod unrouted;
