//! Networks whose proxies are trusted.

use ipnet::IpNet;
use std::net::IpAddr;

use crate::connection::remote::RemoteAddress;

/// Named networks. Source: RFC 1122, 1918, 3927, 4193 and 4291.
const NAMED: [(&str, &[&str]); 3] = [
    ("loopback", &["127.0.0.0/8", "::1/128"]),
    ("linklocal", &["169.254.0.0/16", "fe80::/10"]),
    ("private", &["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]),
];

/// A set of networks, and whether clients of unix sockets belong to it.
#[derive(Debug, Default)]
pub(crate) struct Networks {
    nets: Vec<IpNet>,
    unix: bool,
}

impl Networks {
    /// Reads `loopback`, `linklocal`, `private`, `unix`, addresses, and networks such as `10.0.0.0/8`.
    pub(crate) fn read(entries: &[String]) -> Result<Self, Vec<String>> {
        let (mut networks, mut problems) = (Self::default(), Vec::new());
        for entry in entries {
            let named = NAMED.iter().find(|(name, _)| name == entry).map(|(_, nets)| *nets);
            if entry == "unix" {
                networks.unix = true;
            } else if let Some(nets) = named {
                networks.nets.extend(nets.iter().filter_map(|net| net.parse::<IpNet>().ok()));
            } else if let Some(net) = network(entry) {
                networks.nets.push(net);
            } else {
                problems.push(format!(
                    "trustProxy has {entry:?}, which is no network: write an address, a network such as \"10.0.0.0/8\", \
                     \"loopback\", \"linklocal\", \"private\" or \"unix\""
                ));
            }
        }
        if problems.is_empty() { Ok(networks) } else { Err(problems) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.nets.is_empty() && !self.unix
    }

    pub(crate) fn contains(&self, address: RemoteAddress) -> bool {
        if address.is_unix { self.unix } else { self.nets.iter().any(|net| net.contains(&address.ip)) }
    }
}

/// Reads an address or a network without host bits.
fn network(entry: &str) -> Option<IpNet> {
    if let Ok(address) = entry.parse::<IpAddr>() {
        return Some(address.to_canonical().into());
    }
    // Host bits are a slip more often than they are meant: `10.0.0.1/8` trusts far more than it seems to.
    entry.parse::<IpNet>().ok().filter(|net| net.addr() == net.network())
}
