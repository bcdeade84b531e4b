//! The identity of a client: what its verified certificate says.

use std::fmt::Write;

use ring::digest::{SHA256, digest};
use serde::Serialize;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

/// A client's certificate.
#[derive(Debug, Serialize)]
pub(crate) struct ClientCertificate {
    /// The subject's distinguished name, such as `CN=billing, O=Example`.
    subject: String,
    /// The alternative names: `DNS:…`, `IP:…`, `URI:…`, `email:…`.
    sans: Vec<String>,
    /// The SHA-256 of the certificate, 64 hexadecimal digits in lower case.
    fingerprint: String,
}

impl ClientCertificate {
    /// Reads a certificate (DER); `None` where it cannot be read.
    pub(crate) fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let names = certificate.subject_alternative_name().ok().flatten();
        let sans =
            names.iter().flat_map(|names| &names.value.general_names).filter_map(alternative_name).collect();
        let mut fingerprint = String::with_capacity(64);
        for byte in digest(&SHA256, der).as_ref() {
            let _ = write!(fingerprint, "{byte:02x}");
        }
        Some(Self { subject: certificate.subject().to_string(), sans, fingerprint })
    }

    /// The certificate as JSON: `{"subject","sans","fingerprint"}`.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn alternative_name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some(format!("DNS:{name}")),
        GeneralName::RFC822Name(name) => Some(format!("email:{name}")),
        GeneralName::URI(uri) => Some(format!("URI:{uri}")),
        GeneralName::IPAddress(bytes) => {
            let four = <[u8; 4]>::try_from(*bytes).ok().map(std::net::IpAddr::from);
            let address = four.or_else(|| <[u8; 16]>::try_from(*bytes).ok().map(std::net::IpAddr::from));
            address.map(|address| format!("IP:{address}"))
        }
        _ => None,
    }
}
