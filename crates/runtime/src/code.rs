//! The codes that an error can carry.

use serde::{Serialize, Serializer};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)+) => {
        /// A code of `contract/errors.json`: of its section `codes`, which are the sixteen of gRPC, or of its section
        /// `database`, which only failures of PostgreSQL carry.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)+
        }

        impl Code {
            /// Every code, in the order of the contract.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// The code as it is written in JSON, such as `not_found`.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

codes! {
    /// The caller gave the request up before it was answered.
    Canceled = "canceled",
    /// The cause is not known, or comes from a system whose codes say less.
    Unknown = "unknown",
    /// The request is wrong in itself, whatever the state of the system.
    InvalidArgument = "invalid_argument",
    /// Time ran out; the work may have been done all the same.
    DeadlineExceeded = "deadline_exceeded",
    /// What was asked for does not exist.
    NotFound = "not_found",
    /// What was to be created is already there.
    AlreadyExists = "already_exists",
    /// The caller is known, and is not allowed to do this.
    PermissionDenied = "permission_denied",
    /// A quota, a rate limit, a disk or a buffer is used up.
    ResourceExhausted = "resource_exhausted",
    /// The system is not in the state that the request needs.
    FailedPrecondition = "failed_precondition",
    /// The work was ended by a conflict with other work.
    Aborted = "aborted",
    /// The request is past a bound.
    OutOfRange = "out_of_range",
    /// The operation does not exist here.
    Unimplemented = "unimplemented",
    /// A fault of this program.
    Internal = "internal",
    /// A service cannot be reached at the moment.
    Unavailable = "unavailable",
    /// Data was lost or damaged.
    DataLoss = "data_loss",
    /// The caller is not known.
    Unauthenticated = "unauthenticated",
    /// PostgreSQL refused the statement; its SQLSTATE is in the details.
    Server = "server",
    /// A connection string or an option of a database cannot be used.
    ConfigInvalid = "config_invalid",
    /// No connection to a database could be opened.
    ConnectFailed = "connect_failed",
    /// No connection to a database was opened in time.
    ConnectTimeout = "connect_timeout",
    /// No connection of a pool became free in time.
    AcquireTimeout = "acquire_timeout",
    /// A statement ran out of time and was cancelled.
    QueryTimeout = "query_timeout",
    /// The connection broke while a statement was with the server, which may have executed it.
    ConnectionLost = "connection_lost",
    /// A parameter does not fit its statement.
    InvalidParameter = "invalid_parameter",
    /// The transaction, the connection, the stream or the operation that rows belong to is over.
    Closed = "closed",
    /// A transaction was rolled back where a commit was asked for.
    TransactionAborted = "transaction_aborted",
    /// A pool of connections was closed.
    PoolClosed = "pool_closed",
}

impl Code {
    /// The code that is written as `text`, for texts that are checked when the program is compiled.
    ///
    /// # Panics
    ///
    /// Panics where no code is written so; in a constant, the program does not compile.
    pub const fn named(text: &str) -> Self {
        let mut at = 0;
        while at < Self::ALL.len() {
            if is_same(Self::ALL[at].as_str(), text) {
                return Self::ALL[at];
            }
            at += 1;
        }
        panic!("contract/errors.json has no such code")
    }

    /// Whether the code says that a service could not be reached, or did not answer in time.
    pub const fn is_outage(self) -> bool {
        matches!(self, Self::Unavailable | Self::DeadlineExceeded)
    }
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_those_of_the_contract() {
        let contract: serde_json::Value =
            serde_json::from_str(include_str!("../../../contract/errors.json")).unwrap();
        let section = |name: &str| contract[name].as_array().unwrap().clone();
        let written: Vec<String> = section("codes")
            .iter()
            .chain(&section("database"))
            .map(|entry| entry["code"].as_str().unwrap().to_owned())
            .collect();
        let known: Vec<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(known, written);
    }

    #[test]
    fn a_code_is_found_by_its_text() {
        for code in Code::ALL {
            assert_eq!(Code::named(code.as_str()), *code);
        }
    }
}
