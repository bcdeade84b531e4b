//! TLS on a connection, and the channel binding of SCRAM to it.

use std::io;
use std::sync::Arc;

use postgres_protocol::message::frontend;
use ring::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_postgres::Config;
use tokio_postgres::config::{SslMode, SslNegotiation};
use tokio_rustls::TlsConnector;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::failure::WireFailure;
use super::socket::Duplex;

/// The TLS connector, with its trusted authorities.
#[derive(Clone)]
pub(crate) struct Tls(TlsConnector);

impl Tls {
    pub(crate) fn new(config: ClientConfig) -> Self {
        Self(TlsConnector::from(Arc::new(config)))
    }
}

/// A connection after TLS negotiation, encrypted or not.
pub(super) struct Secured {
    pub(super) stream: Box<dyn Duplex>,
    /// The channel binding `tls-server-end-point` (RFC 5929), where the connection is encrypted and the certificate has one.
    pub(super) binding: Option<Vec<u8>>,
}

/// Negotiates TLS by `sslmode` and `sslnegotiation` of `config`.
pub(super) async fn secure(
    mut stream: Box<dyn Duplex>,
    config: &Config,
    tls: &Tls,
    host: Option<&str>,
) -> Result<Secured, WireFailure> {
    let mode = config.get_ssl_mode();
    let direct = config.get_ssl_negotiation() == SslNegotiation::Direct;
    if mode == SslMode::Disable {
        return Ok(Secured { stream, binding: None });
    }
    if direct && mode == SslMode::Prefer {
        return Err(failed(&"sslnegotiation=direct needs sslmode=require or a stricter one"));
    }
    if !direct && !asks_for_tls(&mut stream).await.map_err(|error| failed(&error))? {
        if mode == SslMode::Require {
            return Err(failed(&"the server does not support TLS, which sslmode asks for"));
        }
        return Ok(Secured { stream, binding: None });
    }
    let host = host.ok_or_else(|| failed(&"TLS needs a host name or address"))?;
    let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(&error))?;
    let stream = tls.0.connect(name, stream).await.map_err(|error| failed(&error))?;
    let certificate = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
    let binding = certificate.and_then(|certificate| end_point(certificate));
    Ok(Secured { stream: Box::new(stream), binding })
}

async fn asks_for_tls(stream: &mut Box<dyn Duplex>) -> io::Result<bool> {
    let mut request = bytes::BytesMut::new();
    frontend::ssl_request(&mut request);
    stream.write_all(&request).await?;
    stream.flush().await?;
    Ok(stream.read_u8().await? == b'S')
}

/// Hashes the certificate by the algorithm of its signature; SHA-256 in place of MD5 and SHA-1.
///
/// Source: RFC 5929, section 4.1; the object identifiers of RFC 5912.
fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    let parsed = Certificate::from_der(certificate).ok()?;
    let algorithm: &Algorithm = match parsed.signature_algorithm.oid.to_string().as_str() {
        "1.2.840.113549.1.1.5" | "1.2.840.113549.1.1.11" | "1.2.840.10045.4.1" | "1.2.840.10045.4.3.2" => {
            &SHA256
        }
        "1.2.840.113549.1.1.12" | "1.2.840.10045.4.3.3" => &SHA384,
        "1.2.840.113549.1.1.13" | "1.2.840.10045.4.3.4" => &SHA512,
        _ => return None,
    };
    Some(digest(algorithm, certificate).as_ref().to_vec())
}

fn failed(why: &dyn std::fmt::Display) -> WireFailure {
    WireFailure::Unreachable(format!("TLS failed: {why}"))
}
