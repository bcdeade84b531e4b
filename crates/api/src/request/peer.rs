//! The peer of a request: the client's address and protocol, through the proxies that are trusted.
//!
//! A header that names a client is believed only from a trusted proxy. The walk goes from the connection backwards, hop by hop,
//! and ends at the first address that is not trusted or cannot be read: everything before that was written by somebody unknown.

mod forwarded;
mod networks;

use http::{HeaderMap, HeaderName};

use crate::config::{ForwardingHeader, TrustConfig};
use crate::connection::remote::{RemoteAddress, Scheme};
use forwarded::Hop;
use networks::Networks;

const FORWARDED: HeaderName = HeaderName::from_static("forwarded");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// The peer of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    /// Where the request came from: the client, as far as trusted proxies tell it.
    pub(crate) address: RemoteAddress,
    /// The protocol between the client and the first trusted proxy.
    pub(crate) protocol: Scheme,
}

/// A request, traced through the proxies that are trusted.
#[derive(Debug)]
pub(crate) struct Trace {
    pub(crate) peer: Peer,
    /// The host that the client asked for, where a trusted proxy tells it.
    pub(crate) forwarded_host: Option<Box<str>>,
    /// Whether the connection came from a trusted proxy, whose headers are believed.
    pub(crate) is_trusted: bool,
}

/// The proxies whose headers are believed.
#[derive(Debug, Default)]
pub(crate) struct Trust {
    networks: Networks,
    header: Option<ForwardingHeader>,
}

impl Trust {
    /// Reads the configuration; the errors are sentences about entries that name no network.
    pub(crate) fn new(config: &TrustConfig) -> Result<Self, Vec<String>> {
        Ok(Self { networks: Networks::read(&config.from)?, header: config.header })
    }

    /// Whether an address is a trusted proxy's.
    pub(crate) fn covers(&self, address: RemoteAddress) -> bool {
        self.networks.contains(address)
    }

    /// Traces a request from the connection on which it came to its sender.
    pub(crate) fn trace(&self, direct: Peer, headers: &HeaderMap) -> Trace {
        let is_trusted = !self.networks.is_empty() && self.covers(direct.address);
        let hops = if is_trusted { self.hops(headers) } else { None };
        let reached = hops
            .as_ref()
            .and_then(|hops| forwarded::walk(hops, direct.address, |address| self.covers(address)));
        let Some(hop) = reached else { return Trace { peer: direct, forwarded_host: None, is_trusted } };
        let protocol = hop.protocol.as_deref().and_then(Scheme::read).unwrap_or(direct.protocol);
        let is_host = |host: &&str| !host.is_empty() && host.bytes().all(crate::guard::is_host_byte);
        Trace {
            peer: Peer { address: hop.address.unwrap_or(direct.address), protocol },
            forwarded_host: hop.host.as_deref().filter(is_host).map(Box::from),
            is_trusted,
        }
    }

    /// The hops that the headers name, the nearest last. Where a request has both kinds of headers and no kind is configured, the
    /// two must agree: a proxy that writes one passes the other on as the client sent it.
    fn hops(&self, headers: &HeaderMap) -> Option<Vec<Hop>> {
        let standard = |headers: &HeaderMap| forwarded::standard(&joined(headers, FORWARDED)?);
        let common = |headers: &HeaderMap| {
            let list = |name| joined(headers, name).unwrap_or_default();
            let hosts = list(X_FORWARDED_HOST);
            Some(forwarded::common(&joined(headers, X_FORWARDED_FOR)?, &list(X_FORWARDED_PROTO), &hosts))
        };
        match self.header {
            Some(ForwardingHeader::Forwarded) => standard(headers),
            Some(ForwardingHeader::XForwarded) => common(headers),
            None if !headers.contains_key(FORWARDED) => common(headers),
            None if !headers.contains_key(X_FORWARDED_FOR) => standard(headers),
            None => {
                let (one, other) = (standard(headers)?, common(headers)?);
                let addresses = |hops: &[Hop]| {
                    hops.iter().map(|hop| hop.address.map(|address| address.ip)).collect::<Vec<_>>()
                };
                (addresses(&one) == addresses(&other)).then_some(one)
            }
        }
    }
}

/// All values of a header, joined by commas; `None` where it is absent.
fn joined(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let mut values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let mut whole = values.next()?.into_owned();
    for value in values {
        whole.push(',');
        whole.push_str(&value);
    }
    Some(whole)
}

#[cfg(test)]
mod tests;
