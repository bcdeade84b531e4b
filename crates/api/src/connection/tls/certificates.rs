//! Certificates and keys: read from files, checked, and chosen by the name that a client asks for.

use std::collections::HashMap;
use std::sync::Arc;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::{ClientHello, ParsedCertificate, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion, client, version};

use crate::config::{CertificateFiles, ClientCertificates, TlsConfig, TlsVersion};

/// The certificates of a server.
#[derive(Debug)]
struct ByName {
    default: Arc<CertifiedKey>,
    /// Exact names, and `*.` with the rest of a name, all in lower case.
    named: HashMap<String, Arc<CertifiedKey>>,
}

impl ByName {
    fn choose(&self, name: Option<&str>) -> &Arc<CertifiedKey> {
        let named = || {
            // rustls gives names in lower case.
            let name = name?;
            let (_, parent) = name.split_once('.').unwrap_or_default();
            self.named.get(name).or_else(|| self.named.get(&format!("*.{parent}")))
        };
        named().unwrap_or(&self.default)
    }
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(self.choose(hello.server_name())))
    }
}

/// Makes rustls' configuration; the errors are sentences that name the option, the file and what to do.
pub(super) fn server_config(config: &TlsConfig, http2: bool) -> Result<ServerConfig, Vec<String>> {
    let provider = Arc::new(ring::default_provider());
    let mut problems = Vec::new();
    let mut read = |option: &str, files: &CertificateFiles| {
        certified_key(option, files, &provider).map_err(|problem| problems.push(problem)).ok()
    };
    let default = read("tls", &config.own);
    let mut named = HashMap::new();
    for (name, files) in &config.sni {
        let option = format!("tls.sni[{name:?}]");
        let Some(key) = read(&option, files) else { continue };
        named.insert(name.to_ascii_lowercase(), (option, files, key));
    }
    for (name, (option, files, key)) in &named {
        if !is_for(key, name) {
            let cert = &files.cert;
            problems
                .push(format!("{option}: the certificate {cert} is not for {name}: give the one that is"));
        }
    }
    let authorities = match &config.ca {
        Some(file) => authorities(file).map_err(|problem| problems.push(problem)).ok(),
        None => None,
    };
    if config.client_cert != ClientCertificates::None && config.ca.is_none() {
        problems.push(
            "tls.clientCert needs tls.ca: name the file of the authorities that sign clients".to_owned(),
        );
    }
    let Some(default) = default.filter(|_| problems.is_empty()) else { return Err(problems) };
    let named = named.into_iter().map(|(name, (_, _, key))| (name, key)).collect();
    let resolver = ByName { default, named };
    build(config, provider, authorities, resolver, http2).map_err(|problem| vec![problem])
}

fn build(
    config: &TlsConfig,
    provider: Arc<CryptoProvider>,
    authorities: Option<RootCertStore>,
    resolver: ByName,
    http2: bool,
) -> Result<ServerConfig, String> {
    let told = |error: &dyn std::fmt::Display| format!("tls cannot be served: {error}");
    let versions: &[&SupportedProtocolVersion] = match config.min_version {
        TlsVersion::Tls12 => &[&version::TLS13, &version::TLS12],
        TlsVersion::Tls13 => &[&version::TLS13],
    };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(versions)
        .map_err(|error| told(&error))?;
    let builder = match (config.client_cert, authorities) {
        (ClientCertificates::None, _) | (_, None) => builder.with_no_client_auth(),
        (asked, Some(authorities)) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(authorities), provider);
            let verifier = if asked == ClientCertificates::Optional {
                verifier.allow_unauthenticated()
            } else {
                verifier
            };
            builder.with_client_cert_verifier(verifier.build().map_err(|error| told(&error))?)
        }
    };
    let mut server = builder.with_cert_resolver(Arc::new(resolver));
    let protocols: &[&[u8]] = if http2 { &[b"h2", b"http/1.1"] } else { &[b"http/1.1"] };
    server.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    Ok(server)
}

fn certified_key(
    option: &str,
    files: &CertificateFiles,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, String> {
    let chain = certificates(&format!("{option}.cert"), &files.cert)?;
    let key = PrivateKeyDer::from_pem_slice(&contents(&format!("{option}.key"), &files.key)?).map_err(|_| {
        let file = &files.key;
        format!("{option}.key: {file} has no private key: give a PEM file of PKCS #8, PKCS #1 or SEC 1, not encrypted")
    })?;
    CertifiedKey::from_der(chain, key, provider).map(Arc::new).map_err(|error| {
        let (cert, key) = (&files.cert, &files.key);
        format!(
            "{option}: {cert} and {key} cannot be used together: {error}: give the key of this certificate"
        )
    })
}

fn certificates(option: &str, file: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let bytes = contents(option, file)?;
    let chain: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&bytes).collect();
    match chain {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(format!(
            "{option}: {file} has no certificate: give a PEM file, the server's certificate first"
        )),
    }
}

fn authorities(file: &str) -> Result<RootCertStore, String> {
    let mut store = RootCertStore::empty();
    for certificate in certificates("tls.ca", file)? {
        store
            .add(certificate)
            .map_err(|error| format!("tls.ca: {file} has a bad certificate: {error}: replace it"))?;
    }
    Ok(store)
}

fn contents(option: &str, file: &str) -> Result<Vec<u8>, String> {
    std::fs::read(file)
        .map_err(|error| format!("{option}: {file} cannot be read: {error}: name a file that can"))
}

/// Whether a certificate is for a name; for `*.example.com`, any name under it.
fn is_for(key: &CertifiedKey, name: &str) -> bool {
    let example = name.strip_prefix("*.").map_or_else(|| name.to_owned(), |parent| format!("any.{parent}"));
    let Ok(asked) = ServerName::try_from(example) else { return false };
    let certificate = key.end_entity_cert().and_then(ParsedCertificate::try_from);
    certificate.is_ok_and(|certificate| client::verify_server_name(&certificate, &asked).is_ok())
}
