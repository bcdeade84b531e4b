//! TLS: certificates by name, from clients, and from files that change.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, crypto::ring};
use serde_json::{Value, json};

use crate::frames::{END_HEADERS, END_STREAM, HEADERS, SETTINGS, block, frame};
use crate::server::{BIG_BYTES, Edge, config, eventually};

const HELLO: &str = "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// A folder of an authority's certificates.
struct Authority {
    folder: PathBuf,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("twinloop-tls-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        std::fs::write(folder.join("ca.pem"), params.self_signed(&key).unwrap().pem()).unwrap();
        Self { folder, issuer: Issuer::new(params, key) }
    }

    /// Writes `<file>.pem` and `<file>.key` for these names, always of the same length and time; returns the options that name them.
    fn write(&self, file: &str, names: &[&str]) -> Value {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, file);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        for (ending, text) in [("key", key.serialize_pem()), ("pem", certificate.pem())] {
            let path = self.path(&format!("{file}.{ending}"));
            std::fs::write(&path, format!("{text:<4096}")).unwrap();
            let written = std::fs::File::options().write(true).open(path).unwrap();
            written.set_modified(SystemTime::UNIX_EPOCH).unwrap();
        }
        json!({ "cert": self.path(&format!("{file}.pem")), "key": self.path(&format!("{file}.key")) })
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.join(file)
    }

    fn certificate(&self, file: &str) -> CertificateDer<'static> {
        CertificateDer::from_pem_file(self.path(file)).unwrap()
    }

    /// A client that trusts this authority, with a certificate of its own where `own` names one.
    fn client(&self, own: Option<&str>, protocols: &[&[u8]]) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate("ca.pem")).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let mut client = match own {
            None => builder.with_no_client_auth(),
            Some(file) => {
                let key = PrivateKeyDer::from_pem_file(self.path(&format!("{file}.key"))).unwrap();
                builder.with_client_auth_cert(vec![self.certificate(&format!("{file}.pem"))], key).unwrap()
            }
        };
        client.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Arc::new(client)
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn edge(tls: &Value) -> Edge {
    edge_with(tls, &json!({}))
}

fn edge_with(tls: &Value, limits: &Value) -> Edge {
    let mut arguments = config(limits);
    arguments["tls"] = tls.clone();
    Edge::with_config(&arguments)
}

fn connect(
    edge: &Edge,
    name: &'static str,
    client: &Arc<ClientConfig>,
) -> StreamOwned<ClientConnection, TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", edge.port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let session = ClientConnection::new(Arc::clone(client), name.try_into().unwrap()).unwrap();
    StreamOwned::new(session, stream)
}

/// Sends a request and reads until the connection ends properly.
fn ask(edge: &Edge, name: &'static str, client: &Arc<ClientConfig>) -> std::io::Result<String> {
    let mut stream = connect(edge, name, client);
    stream.write_all(HELLO.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// The certificate that the server shows for a name.
fn shown(edge: &Edge, name: &'static str, client: &Arc<ClientConfig>) -> CertificateDer<'static> {
    let mut stream = connect(edge, name, client);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock).unwrap();
    }
    stream.conn.peer_certificates().unwrap()[0].clone().into_owned()
}

#[test]
fn requests_are_answered_over_tls_and_the_end_is_told() {
    let authority = Authority::new();
    let edge = edge(&authority.write("own", &["a.example"]));
    let client = authority.client(None, &[b"http/1.1"]);
    let answer = ask(&edge, "a.example", &client).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("{\"hello\":\"world\"}"), "{answer}");
    let mut stream = connect(&edge, "a.example", &client);
    stream.write_all(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut answers = Vec::new();
    stream.read_to_end(&mut answers).unwrap();
    assert!(answers.len() > BIG_BYTES && answers.ends_with(b"{\"hello\":\"world\"}"));
    let mut stream = connect(&edge, "a.example", &client);
    stream.write_all(b"GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").unwrap();
    let mut refusal = String::new();
    stream.read_to_string(&mut refusal).unwrap();
    assert!(refusal.starts_with("HTTP/1.1 400"), "{refusal}");
}

#[test]
fn http2_is_chosen_by_the_client() {
    let authority = Authority::new();
    let edge = edge(&authority.write("own", &["a.example"]));
    let mut stream = connect(&edge, "a.example", &authority.client(None, &[b"h2", b"http/1.1"]));
    let head = block(&[(":method", "GET"), (":scheme", "https"), (":authority", "a"), (":path", "/hello")]);
    let sent = [
        &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
        &frame(SETTINGS, 0, 0, &[]),
        &frame(HEADERS, END_HEADERS | END_STREAM, 1, &head),
    ];
    stream.write_all(&sent.concat()).unwrap();
    let mut read = Vec::new();
    while !read.windows(17).any(|window| window == b"{\"hello\":\"world\"}") {
        let mut buffer = [0; 4096];
        let count = stream.read(&mut buffer).unwrap();
        assert!(count > 0);
        read.extend_from_slice(&buffer[..count]);
    }
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"h2"[..]));
}

#[test]
fn the_certificate_is_chosen_by_name() {
    let authority = Authority::new();
    let mut tls = authority.write("own", &["own.example", "deep.b.c.example", "x.example"]);
    tls["sni"] = json!({
        "B.example": authority.write("b", &["b.example"]),
        "*.c.example": authority.write("c", &["*.c.example"]),
    });
    let edge = edge(&tls);
    let client = authority.client(None, &[]);
    let cases = [
        ("own.example", "own.pem"),
        ("b.example", "b.pem"),
        ("any.c.example", "c.pem"),
        ("deep.b.c.example", "own.pem"),
        ("x.example", "own.pem"),
    ];
    for (name, file) in cases {
        assert_eq!(shown(&edge, name, &client), authority.certificate(file), "{name}");
    }
}

#[test]
fn clients_without_a_valid_certificate_are_kept_out() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let mut tls = authority.write("own", &["a.example"]);
    authority.write("client", &["client.example"]);
    stranger.write("client", &["client.example"]);
    (tls["ca"], tls["clientCert"]) = (json!(authority.path("ca.pem")), json!("required"));
    let forged = || {
        let mut client = ClientConfig::clone(&authority.client(None, &[]));
        client.client_auth_cert_resolver =
            Arc::clone(&stranger.client(Some("client"), &[]).client_auth_cert_resolver);
        Arc::new(client)
    };
    {
        let edge = edge(&tls);
        assert!(ask(&edge, "a.example", &authority.client(None, &[])).is_err());
        assert!(ask(&edge, "a.example", &forged()).is_err());
        assert_eq!(edge.requests(), 0);
        assert!(ask(&edge, "a.example", &authority.client(Some("client"), &[])).unwrap().contains("200"));
    }
    tls["clientCert"] = json!("optional");
    let edge = edge(&tls);
    assert!(ask(&edge, "a.example", &authority.client(None, &[])).unwrap().contains("200"));
    assert!(ask(&edge, "a.example", &forged()).is_err());
}

#[test]
fn plain_http_is_told_to_use_tls() {
    let authority = Authority::new();
    let edge = edge(&authority.write("own", &["a.example"]));
    let mut client = edge.connect();
    client.send(HELLO);
    let refusal = client.response();
    assert_eq!((refusal.status, refusal.code().as_str()), (400, "invalid_argument"));
    assert!(String::from_utf8_lossy(&refusal.body).contains("https"));
    client.assert_closed();
    let mut client = edge.connect();
    client.send("\x00\x01garbage").assert_closed();
    assert_eq!(edge.requests(), 0);
}

#[test]
fn a_handshake_has_a_time_limit() {
    let authority = Authority::new();
    let edge = edge_with(&authority.write("own", &["a.example"]), &json!({ "headerTimeoutMs": 200 }));
    edge.connect().assert_closed();
    edge.connect().send("\x16\x03\x01").assert_closed();
}

#[test]
fn changed_files_are_read_and_bad_ones_are_told_once() {
    let authority = Authority::new();
    let edge = edge(&authority.write("own", &["a.example"]));
    let client = authority.client(None, &[]);
    let first = shown(&edge, "a.example", &client);
    let mut open = connect(&edge, "a.example", &client);
    open.write_all(b"GET /hang HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    edge.wait_for_hanging(1);
    authority.write("own", &["a.example"]);
    eventually(|| shown(&edge, "a.example", &client) != first);
    let second = shown(&edge, "a.example", &client);
    eventually(|| edge.logged("reloaded the TLS certificates") == 1);
    // One may have been told already: the files are not written at once.
    let failed = || edge.logged("failed to reload the TLS certificates");
    let before = failed();
    std::fs::write(authority.path("own.key"), "no key").unwrap();
    eventually(|| failed() > before);
    std::thread::sleep(Duration::from_millis(2_500));
    assert_eq!(failed(), before + 1);
    assert_eq!(shown(&edge, "a.example", &client), second);
    edge.release();
    let mut answer = String::new();
    open.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("late"), "{answer}");
}

#[test]
fn files_that_cannot_be_used_are_all_told_by_option() {
    let authority = Authority::new();
    let good = authority.write("own", &["a.example"]);
    let other = authority.write("other", &["b.example"]);
    let missing = authority.path("missing.pem");
    let cases: [(Value, &[&str]); 6] = [
        (json!({ "cert": missing, "key": good["key"] }), &["tls.cert", "missing.pem", "cannot be read"]),
        (json!({ "cert": good["key"], "key": good["key"] }), &["tls.cert", "has no certificate"]),
        (json!({ "cert": good["cert"], "key": good["cert"] }), &["tls.key", "has no private key"]),
        (json!({ "cert": good["cert"], "key": other["key"] }), &["cannot be used together"]),
        (
            json!({ "cert": good["cert"], "key": good["key"], "sni": { "c.example": other } }),
            &["tls.sni[\"c.example\"]", "is not for c.example"],
        ),
        (
            json!({ "cert": good["cert"], "key": good["key"], "clientCert": "required" }),
            &["tls.clientCert needs tls.ca"],
        ),
    ];
    let edge = Edge::start();
    edge.call(2, &json!({ "graceMs": 0 })).unwrap();
    for (tls, expected) in cases {
        let mut arguments = config(&json!({}));
        arguments["tls"] = tls;
        let failure = edge.call(1, &arguments).unwrap_err();
        for part in expected {
            assert!(failure.message.contains(part), "{part}: {}", failure.message);
        }
    }
}

#[test]
fn a_client_that_leaves_gives_its_request_up() {
    let authority = Authority::new();
    let edge = edge_with(&authority.write("own", &["a.example"]), &json!({ "halfCloseGraceMs": 100 }));
    let mut stream = connect(&edge, "a.example", &authority.client(None, &[]));
    stream.write_all(b"GET /hang HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    edge.wait_for_hanging(1);
    stream.conn.send_close_notify();
    let _ = stream.flush();
    drop(stream);
    eventually(|| edge.aborts() == 1);
}

#[test]
fn a_draining_server_ends_quiet_connections_properly() {
    let authority = Authority::new();
    let edge = edge_with(&authority.write("own", &["a.example"]), &json!({ "drainQuietMs": 50 }));
    let mut stream = connect(&edge, "a.example", &authority.client(None, &[]));
    stream.write_all(b"GET /hang HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    edge.wait_for_hanging(1);
    let silent = TcpStream::connect(("127.0.0.1", edge.port)).unwrap();
    let drained = edge.call_later(2, &json!({ "graceMs": 5_000 }));
    eventually(|| TcpStream::connect(("127.0.0.1", edge.port)).is_err());
    edge.release();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    assert_eq!(drained.recv_timeout(Duration::from_secs(5)).unwrap().unwrap()["open"], 0);
    drop(silent);
}

#[test]
fn broken_handshakes_and_records_close_the_connection() {
    let authority = Authority::new();
    let edge = edge(&authority.write("own", &["a.example"]));
    for probe in [&b"\x16\x03\x01\xff\xff"[..], b"\x16\x03\x01\x00\x05hello", b"\x16\x00\x00\x00\x00\x00\x00"]
    {
        let mut stream = TcpStream::connect(("127.0.0.1", edge.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
        stream.write_all(probe).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut alert = Vec::new();
        match stream.read_to_end(&mut alert) {
            Ok(_) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
        }
    }
    assert!(Path::new(&authority.path("own.pem")).exists());
    assert!(ask(&edge, "a.example", &authority.client(None, &[])).unwrap().contains("200"));
}
