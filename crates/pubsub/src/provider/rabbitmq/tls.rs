//! TLS to the broker: whom to trust, and the certificate that this process shows.
//!
//! The files are read again for each connection, so that renewed certificates count from the next one on.

use std::fs;
use std::path::{Path, PathBuf};

use lapin::tcp::{OwnedIdentity, OwnedTLSConfig};
use twinloop_runtime::Failure;

const CA_FILE: &str = "cacertfile";
const CERTIFICATE_FILE: &str = "certfile";
const KEY_FILE: &str = "keyfile";
const NAME: &str = "server_name_indication";
const VERIFY: &str = "verify";

/// The settings of TLS in a broker's URL, by RabbitMQ's own names for them ("URI query parameters").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tls {
    /// CA certificates that are trusted beside those of the web.
    ca: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    /// The name that the broker's certificate must have, where it is not that of the URL.
    name: Option<String>,
}

impl Tls {
    /// Takes over a parameter of the URL; false where it is none of TLS. Relative paths refer to `root`.
    ///
    /// Errors: `invalid_argument` for a value that is not allowed.
    pub(super) fn take(&mut self, root: &Path, parameter: &str, value: &str) -> Result<bool, Failure> {
        match parameter {
            CA_FILE => self.ca = Some(root.join(value)),
            CERTIFICATE_FILE => self.certificate = Some(root.join(value)),
            KEY_FILE => self.key = Some(root.join(value)),
            NAME => self.name = Some(value.to_owned()),
            VERIFY if value == "verify_peer" => {}
            VERIFY => {
                return Err(Failure::invalid_argument(format!(
                    "the URL of the broker has {VERIFY}={value}, and a broker is always verified: name the CA of its certificate \
                     with {CA_FILE}=…"
                )));
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Checks the settings and their files before the first connection.
    pub(super) fn check(&self, is_tls: bool) -> Result<(), Failure> {
        if *self != Self::default() && !is_tls {
            return Err(Failure::invalid_argument(format!(
                "the URL of the broker has {CA_FILE}, {CERTIFICATE_FILE}, {KEY_FILE} or {NAME}, which mean nothing without TLS: begin \
                 it with amqps://"
            )));
        }
        if self.certificate.is_some() != self.key.is_some() {
            return Err(Failure::invalid_argument(format!(
                "the URL of the broker has one of {CERTIFICATE_FILE} and {KEY_FILE}: a client certificate needs both"
            )));
        }
        self.read().map(drop)
    }

    /// The name that the broker's certificate must have.
    pub(super) fn name<'n>(&'n self, host: &'n str) -> &'n str {
        self.name.as_deref().unwrap_or(host)
    }

    /// Reads the files.
    ///
    /// Errors: `invalid_argument` for a file that cannot be read or is no PEM file of its kind.
    pub(super) fn read(&self) -> Result<OwnedTLSConfig, Failure> {
        let cert_chain = match &self.ca {
            Some(path) => Some(read_pem(CA_FILE, path, "CERTIFICATE")?),
            None => None,
        };
        let identity = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => Some(OwnedIdentity::PKCS8 {
                pem: read_pem(CERTIFICATE_FILE, certificate, "CERTIFICATE")?.into_bytes(),
                key: read_pem(KEY_FILE, key, "PRIVATE KEY")?.into_bytes(),
            }),
            _ => None,
        };
        Ok(OwnedTLSConfig { identity, cert_chain })
    }
}

fn read_pem(parameter: &str, path: &Path, what: &str) -> Result<String, Failure> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::invalid_argument(format!(
            "{parameter} of the broker's URL, {shown}, cannot be read: {error}"
        ))
    })?;
    // An encrypted key says so in its label; a traditional key has its algorithm there.
    let is_label =
        |line: &str| line.starts_with("-----BEGIN ") && line.trim_end().ends_with(&format!("{what}-----"));
    if text.lines().any(is_label) && !text.contains("ENCRYPTED") {
        return Ok(text);
    }
    Err(Failure::invalid_argument(format!(
        "{parameter} of the broker's URL, {shown}, is no PEM file with a {}, unencrypted",
        what.to_lowercase()
    )))
}
