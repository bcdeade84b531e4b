//! TLS: certificates by name, clients with certificates, and files that change while the server runs.

mod certificates;
mod identity;
mod reload;

use std::io;
use std::sync::{Arc, RwLock};

use rustls::ServerConfig;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use twinloop_runtime::{lock_to_read, lock_to_write};

use crate::config::TlsConfig;
use crate::connection::peekable::Peekable;
pub(crate) use identity::ClientCertificate;
use reload::Contents;
pub(crate) use reload::watch;

/// The first byte of a TLS handshake. Source: RFC 8446, section 5.1.
const HANDSHAKE: u8 = 0x16;

/// TLS as configured, with the certificates that were read last.
pub(crate) struct TlsTerminator {
    config: TlsConfig,
    http2: bool,
    current: RwLock<Arc<ServerConfig>>,
    /// What the files held when they were read first.
    loaded: Contents,
}

/// An accepted TLS connection.
pub(crate) struct Secured {
    pub(crate) stream: TlsStream<Peekable>,
    /// Whether HTTP/2 was negotiated.
    pub(crate) is_http2: bool,
    /// The client's certificate, which has been verified.
    pub(crate) identity: Option<Arc<ClientCertificate>>,
}

/// The result of a handshake.
pub(crate) enum Handshake {
    Done(Box<Secured>),
    /// The client speaks HTTP without TLS.
    Plain(Peekable),
}

impl TlsTerminator {
    /// Reads all files; the errors are sentences, one for each file that cannot be used.
    pub(crate) fn load(config: &TlsConfig, http2: bool) -> Result<Self, Vec<String>> {
        // Before the certificates, so that a change in between is found later and not missed.
        let loaded = reload::contents(config);
        let current = RwLock::new(Arc::new(certificates::server_config(config, http2)?));
        Ok(Self { config: config.clone(), http2, current, loaded })
    }

    fn current(&self) -> Arc<ServerConfig> {
        Arc::clone(&lock_to_read(&self.current))
    }

    /// Reads all files again; after an error the certificates from before stay in use.
    fn reload(&self) -> Result<(), Vec<String>> {
        let fresh = Arc::new(certificates::server_config(&self.config, self.http2)?);
        *lock_to_write(&self.current) = fresh;
        Ok(())
    }

    /// Accepts a connection. An error means that the client has been told by an alert, or has left.
    pub(crate) async fn accept(&self, mut stream: Peekable) -> io::Result<Handshake> {
        let first = *stream.peek().await?.first().ok_or(io::ErrorKind::UnexpectedEof)?;
        if first != HANDSHAKE {
            return Ok(Handshake::Plain(stream));
        }
        let stream = TlsAcceptor::from(self.current()).accept(stream).await?;
        let (_, session) = stream.get_ref();
        let is_http2 = session.alpn_protocol() == Some(b"h2");
        let certificate = session.peer_certificates().and_then(<[_]>::first);
        let identity = certificate.and_then(|certificate| ClientCertificate::read(certificate)).map(Arc::new);
        Ok(Handshake::Done(Box::new(Secured { stream, is_http2, identity })))
    }
}
