//! Binding of the addresses to which a host name resolves.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};

use serde_json::json;
use tokio::net::{TcpListener, TcpSocket, lookup_host};
use twinloop_runtime::Failure;

/// Binds every address of `host`; with port 0 all of them share the port that the first one gets.
///
/// Errors: `unavailable`, with `reason` in its details.
pub(crate) async fn bind(host: &str, port: u16, backlog: u32) -> Result<(Vec<TcpListener>, u16), Failure> {
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    let mut addresses: Vec<SocketAddr> = match bare.parse::<IpAddr>() {
        Ok(address) => vec![(address, port).into()],
        Err(_) => lookup_host((bare, port)).await.map_err(|error| unresolved(host, &error))?.collect(),
    };
    addresses.sort_unstable();
    addresses.dedup();
    let mut listeners: Vec<TcpListener> = Vec::new();
    let mut taken = port;
    let mut failure = None;
    for mut address in addresses {
        address.set_port(taken);
        match listen(address, backlog) {
            Ok(listener) => {
                taken = listener.local_addr().map_or(taken, |address| address.port());
                listeners.push(listener);
            }
            // A machine without IPv6 may still resolve `localhost` to `::1`.
            Err(error) if error.kind() == ErrorKind::AddrNotAvailable && !listeners.is_empty() => {}
            Err(error) => failure = failure.or(Some((address, error))),
        }
    }
    match failure {
        Some((_, error)) if error.kind() == ErrorKind::AddrNotAvailable && !listeners.is_empty() => {
            Ok((listeners, taken))
        }
        Some((address, error)) => Err(not_bound(host, address.port(), &error)),
        None if listeners.is_empty() => Err(unresolved(host, &"it has no address")),
        None => Ok((listeners, taken)),
    }
}

fn listen(address: SocketAddr, backlog: u32) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // SO_REUSEADDR: a restarted server can bind its port while old connections are in TIME_WAIT. Windows allows that without the
    // option, which there lets a second process bind a port that is in use.
    #[cfg(not(windows))]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(backlog)
}

fn unresolved(host: &str, error: &impl std::fmt::Display) -> Failure {
    let message = format!(
        "the host {host:?} could not be resolved: {error}; set HOST to a name or address of this machine"
    );
    Failure::unavailable(message).with_details(json!({ "reason": "host_unresolved" }))
}

fn not_bound(host: &str, port: u16, error: &io::Error) -> Failure {
    let (reason, message) = match error.kind() {
        ErrorKind::AddrInUse => (
            "address_in_use",
            format!("port {port} on {host} is already in use: stop the other process or set PORT"),
        ),
        ErrorKind::AddrNotAvailable => (
            "address_not_available",
            format!("{host} is no address of this machine: set HOST to one that is"),
        ),
        ErrorKind::PermissionDenied => (
            "permission_denied",
            format!("port {port} on {host} needs more rights: set PORT to 1024 or above"),
        ),
        _ => ("bind_failed", format!("port {port} on {host} could not be bound: {error}")),
    };
    Failure::unavailable(message).with_details(json!({ "reason": reason }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_taken_port_is_told_with_its_number() {
        let (_listeners, port) = bind("127.0.0.1", 0, 16).await.unwrap();
        let failure = bind("127.0.0.1", port, 16).await.unwrap_err();
        assert_eq!(failure.code.as_str(), "unavailable");
        assert_eq!(failure.details["reason"], "address_in_use");
        assert_eq!(
            failure.message,
            format!("port {port} on 127.0.0.1 is already in use: stop the other process or set PORT")
        );
    }

    #[tokio::test]
    async fn localhost_is_every_address_it_has_on_one_port() {
        let (listeners, port) = bind("localhost", 0, 16).await.unwrap();
        assert!(listeners.iter().all(|listener| listener.local_addr().unwrap().port() == port));
    }

    #[tokio::test]
    async fn a_foreign_address_is_told() {
        let failure = bind("192.0.2.1", 0, 16).await.unwrap_err();
        assert_eq!(failure.details["reason"], "address_not_available");
    }

    #[tokio::test]
    async fn an_unknown_host_is_told() {
        let failure = bind("no-such-host.invalid", 0, 16).await.unwrap_err();
        assert_eq!(failure.details["reason"], "host_unresolved");
    }
}
