//! Errors of sqldb as failures with codes of `contract/errors.json`, for other components.

use twinloop_runtime::{Code, Failure, SqlError};

use crate::error::{Error, ErrorKind};

/// Maps an error to the form for other components. The message says "the database", never an address.
pub(crate) fn sql_error(error: Error) -> SqlError {
    let sqlstate = error.sqlstate().map(ToOwned::to_owned);
    let code = code(error.kind, sqlstate.as_deref());
    let disconnected = matches!(error.kind, ErrorKind::Connect | ErrorKind::ConnectTimeout)
        || (error.kind != ErrorKind::Internal && error.breaks_connection())
        || sqlstate.as_deref().is_some_and(is_disconnection);
    let told = Failure::from(error);
    SqlError { failure: Box::new(Failure { code, ..told }), sqlstate, disconnected }
}

/// Whether an SQLSTATE means a lost connection: class 08, or a server that starts, stops or has terminated the session (57P).
fn is_disconnection(sqlstate: &str) -> bool {
    sqlstate.starts_with("08") || sqlstate.starts_with("57P")
}

fn code(kind: ErrorKind, sqlstate: Option<&str>) -> Code {
    match kind {
        ErrorKind::Server => sqlstate.map_or(Code::Unknown, code_of_state),
        ErrorKind::Connect
        | ErrorKind::ConnectTimeout
        | ErrorKind::AcquireTimeout
        | ErrorKind::ConnectionLost
        | ErrorKind::PoolClosed => Code::Unavailable,
        ErrorKind::QueryTimeout => Code::DeadlineExceeded,
        ErrorKind::Canceled => Code::Canceled,
        ErrorKind::Config => Code::InvalidArgument,
        ErrorKind::Closed => Code::FailedPrecondition,
        ErrorKind::Aborted => Code::Aborted,
        ErrorKind::Parameter | ErrorKind::NeedsAlone | ErrorKind::Internal => Code::Internal,
    }
}

/// Maps an SQLSTATE to a code of the contract.
///
/// Source: PostgreSQL, appendix A, "Error Codes".
fn code_of_state(sqlstate: &str) -> Code {
    match sqlstate {
        "23505" => Code::AlreadyExists,
        "42501" => Code::PermissionDenied,
        "57014" => Code::Canceled,
        "25P02" => Code::Aborted,
        _ if is_disconnection(sqlstate) => Code::Unavailable,
        _ => match sqlstate.get(..2) {
            Some("53" | "54") => Code::ResourceExhausted,
            Some("40" | "55") => Code::Aborted,
            Some("28") => Code::PermissionDenied,
            Some("22" | "23") => Code::InvalidArgument,
            Some("25" | "3D" | "3F" | "42") => Code::FailedPrecondition,
            _ => Code::Unknown,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_one_of_the_contract() {
        let contract: serde_json::Value =
            serde_json::from_str(include_str!("../../../../contract/errors.json")).unwrap();
        let codes: Vec<&str> =
            contract["codes"].as_array().unwrap().iter().filter_map(|entry| entry["code"].as_str()).collect();
        let states = [
            "23505", "42501", "57014", "25P02", "57P01", "08006", "53100", "40001", "28P01", "22P02", "42P01",
        ];
        for state in states.into_iter().chain(["XX000", ""]) {
            assert!(codes.contains(&code_of_state(state).as_str()), "{state}");
        }
        for kind in [
            ErrorKind::Server,
            ErrorKind::Config,
            ErrorKind::Connect,
            ErrorKind::QueryTimeout,
            ErrorKind::Aborted,
            ErrorKind::Internal,
        ] {
            assert!(codes.contains(&code(kind, None).as_str()), "{kind:?}");
        }
    }

    #[test]
    fn a_server_that_cannot_be_reached_is_unavailable() {
        let error = sql_error(Error::new(ErrorKind::Connect, "the database cannot be reached"));
        assert!(error.disconnected);
        assert_eq!(error.failure.code, Code::Unavailable);
    }
}
