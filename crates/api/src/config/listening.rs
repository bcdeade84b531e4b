//! Arguments of `listen` about sockets: unix sockets, TLS, the PROXY protocol.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A unix socket to listen on.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct UnixConfig {
    /// The path of the socket.
    pub path: String,
    /// The permissions of the socket, such as `0o660`.
    pub mode: u32,
    /// Whether TLS is spoken on the socket, where it is configured.
    pub tls: bool,
}

/// TLS on the server's sockets.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct TlsConfig {
    /// The certificate for clients that name no host, or one that `sni` does not have.
    #[serde(flatten)]
    pub own: CertificateFiles,
    /// The file of the authorities that sign the certificates of clients.
    #[serde(default)]
    pub ca: Option<String>,
    /// Whether clients are asked for a certificate.
    #[serde(default)]
    pub client_cert: ClientCertificates,
    /// Further certificates by host name, or by `*.` with the rest of a name.
    #[serde(default)]
    pub sni: BTreeMap<String, CertificateFiles>,
    /// The oldest version of TLS that is spoken. Default 1.2.
    #[serde(default)]
    pub min_version: TlsVersion,
}

/// The files of one certificate.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct CertificateFiles {
    /// The file of the certificate and those that sign it, in PEM.
    pub cert: String,
    /// The file of the private key, in PEM.
    pub key: String,
}

/// Whether clients are asked for a certificate.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ClientCertificates {
    /// No client is asked.
    #[default]
    None,
    /// A client may show one; one that is not valid ends the handshake.
    Optional,
    /// A client without a valid one does not get past the handshake.
    Required,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
pub enum TlsVersion {
    /// TLS 1.2. Source: RFC 5246.
    #[default]
    #[serde(rename = "1.2")]
    Tls12,
    /// TLS 1.3. Source: RFC 8446.
    #[serde(rename = "1.3")]
    Tls13,
}

/// Whether connections begin with a header of the PROXY protocol. Only trusted proxies may send one.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ProxyProtocol {
    /// No header is read.
    #[default]
    Off,
    /// A trusted proxy may send one.
    Optional,
    /// A connection without one, or not from a trusted proxy, is closed.
    Required,
}

impl TlsConfig {
    /// All files, in a stable order.
    pub(crate) fn files(&self) -> impl Iterator<Item = &str> {
        let all = std::iter::once(&self.own).chain(self.sni.values());
        let pairs = all.flat_map(|files| [files.cert.as_str(), files.key.as_str()]);
        pairs.chain(self.ca.as_deref())
    }
}
