//! TLS by rustls, with libpq's meaning of `sslmode`.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::verify_server_cert_signed_by_trust_anchor;
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};

use crate::error::{Error, ErrorKind};
use crate::wire::Tls;

/// The level of certificate verification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verify {
    /// No verification: the connection is encrypted, the server not authenticated (`prefer`, `require`).
    Nothing,
    /// A trusted authority must have signed the certificate (`verify-ca`).
    Authority,
    /// A trusted authority must have signed the certificate, and it must name the host (`verify-full`).
    Host,
}

/// Builds the TLS connector, which trusts the authorities in the file `root_certificates`, or those of the system.
pub(crate) fn connector(verify: Verify, root_certificates: Option<&str>) -> Result<Tls, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(&error))?;
    let config = match verify {
        Verify::Host => builder.with_root_certificates(roots(root_certificates)?).with_no_client_auth(),
        Verify::Authority => {
            let roots = roots(root_certificates)?;
            let verifier = Arc::new(Lenient { provider, roots: Some(roots) });
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        }
        Verify::Nothing => {
            let verifier = Arc::new(Lenient { provider, roots: None });
            builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
        }
    };
    Ok(Tls::new(config))
}

fn roots(file: Option<&str>) -> Result<RootCertStore, Error> {
    let mut roots = RootCertStore::empty();
    match file.filter(|&file| file != "system") {
        Some(file) => {
            let certificates = CertificateDer::pem_file_iter(file).map_err(|error| {
                Error::new(ErrorKind::Config, format!("sslrootcert {file} cannot be read: {error}"))
            })?;
            for certificate in certificates {
                let certificate = certificate.map_err(|error| invalid(&error))?;
                roots.add(certificate).map_err(|error| invalid(&error))?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        let message =
            "no certificate authority is known to verify the server with: set sslrootcert to a file";
        return Err(Error::new(ErrorKind::Config, message));
    }
    Ok(roots)
}

fn invalid(error: &dyn std::error::Error) -> Error {
    Error::new(ErrorKind::Config, format!("TLS cannot be set up: {error}"))
}

/// A verifier that checks signatures always, the authority where `roots` are given, and the host never.
#[derive(Debug)]
struct Lenient {
    provider: Arc<CryptoProvider>,
    roots: Option<RootCertStore>,
}

impl ServerCertVerifier for Lenient {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Some(roots) = &self.roots {
            let parsed = ParsedCertificate::try_from(certificate)?;
            let algorithms = self.provider.signature_verification_algorithms.all;
            verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, now, algorithms)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
