//! The address of the broker: one node or several of a cluster, a virtual host, a user.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lapin::uri::{AMQPAuthority, AMQPScheme, AMQPUri};
use twinloop_runtime::Failure;

use crate::provider::rabbitmq::envelope::LEAST_FRAME_BYTES;
use crate::provider::rabbitmq::tls::Tls;

/// Seconds between heartbeats where the URL has none; a connection without an answer is closed after twice this time.
const HEARTBEAT_SECONDS: u16 = 5;
/// The parameters that the client understands.
const OF_CLIENT: &[&str] = &["heartbeat", "frame_max", "channel_max", "auth_mechanism"];

/// A broker's URL as the provider understands it. Clones know together which node has answered last.
#[derive(Clone, Debug)]
pub(super) struct Address {
    uri: AMQPUri,
    /// The nodes, in the order of the URL.
    nodes: Arc<[Node]>,
    /// The place of the node that is tried first.
    first: Arc<AtomicUsize>,
    pub(super) tls: Tls,
}

/// A node of the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) host: String,
    pub(super) port: u16,
}

impl Address {
    /// Reads `amqp://user:password@host:port,host:port/vhost?heartbeat=10&…`; without a vhost it is `/`. Relative paths refer to
    /// `root`.
    ///
    /// Errors: `invalid_argument` with a message that does not hold the URL.
    pub(super) fn parse(url: &str, root: &Path) -> Result<Self, Failure> {
        let (place, query) = url.split_once('?').unwrap_or((url, ""));
        let (tls, of_client) = sort_parameters(query, root)?;
        let mut nodes = Vec::new();
        let mut read: Option<AMQPUri> = None;
        for (host, url) in each_node(place) {
            let uri = parse_one(&format!("{url}?{of_client}"), host)?;
            nodes.push(Node { host: uri.authority.host.clone(), port: uri.authority.port });
            read.get_or_insert(uri);
        }
        let Some(mut uri) = read else { return Err(unreadable("it has no host")) };
        if uri.vhost.is_empty() {
            "/".clone_into(&mut uri.vhost);
        }
        tls.check(uri.scheme == AMQPScheme::AMQPS)?;
        uri.query.heartbeat.get_or_insert(HEARTBEAT_SECONDS);
        // Each connection has two buffers of 32 frames: with the broker's 128 KiB they would be 8 MiB.
        let frame_max = *uri.query.frame_max.get_or_insert(LEAST_FRAME_BYTES);
        if frame_max < LEAST_FRAME_BYTES {
            return Err(Failure::invalid_argument(format!(
                "the URL of the broker has frame_max={frame_max}, and one frame must hold all headers of a message: write at \
                 least {LEAST_FRAME_BYTES}, or leave it out"
            )));
        }
        Ok(Self { uri, nodes: nodes.into(), first: Arc::default(), tls })
    }

    pub(super) fn vhost(&self) -> &str {
        &self.uri.vhost
    }

    /// The nodes in the order in which they are to be tried: first the one that has answered last.
    pub(super) fn nodes(&self) -> impl Iterator<Item = (usize, &Node)> {
        let first = self.first.load(Ordering::Relaxed);
        let (before, after) = self.nodes.split_at(first.min(self.nodes.len()));
        let places = (first..self.nodes.len()).chain(0..first);
        places.zip(after.iter().chain(before))
    }

    /// Notes that the node at this place has answered.
    pub(super) fn prefer(&self, place: usize) {
        self.first.store(place, Ordering::Relaxed);
    }

    /// The URL of one node, as the client takes it.
    pub(super) fn uri_of(&self, node: &Node) -> AMQPUri {
        let Node { host, port } = node.clone();
        let userinfo = self.uri.authority.userinfo.clone();
        AMQPUri { authority: AMQPAuthority { userinfo, host, port }, ..self.uri.clone() }
    }
}

/// Divides the parameters of a URL into those of TLS and those of the client, as they stand.
fn sort_parameters(query: &str, root: &Path) -> Result<(Tls, String), Failure> {
    let mut tls = Tls::default();
    let mut of_client = form_urlencoded::Serializer::new(String::new());
    for (parameter, value) in form_urlencoded::parse(query.as_bytes()) {
        if OF_CLIENT.contains(&&*parameter) {
            of_client.append_pair(&parameter, &value);
        } else if !tls.take(root, &parameter, &value)? {
            return Err(Failure::invalid_argument(format!(
                "the URL of the broker has the parameter {parameter:?}, which is none of {}, cacertfile, certfile, keyfile, \
                 server_name_indication and verify",
                OF_CLIENT.join(", ")
            )));
        }
    }
    Ok((tls, of_client.finish()))
}

/// Divides `amqp://user@a:1,b:2/vhost` into the hosts, each with a URL that has it alone.
fn each_node(place: &str) -> impl Iterator<Item = (&str, String)> {
    let (scheme, rest) = place.split_once("://").unwrap_or(("", place));
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let (user, hosts) = authority.split_at(authority.rfind('@').map_or(0, |at| at + 1));
    let separator = if scheme.is_empty() { "" } else { "://" };
    hosts.split(',').map(move |host| (host, format!("{scheme}{separator}{user}{host}{path}")))
}

fn parse_one(url: &str, host: &str) -> Result<AMQPUri, Failure> {
    let mut uri: AMQPUri = url.parse().map_err(|reason: String| {
        // The parser's reason may quote the URL, which may hold a password.
        unreadable(if reason.contains(url) { "not a URL" } else { &reason })
    })?;
    if let Some(host) = ipv6_host(host) {
        host.clone_into(&mut uri.authority.host);
    }
    Ok(uri)
}

fn unreadable(reason: &str) -> Failure {
    Failure::invalid_argument(format!(
        "the URL of the broker cannot be read ({reason}): write amqp://user:password@host:5672/vhost, with several hosts of a \
         cluster as host:5672,host:5672"
    ))
}

/// Returns the IPv6 host between brackets, which the parser does not read.
fn ipv6_host(host: &str) -> Option<&str> {
    host.strip_prefix('[')?.split_once(']').map(|(host, _)| host)
}

/// Shows the address without user and password.
impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let AMQPUri { scheme, vhost, .. } = &self.uri;
        write!(f, "{}://", if *scheme == AMQPScheme::AMQPS { "amqps" } else { "amqp" })?;
        for (place, Node { host, port }) in self.nodes.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            let (open, close) = if host.contains(':') { ("[", "]") } else { ("", "") };
            write!(f, "{comma}{open}{host}{close}:{port}")?;
        }
        write!(f, "/{}", if vhost == "/" { "" } else { vhost })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Result<Address, Failure> {
        Address::parse(url, Path::new(""))
    }

    fn query(url: &str) -> lapin::uri::AMQPQueryString {
        parse(url).unwrap().uri.query
    }

    #[test]
    fn a_place_never_shows_user_or_password() {
        for (url, shown) in [
            ("amqp://user:hunter2@rabbit.example.com/shop", "amqp://rabbit.example.com:5672/shop"),
            ("amqps://user:hunter2@h", "amqps://h:5671/"),
            ("amqp://h:1/%2f?heartbeat=3", "amqp://h:1/"),
            ("amqp://user:p%40ss@[::1]:5673/", "amqp://[::1]:5673/"),
            ("amqp://user:hunter2@a,b:1,[::1]/v", "amqp://a:5672,b:1,[::1]:5672/v"),
        ] {
            assert_eq!(parse(url).unwrap().to_string(), shown, "{url}");
        }
    }

    #[test]
    fn nodes_are_tried_in_turn_from_the_one_that_answered() {
        let address = parse("amqp://user:secret@a:1,b:2,c:3/v").unwrap();
        let ports = || address.nodes().map(|(_, node)| node.port).collect::<Vec<_>>();
        assert_eq!(ports(), [1, 2, 3]);
        address.clone().prefer(1);
        assert_eq!(ports(), [2, 3, 1]);
        let (place, last) = address.nodes().last().unwrap();
        let AMQPUri { authority, vhost, .. } = address.uri_of(last);
        assert_eq!((place, authority.host.as_str(), authority.port, vhost.as_str()), (0, "a", 1, "v"));
        assert_eq!(authority.userinfo.password, "secret");
    }

    #[test]
    fn without_a_vhost_it_is_the_default_one() {
        for url in ["amqp://h", "amqp://h/", "amqp://h/%2f"] {
            assert_eq!(parse(url).unwrap().vhost(), "/", "{url}");
        }
    }

    #[test]
    fn the_url_may_say_how_often_signs_of_life_are_sent() {
        assert_eq!(query("amqp://h").heartbeat, Some(HEARTBEAT_SECONDS));
        assert_eq!(query("amqp://h?heartbeat=3").heartbeat, Some(3));
    }

    #[test]
    fn frames_are_small_but_hold_all_headers() {
        assert_eq!(query("amqp://h").frame_max, Some(LEAST_FRAME_BYTES));
        assert_eq!(query("amqp://h?frame_max=131072").frame_max, Some(131_072));
        let error = parse("amqp://h?frame_max=4096").unwrap_err();
        assert!(error.message.contains("at least 32768"), "{error}");
    }

    #[test]
    fn what_means_nothing_is_refused_by_its_name() {
        for (url, named) in [
            ("amqp://h?hearbeat=3", "\"hearbeat\""),
            ("amqp://h?cacertfile=/ca.pem", "amqps://"),
            ("amqps://h?verify=verify_none", "cacertfile=…"),
            ("amqps://h?certfile=/c.pem", "needs both"),
            ("amqps://h?cacertfile=/no/such/ca.pem", "/no/such/ca.pem"),
            ("amqps://h?cacertfile=Cargo.toml", "no PEM file with a certificate"),
        ] {
            let error = parse(url).unwrap_err();
            assert_eq!(error.code, twinloop_runtime::Code::InvalidArgument);
            assert!(error.message.contains(named), "{error}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_refused_without_its_password() {
        for url in [
            "amqp:user:hunter2",
            "amqp://user:hunter2@host:port",
            "amqp://u:hunter2@h?heartbeat=hunter2",
            "amqp://u:hunter2@a,b:port/v",
        ] {
            let error = parse(url).unwrap_err();
            assert_eq!(error.code, twinloop_runtime::Code::InvalidArgument);
            assert!(!error.message.contains("hunter2"), "{error}");
        }
    }
}
