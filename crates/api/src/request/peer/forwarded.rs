//! The headers by which proxies tell whom they speak for.

use std::net::{IpAddr, SocketAddr};

use crate::connection::remote::RemoteAddress;
use crate::guard::is_token;

/// One hop: what a proxy tells of the connection that it received.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Hop {
    /// Where the connection came from; `None` where it is hidden or cannot be read.
    pub(crate) address: Option<RemoteAddress>,
    pub(crate) protocol: Option<String>,
    pub(crate) host: Option<String>,
}

/// Walks from the last hop backwards and returns the hop of the first address that is not trusted, or of the last readable one.
/// `None` where the last hop cannot be read already.
pub(crate) fn walk(
    hops: &[Hop],
    direct: RemoteAddress,
    is_trusted: impl Fn(RemoteAddress) -> bool,
) -> Option<&Hop> {
    let mut current = direct;
    let mut reached = None;
    for hop in hops.iter().rev() {
        let Some(address) = hop.address.filter(|_| is_trusted(current)) else { break };
        (current, reached) = (address, Some(hop));
    }
    reached
}

/// Reads `x-forwarded-for` with the headers beside it. A list beside it that has one value, or another number of values than there
/// are addresses, gives its last value to every hop.
pub(crate) fn common(addresses: &str, protocols: &str, hosts: &str) -> Vec<Hop> {
    let entries: Vec<&str> = addresses.split(',').map(str::trim).collect();
    let beside = |list: &str, at: usize| {
        let values: Vec<&str> = list.split(',').map(str::trim).collect();
        let value = if values.len() == entries.len() { values.get(at) } else { values.last() };
        value.filter(|value| !value.is_empty()).map(|value| (*value).to_owned())
    };
    let hop = |(at, entry): (usize, &&str)| Hop {
        address: address(entry),
        protocol: beside(protocols, at),
        host: beside(hosts, at),
    };
    entries.iter().enumerate().map(hop).collect()
}

/// Reads `forwarded`; `None` where the header is not well formed.
///
/// Source: RFC 7239, section 4.
pub(crate) fn standard(header: &str) -> Option<Vec<Hop>> {
    let mut hops = vec![Hop::default()];
    let mut rest = header.trim();
    let mut seen: Vec<String> = Vec::new();
    loop {
        let (name, value, after) = pair(rest)?;
        if seen.contains(&name) {
            return None;
        }
        let hop = hops.last_mut()?;
        match name.as_str() {
            "for" => hop.address = address(&value),
            "proto" => hop.protocol = Some(value),
            "host" => hop.host = Some(value),
            _ => {}
        }
        seen.push(name);
        let after = after.trim_start_matches([' ', '\t']);
        match after.as_bytes().first() {
            None => return Some(hops),
            Some(b';') => {}
            Some(b',') => {
                hops.push(Hop::default());
                seen.clear();
            }
            Some(_) => return None,
        }
        rest = after[1..].trim_start_matches([' ', '\t']);
    }
}

/// Reads `name=token` or `name="quoted"`; returns the name in lower case, the value, and the text behind it.
fn pair(text: &str) -> Option<(String, String, &str)> {
    let (name, rest) = text.split_once('=')?;
    if name.is_empty() || !name.bytes().all(is_token) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let Some(quoted) = rest.strip_prefix('"') else {
        let length = rest.bytes().position(|byte| !is_token(byte)).unwrap_or(rest.len());
        return (length > 0).then(|| (name, rest[..length].to_owned(), &rest[length..]));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((name, value, &quoted[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

/// Reads `address`, `address:port`, `[address]` or `[address]:port`.
fn address(text: &str) -> Option<RemoteAddress> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Some(RemoteAddress::tcp(address, 0));
    }
    if let Some(bare) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return bare.parse::<std::net::Ipv6Addr>().ok().map(|address| RemoteAddress::tcp(address.into(), 0));
    }
    match text.parse::<SocketAddr>() {
        // A zone means nothing to another machine.
        Ok(SocketAddr::V6(address)) if address.scope_id() != 0 => None,
        Ok(address) => Some(RemoteAddress::tcp(address.ip(), address.port())),
        Err(_) => None,
    }
}
