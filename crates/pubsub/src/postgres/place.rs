//! Which database a URL means, and what it asks of the queue.

/// Where the queue is, without user and password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    host: String,
    port: String,
    database: String,
}

/// A URL as the queue understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) place: Place,
    /// For the connections: what is meant for the queue is taken out, and the queue is named, so that it has connections of
    /// its own. Handlers that hold all of the app's in transactions could otherwise keep leases from being extended.
    pub(crate) url: String,
    /// Whether other processes are told of messages by `NOTIFY`; without it they find them when they look.
    pub(crate) notifies: bool,
    /// Connections of this process at most.
    pub(crate) connections: usize,
}

/// Connections where the URL says nothing.
const CONNECTIONS: usize = 4;

impl Location {
    /// Reads `postgres://user:password@host:port/database?notify=off&connections=4&…`.
    pub(crate) fn parse(url: &str) -> Self {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        let (mut notifies, mut connections, mut name) = (true, CONNECTIONS, "twinloop");
        let mut kept = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=').unwrap_or((pair, "")) {
                ("notify", value) => notifies = !matches!(value, "off" | "false" | "0"),
                ("connections", value) => connections = value.parse().unwrap_or(CONNECTIONS).clamp(2, 100),
                ("application_name", value) => name = value,
                _ => kept.push(pair),
            }
        }
        let named = format!("application_name={name}-pubsub");
        kept.push(&named);
        let url = format!("{base}?{}", kept.join("&"));
        Self { place: Place::of(base, query), url, notifies, connections }
    }
}

impl Place {
    /// The place of a connection string: the names of this machine are one.
    pub(crate) fn of_url(url: &str) -> Self {
        let (base, query) = url.split_once('?').unwrap_or((url, ""));
        Self::of(base, query)
    }

    fn of(base: &str, query: &str) -> Self {
        let rest = base.split_once("://").map_or(base, |(_, rest)| rest);
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, address) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (host, port) = match address.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, port),
            _ => (address, ""),
        };
        let given = |wanted: &str| {
            query.split('&').find_map(|pair| pair.split_once('=').filter(|(name, _)| *name == wanted))
        };
        let host = given("host").map_or(host, |(_, host)| host);
        let port = given("port").map_or(port, |(_, port)| port);
        let database = given("dbname").map_or(path, |(_, database)| database);
        let user = user.split_once(':').map_or(user, |(user, _)| user);
        let host = host.to_ascii_lowercase();
        let local = matches!(host.as_str(), "" | "localhost" | "127.0.0.1" | "[::1]" | "::1");
        Self {
            host: if local { "localhost".to_owned() } else { host },
            port: if port.is_empty() { "5432" } else { port }.to_owned(),
            // A URL without a database means the one that is named like the user.
            database: if database.is_empty() { user } else { database }.to_owned(),
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "postgres://{}:{}/{}", self.host, self.port, self.database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_database_has_one_place_whoever_uses_it() {
        let place = Place::of_url("postgres://queue:secret@localhost/shop");
        assert_eq!(place, Place::of_url("postgresql://app:p%40ss@127.0.0.1:5432/shop?sslmode=disable"));
        assert_eq!(place, Place::of_url("postgres://app@[::1]:5432/shop"));
        assert_eq!(place, Place::of_url("postgres://app@LOCALHOST/?dbname=shop"));
        assert_ne!(place, Place::of_url("postgres://queue@localhost/other"));
        assert_ne!(place, Place::of_url("postgres://queue@localhost:5433/shop"));
        assert_eq!(Place::of_url("postgres://me@h").to_string(), "postgres://h:5432/me");
    }

    #[test]
    fn a_place_never_shows_user_or_password() {
        let shown = Place::of_url("postgres://user:hunter2@db.example.com/shop").to_string();
        assert_eq!(shown, "postgres://db.example.com:5432/shop");
    }

    #[test]
    fn what_is_meant_for_the_queue_is_taken_out_of_the_url() {
        let location = Location::parse("postgres://u@h/db?notify=off&sslmode=require&connections=8");
        assert_eq!(location.url, "postgres://u@h/db?sslmode=require&application_name=twinloop-pubsub");
        assert_eq!((location.notifies, location.connections), (false, 8));
        let named = Location::parse("postgres://u@h/db?application_name=shop");
        assert_eq!(named.url, "postgres://u@h/db?application_name=shop-pubsub");
    }
}
