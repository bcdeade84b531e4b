//! TCP and Unix sockets to a server.

use std::io;
use std::net::IpAddr;
#[cfg(unix)]
use std::path::PathBuf;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;
use tokio_postgres::Config;

/// A byte stream both ways, with TLS or without.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// The address of a server.
#[derive(Clone, Debug)]
pub(super) enum Address {
    Tcp(IpAddr, u16),
    /// A Unix socket: its folder, and the port that is part of its file name.
    #[cfg(unix)]
    Unix(PathBuf, u16),
}

/// Connects, with the keep-alive settings of `config`.
pub(super) async fn open(address: &Address, config: &Config) -> io::Result<Box<dyn Duplex>> {
    match address {
        Address::Tcp(ip, port) => {
            let stream = TcpStream::connect((*ip, *port)).await?;
            stream.set_nodelay(true)?;
            let socket = SockRef::from(&stream);
            #[cfg(target_os = "linux")]
            if let Some(limit) = config.get_tcp_user_timeout() {
                socket.set_tcp_user_timeout(Some(*limit))?;
            }
            if config.get_keepalives() {
                socket.set_tcp_keepalive(&keepalive(config))?;
            }
            Ok(Box::new(stream))
        }
        #[cfg(unix)]
        Address::Unix(folder, port) => {
            let stream = UnixStream::connect(folder.join(format!(".s.PGSQL.{port}"))).await?;
            Ok(Box::new(stream))
        }
    }
}

fn keepalive(config: &Config) -> TcpKeepalive {
    let mut keepalive = TcpKeepalive::new().with_time(config.get_keepalives_idle());
    if let Some(interval) = config.get_keepalives_interval() {
        keepalive = keepalive.with_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        keepalive = keepalive.with_retries(retries);
    }
    keepalive
}
