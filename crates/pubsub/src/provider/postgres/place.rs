//! The database that a URL names, and the URL's options for the queue.

/// The address of a database, without user and password.
#[derive(Clone, Debug)]
pub(crate) struct DatabaseAddress {
    /// The host as the URL has it.
    host: String,
    port: String,
    database: String,
}

impl DatabaseAddress {
    /// Returns the address with all names of this machine made one.
    fn identity(&self) -> (&str, &str, &str) {
        let is_local = matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "[::1]" | "::1");
        (if is_local { "localhost" } else { &self.host }, &self.port, &self.database)
    }
}

impl PartialEq for DatabaseAddress {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for DatabaseAddress {}

/// A URL as the queue understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Location {
    pub(crate) place: DatabaseAddress,
    /// The URL for the queue's connections, without the queue's options and with an application name of its own, which gives
    /// the queue a pool of its own. Handlers that hold all connections of the app in transactions could otherwise prevent
    /// leases from being extended.
    pub(crate) url: String,
    /// Whether other processes are told of messages by `NOTIFY`; without it they find messages when they look.
    pub(crate) notifies: bool,
    /// Greatest number of connections of this process.
    pub(crate) connections: usize,
}

/// Number of connections where the URL has none.
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
        Self { place: DatabaseAddress::of(base, query), url, notifies, connections }
    }
}

impl DatabaseAddress {
    /// Reads the address from a connection string.
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
        Self {
            host: if host.is_empty() { "localhost".to_owned() } else { host },
            port: if port.is_empty() { "5432" } else { port }.to_owned(),
            // A URL without a database means the one with the user's name.
            database: if database.is_empty() { user } else { database }.to_owned(),
        }
    }
}

impl std::fmt::Display for DatabaseAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "postgres://{}:{}/{}", self.host, self.port, self.database)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_database_has_one_place_whoever_uses_it() {
        let place = DatabaseAddress::of_url("postgres://queue:secret@localhost/shop");
        assert_eq!(
            place,
            DatabaseAddress::of_url("postgresql://app:p%40ss@127.0.0.1:5432/shop?sslmode=disable")
        );
        assert_eq!(place, DatabaseAddress::of_url("postgres://app@[::1]:5432/shop"));
        assert_eq!(place, DatabaseAddress::of_url("postgres://app@LOCALHOST/?dbname=shop"));
        assert_ne!(place, DatabaseAddress::of_url("postgres://queue@localhost/other"));
        assert_ne!(place, DatabaseAddress::of_url("postgres://queue@localhost:5433/shop"));
        assert_eq!(DatabaseAddress::of_url("postgres://me@h").to_string(), "postgres://h:5432/me");
        assert_eq!(
            DatabaseAddress::of_url("postgres://me@127.0.0.1/x").to_string(),
            "postgres://127.0.0.1:5432/x"
        );
    }

    #[test]
    fn a_place_never_shows_user_or_password() {
        let shown = DatabaseAddress::of_url("postgres://user:hunter2@db.example.com/shop").to_string();
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
