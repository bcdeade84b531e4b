//! Opening a connection: the hosts in turn, TLS, authentication, the parameters that the server reports.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::sync::Arc;

use bytes::BytesMut;
use postgres_protocol::message::backend::Message;
use postgres_protocol::message::frontend;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::mpsc::UnboundedSender;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, LoadBalanceHosts, TargetSessionAttrs};

use super::authenticate::authenticate;
use super::client::{Canceller, Client};
use super::driver::Driver;
use super::failure::{ServerRefusal, WireFailure};
use super::secure::{Tls, secure};
use super::shared::{ServerEvent, ServerState};
use super::socket::{self, Address, Duplex};

const DEFAULT_PORT: u16 = 5432;

/// A connection before the first `ReadyForQuery`.
pub(super) struct Opening {
    stream: Box<dyn Duplex>,
    received: BytesMut,
}

impl Opening {
    pub(super) async fn send(
        &mut self,
        write: impl FnOnce(&mut BytesMut) -> io::Result<()>,
    ) -> Result<(), WireFailure> {
        let mut out = BytesMut::new();
        write(&mut out).map_err(|error| WireFailure::Unsendable(error.to_string()))?;
        let sent = async {
            self.stream.write_all(&out).await?;
            self.stream.flush().await
        };
        sent.await.map_err(|error| unreachable(&error))
    }

    /// The next message; an `ErrorResponse` is returned as a failure.
    pub(super) async fn next(&mut self) -> Result<Message, WireFailure> {
        loop {
            let message = Message::parse(&mut self.received).map_err(|error| unreachable(&error))?;
            match message {
                Some(Message::ErrorResponse(body)) => {
                    return Err(WireFailure::Refused(Arc::new(ServerRefusal::read(body.fields()))));
                }
                Some(message) => return Ok(message),
                None => {
                    let read = self.stream.read_buf(&mut self.received).await;
                    if read.map_err(|error| unreachable(&error))? == 0 {
                        return Err(unreachable(&"the server closed the connection"));
                    }
                }
            }
        }
    }
}

fn unreachable(why: &dyn std::fmt::Display) -> WireFailure {
    WireFailure::Unreachable(why.to_string())
}

/// One host of the connection string: the name that TLS verifies, its address, its port.
struct HostCandidate {
    name: Option<String>,
    host: Host,
    port: u16,
}

fn candidates(config: &Config) -> Result<Vec<HostCandidate>, WireFailure> {
    let (hosts, addresses, ports) = (config.get_hosts(), config.get_hostaddrs(), config.get_ports());
    let count = hosts.len().max(addresses.len());
    if count == 0 {
        return Err(unreachable(&"the connection string names no host"));
    }
    let fits = |length: usize| length == 0 || length == count;
    if !fits(hosts.len()) || !fits(addresses.len()) || !(ports.len() <= 1 || ports.len() == count) {
        return Err(unreachable(
            &"the connection string names different numbers of hosts, addresses and ports",
        ));
    }
    Ok((0..count)
        .filter_map(|index| {
            let host = hosts.get(index);
            let name = match host {
                Some(Host::Tcp(name)) => Some(name.clone()),
                _ => None,
            };
            let address = addresses.get(index).map(|ip| Host::Tcp(ip.to_string()));
            let port = ports.get(index).or(ports.first()).copied().unwrap_or(DEFAULT_PORT);
            Some(HostCandidate { name, host: address.or_else(|| host.cloned())?, port })
        })
        .collect())
}

async fn addresses_of(candidate: &HostCandidate) -> Result<Vec<Address>, WireFailure> {
    match &candidate.host {
        #[cfg(not(unix))]
        Host::Tcp(folder) if folder.starts_with(['/', '@']) => Err(unreachable(&format!(
            "the host {folder} is the folder of a Unix socket, which this platform has not: name a host and a port"
        ))),
        Host::Tcp(host) => {
            let found = tokio::net::lookup_host((host.as_str(), candidate.port)).await;
            let found = found.map_err(|error| unreachable(&format!("{host} cannot be resolved: {error}")))?;
            Ok(found.map(|address| Address::Tcp(address.ip(), address.port())).collect())
        }
        #[cfg(unix)]
        Host::Unix(folder) => Ok(vec![Address::Unix(folder.clone(), candidate.port)]),
    }
}

/// Connects to the first host that accepts the connection and satisfies `target_session_attrs`.
pub(crate) async fn connect(
    config: &Config,
    tls: &Tls,
    events: Option<UnboundedSender<ServerEvent>>,
) -> Result<(Client, Driver), WireFailure> {
    let mut candidates = candidates(config)?;
    let spreads = config.get_load_balance_hosts() == LoadBalanceHosts::Random;
    let chance = RandomState::new();
    if spreads {
        candidates.sort_by_cached_key(|candidate| chance.hash_one((&candidate.name, candidate.port)));
    }
    let mut last = unreachable(&"no address was found for the host");
    for candidate in candidates {
        let mut addresses = match addresses_of(&candidate).await {
            Ok(addresses) => addresses,
            Err(failure) => {
                last = failure;
                continue;
            }
        };
        if spreads {
            addresses.sort_by_cached_key(|address| chance.hash_one(format!("{address:?}")));
        }
        for address in addresses {
            match connect_to(&address, candidate.name.as_deref(), config, tls, events.clone()).await {
                Ok(connected) => return Ok(connected),
                Err(failure) => last = failure,
            }
        }
    }
    Err(last)
}

async fn connect_to(
    address: &Address,
    name: Option<&str>,
    config: &Config,
    tls: &Tls,
    events: Option<UnboundedSender<ServerEvent>>,
) -> Result<(Client, Driver), WireFailure> {
    let stream = socket::open(address, config).await.map_err(|error| unreachable(&error))?;
    let secured = secure(stream, config, tls, name).await?;
    let mut opening = Opening { stream: secured.stream, received: BytesMut::with_capacity(4096) };
    let user = match config.get_user() {
        Some(user) => user.to_owned(),
        None => whoami::username().map_err(|error| unreachable(&error))?,
    };
    let mut parameters = vec![("client_encoding", "UTF8"), ("user", user.as_str())];
    parameters.extend(config.get_dbname().map(|name| ("database", name)));
    parameters.extend(config.get_options().map(|options| ("options", options)));
    parameters.extend(config.get_application_name().map(|name| ("application_name", name)));
    opening.send(|out| frontend::startup_message(parameters, out)).await?;
    authenticate(&mut opening, config, &user, secured.binding).await?;
    let (key, reported) = reports(&mut opening).await?;
    accept(&mut opening, config.get_target_session_attrs()).await?;
    let canceller = Canceller {
        address: address.clone(),
        name: name.map(ToOwned::to_owned),
        config: config.clone(),
        tls: tls.clone(),
        key,
    };
    let shared = Arc::new(ServerState::new(reported, events));
    Ok(Client::new(Arc::new(canceller), shared, |requests, shared| {
        Driver::new(opening.stream, opening.received, requests, shared)
    }))
}

/// The process id and the secret key of `BackendKeyData`, by which statements are cancelled.
pub(super) type CancelKey = (i32, i32);

async fn reports(opening: &mut Opening) -> Result<(CancelKey, HashMap<String, String>), WireFailure> {
    let mut key = (0, 0);
    let mut reported = HashMap::new();
    loop {
        match opening.next().await? {
            Message::BackendKeyData(body) => key = (body.process_id(), body.secret_key()),
            Message::ParameterStatus(body) => {
                if let (Ok(name), Ok(value)) = (body.name(), body.value()) {
                    reported.insert(name.to_owned(), value.to_owned());
                }
            }
            Message::NoticeResponse(_) => {}
            Message::ReadyForQuery(_) => return Ok((key, reported)),
            _ => {
                return Err(WireFailure::Protocol(
                    "the server sent an unexpected message at the start".to_owned(),
                ));
            }
        }
    }
}

/// Checks `target_session_attrs`: asks whether the session is read-only where that matters.
async fn accept(opening: &mut Opening, wanted: TargetSessionAttrs) -> Result<(), WireFailure> {
    if wanted == TargetSessionAttrs::Any {
        return Ok(());
    }
    opening.send(|out| frontend::query("show transaction_read_only", out)).await?;
    let mut is_read_only = false;
    loop {
        match opening.next().await? {
            Message::DataRow(row) => is_read_only = row.buffer().ends_with(b"on"),
            Message::ReadyForQuery(_) => break,
            _ => {}
        }
    }
    match wanted {
        TargetSessionAttrs::ReadWrite if is_read_only => Err(unreachable(&"the database takes no writes")),
        TargetSessionAttrs::ReadOnly if !is_read_only => Err(unreachable(&"the database is not read-only")),
        _ => Ok(()),
    }
}
