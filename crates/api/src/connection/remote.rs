//! The remote end of a connection.

use std::fmt;
use std::net::IpAddr;

/// The protocol by which a client sent its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

/// The address from which a connection, or a request through proxies, came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RemoteAddress {
    /// The address; the loopback address for a client of a unix socket. IPv4 addresses are never in their IPv6 form.
    pub(crate) ip: IpAddr,
    /// The port; 0 where a proxy has not told it.
    pub(crate) port: u16,
    /// Whether the client connected to a unix socket.
    pub(crate) is_unix: bool,
}

impl Scheme {
    /// The protocol's scheme, `http` or `https`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// Reads a scheme in any case.
    pub(crate) fn read(scheme: &str) -> Option<Self> {
        [Self::Http, Self::Https].into_iter().find(|one| scheme.eq_ignore_ascii_case(one.as_str()))
    }
}

impl RemoteAddress {
    /// The address of a TCP connection's other end.
    pub(crate) fn tcp(ip: IpAddr, port: u16) -> Self {
        Self { ip: ip.to_canonical(), port, is_unix: false }
    }
}

impl fmt::Display for RemoteAddress {
    /// Writes `ip:port`, `ip` where the port is not known, and `unix` for a client of a unix socket.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.is_unix, self.port) {
            (true, _) => f.write_str("unix"),
            (false, 0) => self.ip.fmt(f),
            (false, port) => std::net::SocketAddr::new(self.ip, port).fmt(f),
        }
    }
}
