//! The address of the broker.

use lapin::uri::{AMQPScheme, AMQPUri};
use twinloop_runtime::Failure;

/// Seconds between heartbeats where the URL has none; a connection without an answer is closed after twice this time.
const HEARTBEAT_SECONDS: u16 = 5;

/// A broker's URL as the provider understands it.
#[derive(Clone, Debug)]
pub(super) struct Address(AMQPUri);

impl Address {
    /// Reads `amqp://user:password@host:port/vhost?heartbeat=10&…`; without a vhost it is `/`.
    ///
    /// Errors: `invalid_argument` with a message that does not hold the URL.
    pub(super) fn parse(url: &str) -> Result<Self, Failure> {
        let mut uri: AMQPUri = url.parse().map_err(|reason: String| {
            // The parser's reason may quote the URL, which may hold a password.
            let reason = if reason.contains(url) { "not a URL".to_owned() } else { reason };
            Failure::invalid_argument(format!(
                "the URL of the broker cannot be read ({reason}): write amqp://user:password@host:5672/vhost"
            ))
        })?;
        if uri.vhost.is_empty() {
            "/".clone_into(&mut uri.vhost);
        }
        if let Some(host) = ipv6_host(url) {
            host.clone_into(&mut uri.authority.host);
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT_SECONDS);
        Ok(Self(uri))
    }

    pub(super) fn uri(&self) -> &AMQPUri {
        &self.0
    }

    pub(super) fn vhost(&self) -> &str {
        &self.0.vhost
    }
}

/// Returns the IPv6 host between brackets, which the parser does not read.
fn ipv6_host(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?']).next()?;
    let (_, bracketed) = authority.rsplit_once('[')?;
    bracketed.split_once(']').map(|(host, _)| host)
}

/// Shows the address without user and password.
impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let AMQPUri { scheme, authority, vhost, .. } = &self.0;
        let (open, close) = if authority.host.contains(':') { ("[", "]") } else { ("", "") };
        let vhost = if vhost == "/" { "" } else { vhost };
        let scheme = if *scheme == AMQPScheme::AMQPS { "amqps" } else { "amqp" };
        write!(f, "{scheme}://{open}{}{close}:{}/{vhost}", authority.host, authority.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_never_shows_user_or_password() {
        for (url, shown) in [
            ("amqp://user:hunter2@rabbit.example.com/shop", "amqp://rabbit.example.com:5672/shop"),
            ("amqps://user:hunter2@h", "amqps://h:5671/"),
            ("amqp://h:1/%2f?heartbeat=3", "amqp://h:1/"),
            ("amqp://user:p%40ss@[::1]:5673/", "amqp://[::1]:5673/"),
        ] {
            assert_eq!(Address::parse(url).unwrap().to_string(), shown, "{url}");
        }
    }

    #[test]
    fn without_a_vhost_it_is_the_default_one() {
        for url in ["amqp://h", "amqp://h/", "amqp://h/%2f"] {
            assert_eq!(Address::parse(url).unwrap().vhost(), "/", "{url}");
        }
    }

    #[test]
    fn the_url_may_say_how_often_signs_of_life_are_sent() {
        let heartbeat = |url| Address::parse(url).unwrap().uri().query.heartbeat;
        assert_eq!(heartbeat("amqp://h"), Some(HEARTBEAT_SECONDS));
        assert_eq!(heartbeat("amqp://h?heartbeat=3"), Some(3));
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_its_password() {
        for url in
            ["amqp:user:hunter2", "amqp://user:hunter2@host:port", "amqp://u:hunter2@h?heartbeat=hunter2"]
        {
            let error = Address::parse(url).unwrap_err();
            assert_eq!(error.code, twinloop_runtime::Code::InvalidArgument);
            assert!(!error.message.contains("hunter2"), "{error}");
        }
    }
}
