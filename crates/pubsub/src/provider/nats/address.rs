//! The address of the servers: one or several of a cluster, a user, and the options of the URL.

use std::fmt;
use std::path::{Path, PathBuf};

use async_nats::{ConnectOptions, ServerAddr};
use twinloop_runtime::Failure;

const OPTIONS: &str = "creds, nkey, replicas, prefix, cacertfile, certfile and keyfile";
const MAX_PREFIX: usize = 64;

/// The servers' URL as the provider understands it.
#[derive(Clone)]
pub(super) struct Address {
    servers: Vec<ServerAddr>,
    /// The hosts, without user and password.
    shown: String,
    user: Option<String>,
    password: Option<String>,
    creds: Option<PathBuf>,
    nkey: Option<PathBuf>,
    ca: Option<PathBuf>,
    certificate: Option<PathBuf>,
    key: Option<PathBuf>,
    tls: bool,
    pub(super) replicas: usize,
    pub(super) prefix: String,
}

impl Address {
    /// Reads `nats://user:password@host:4222,host:4222?replicas=3&…`; `tls:` demands TLS, and a user without a password is a token.
    /// Relative paths refer to `root`.
    ///
    /// Errors: `invalid_argument` with a message that does not hold the URL.
    pub(super) fn parse(url: &str, root: &Path) -> Result<Self, Failure> {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let (scheme, rest) = place.split_once("://").ok_or_else(|| unreadable("it has no host"))?;
        let rest = rest.trim_end_matches('/');
        let (login, hosts) = rest.rsplit_once('@').map_or((None, rest), |(user, hosts)| (Some(user), hosts));
        if hosts.contains('/') {
            return Err(unreadable("it has a path, which NATS does not know"));
        }
        let (user, password) = match login.map(|login| login.split_once(':').ok_or(login)) {
            None => (None, None),
            Some(Ok((user, password))) => (Some(decoded(user)), Some(decoded(password))),
            Some(Err(token)) => (Some(decoded(token)), None),
        };
        let mut servers: Vec<ServerAddr> = Vec::new();
        for host in hosts.split(',') {
            let server = format!("{scheme}://{host}").parse::<ServerAddr>();
            let server = server.map_err(|_| unreadable("a host is not one"))?;
            if server.host().is_empty() {
                return Err(unreadable("it has no host"));
            }
            servers.push(server);
        }
        let port = |server: &ServerAddr| format!("{}:{}", server.host(), server.port());
        let shown = format!("{scheme}://{}", servers.iter().map(port).collect::<Vec<_>>().join(","));
        let mut address = Self {
            servers,
            shown,
            user,
            password,
            creds: None,
            nkey: None,
            ca: None,
            certificate: None,
            key: None,
            tls: scheme == "tls",
            replicas: 1,
            prefix: "twinloop".into(),
        };
        for (option, value) in form_urlencoded::parse(query.as_bytes()) {
            address.take(root, &option, &value)?;
        }
        if address.certificate.is_some() != address.key.is_some() {
            return Err(Failure::invalid_argument(
                "the URL of the broker has one of certfile and keyfile: a client certificate needs both",
            ));
        }
        Ok(address)
    }

    fn take(&mut self, root: &Path, option: &str, value: &str) -> Result<(), Failure> {
        match option {
            "creds" => self.creds = Some(file(root, option, value)?),
            "nkey" => self.nkey = Some(file(root, option, value)?),
            "cacertfile" => self.ca = Some(file(root, option, value)?),
            "certfile" => self.certificate = Some(file(root, option, value)?),
            "keyfile" => self.key = Some(file(root, option, value)?),
            "replicas" => {
                self.replicas = value.parse().ok().filter(|count| (1..=5).contains(count)).ok_or_else(|| {
                    Failure::invalid_argument(
                        "the URL of the broker has replicas that are no number from 1 to 5 (NATS, stream configuration)",
                    )
                })?;
            }
            "prefix" => {
                let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
                if value.is_empty() || value.len() > MAX_PREFIX || !value.bytes().all(fits) {
                    return Err(Failure::invalid_argument(format!(
                        "the URL of the broker has a prefix that is not 1 to {MAX_PREFIX} letters, digits and hyphens"
                    )));
                }
                value.clone_into(&mut self.prefix);
            }
            other => {
                return Err(Failure::invalid_argument(format!(
                    "the URL of the broker has the parameter {other:?}, which is none of {OPTIONS}"
                )));
            }
        }
        Ok(())
    }

    pub(super) fn servers(&self) -> Vec<ServerAddr> {
        self.servers.clone()
    }

    /// Returns the client's options for the login and TLS.
    ///
    /// Errors: `failed_precondition` for a file that cannot be read.
    pub(super) async fn options(&self) -> Result<ConnectOptions, Failure> {
        let mut options = ConnectOptions::new();
        options = match (&self.user, &self.password) {
            (Some(user), Some(password)) => options.user_and_password(user.clone(), password.clone()),
            (Some(token), None) => options.token(token.clone()),
            (None, _) => options,
        };
        if let Some(path) = &self.creds {
            options = options.credentials_file(path).await.map_err(|_| unusable(path, "credentials"))?;
        }
        if let Some(path) = &self.nkey {
            let seed = tokio::fs::read_to_string(path).await.map_err(|_| unusable(path, "an nkey seed"))?;
            options = options.nkey(seed.trim().to_owned());
        }
        if let Some(path) = &self.ca {
            options = options.add_root_certificates(path.clone());
        }
        if let (Some(certificate), Some(key)) = (&self.certificate, &self.key) {
            options = options.add_client_certificate(certificate.clone(), key.clone());
        }
        Ok(options.require_tls(self.tls))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.shown)
    }
}

fn decoded(text: &str) -> String {
    // In the part before the host, a plus is a plus.
    let text = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
    form_urlencoded::parse(text.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn file(root: &Path, option: &str, value: &str) -> Result<PathBuf, Failure> {
    let path = root.join(value);
    if path.is_file() {
        return Ok(path);
    }
    Err(Failure::invalid_argument(format!(
        "the URL of the broker has {option}={}, and there is no such file",
        path.display()
    )))
}

fn unusable(path: &Path, what: &str) -> Failure {
    Failure::failed_precondition(format!("{} cannot be read as {what}: check the file", path.display()))
}

fn unreadable(reason: &str) -> Failure {
    Failure::invalid_argument(format!(
        "the URL of the broker cannot be read ({reason}): write nats://user:password@host:4222, with several servers of a cluster \
         as host:4222,host:4222"
    ))
}

#[cfg(test)]
mod tests {
    use twinloop_runtime::Code;

    use super::*;

    fn parse(url: &str) -> Result<Address, Failure> {
        Address::parse(url, Path::new("/nowhere"))
    }

    #[test]
    fn several_servers_share_a_login_that_is_never_shown() {
        let address = parse("nats://me:s%40cret@a:1,b?replicas=3&prefix=shop").unwrap();
        assert_eq!(address.to_string(), "nats://a:1,nats://b:4222".replace(",nats://", ","));
        assert_eq!((address.user.as_deref(), address.password.as_deref()), (Some("me"), Some("s@cret")));
        assert_eq!((address.replicas, address.prefix.as_str(), address.servers.len()), (3, "shop", 2));
        let token = parse("tls://t0ken@a").unwrap();
        assert_eq!((token.user.as_deref(), token.password, token.tls), (Some("t0ken"), None, true));
    }

    #[test]
    fn what_is_wrong_is_named_without_the_password() {
        for url in [
            "nats:",
            "nats://",
            "nats://me:secret@a/path",
            "nats://me:secret@a?replicas=9",
            "nats://me:secret@a?prefix=a.b",
            "nats://me:secret@a?creds=none.creds",
            "nats://me:secret@a?user=x",
            "nats://me:secret@a:none",
        ] {
            let error = parse(url).err().unwrap_or_else(|| Failure::internal(url));
            assert_eq!(error.code, Code::InvalidArgument, "{url}");
            assert!(!error.message.contains("secret"), "{}", error.message);
        }
    }
}
