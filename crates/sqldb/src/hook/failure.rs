//! Errors in the words of the contract: other components have no names of their own for them.

use twinloop_runtime::{Failure, SqlError};

use crate::error::{Error, Kind};

/// The error as another component gets it. Its message says "the database", never an address.
pub(crate) fn sql_error(error: Error) -> SqlError {
    let sqlstate = error.sqlstate().map(ToOwned::to_owned);
    let code = code(error.kind, sqlstate.as_deref());
    let disconnected = matches!(error.kind, Kind::Connect | Kind::ConnectTimeout)
        || (error.kind != Kind::Internal && error.breaks_connection())
        || sqlstate.as_deref().is_some_and(is_disconnection);
    let told = Failure::from(error);
    SqlError { failure: Box::new(Failure { code, ..told }), sqlstate, disconnected }
}

/// Class 08, and a server that starts, stops or threw the session out.
fn is_disconnection(sqlstate: &str) -> bool {
    sqlstate.starts_with("08") || sqlstate.starts_with("57P")
}

fn code(kind: Kind, sqlstate: Option<&str>) -> &'static str {
    match kind {
        Kind::Server => sqlstate.map_or("unknown", code_of_state),
        Kind::Connect
        | Kind::ConnectTimeout
        | Kind::AcquireTimeout
        | Kind::ConnectionLost
        | Kind::PoolClosed => "unavailable",
        Kind::QueryTimeout => "deadline_exceeded",
        Kind::Canceled => "canceled",
        Kind::Config => "invalid_argument",
        Kind::Closed => "failed_precondition",
        Kind::Aborted => "aborted",
        Kind::Parameter | Kind::Internal => "internal",
    }
}

/// Source: PostgreSQL, appendix A, "Error Codes".
fn code_of_state(sqlstate: &str) -> &'static str {
    match sqlstate {
        "23505" => "already_exists",
        "42501" => "permission_denied",
        "57014" => "canceled",
        "25P02" => "aborted",
        _ if is_disconnection(sqlstate) => "unavailable",
        _ => match sqlstate.get(..2) {
            Some("53" | "54") => "resource_exhausted",
            Some("40" | "55") => "aborted",
            Some("28") => "permission_denied",
            Some("22" | "23") => "invalid_argument",
            Some("25" | "3D" | "3F" | "42") => "failed_precondition",
            _ => "unknown",
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
            assert!(codes.contains(&code_of_state(state)), "{state}");
        }
        for kind in
            [Kind::Server, Kind::Config, Kind::Connect, Kind::QueryTimeout, Kind::Aborted, Kind::Internal]
        {
            assert!(codes.contains(&code(kind, None)), "{kind:?}");
        }
    }

    #[test]
    fn a_server_that_cannot_be_reached_is_unavailable() {
        let error = sql_error(Error::new(Kind::Connect, "the database cannot be reached"));
        assert!(error.disconnected);
        assert_eq!(error.failure.code, "unavailable");
    }
}
