//! What the client reports, as errors of this crate.

use lapin::ErrorKind;
use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};

use super::address::Address;
use crate::error::Error;

/// The broker was not reached, or did not let us in.
pub(super) fn not_connected(address: &Address, error: &lapin::Error) -> Error {
    let reason = reason(error);
    if let ErrorKind::ProtocolError(protocol) = error.kind() {
        match protocol.kind() {
            AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => {
                return Error::precondition(format!(
                    "{address} does not let us in: correct user and password in the URL ({reason})"
                ));
            }
            AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED) => {
                let vhost = address.vhost();
                return Error::precondition(format!(
                    "{address} does not let us in: make the vhost {vhost:?}, give the user permissions there, or correct the \
                     URL ({reason})"
                ));
            }
            _ => {}
        }
    }
    Error::unavailable(format!("{address} cannot be reached: {reason}"))
}

/// A channel or connection was lost in the middle of something.
pub(super) fn lost(address: &Address, error: &lapin::Error) -> Error {
    Error::unavailable(format!("the connection to {address} was lost: {}", reason(error)))
}

/// Something cannot be declared as it is to be.
pub(super) fn not_declared(address: &Address, name: &str, error: &lapin::Error) -> Error {
    match soft(error) {
        Some(AMQPSoftError::PRECONDITIONFAILED) => Error::precondition(format!(
            "{address} has {name} in another form: a subscription was made ordered or unordered, or another program declared \
             it; take what it holds elsewhere and delete it, or give the subscription another name ({})",
            reason(error)
        )),
        Some(AMQPSoftError::ACCESSREFUSED) => Error::precondition(format!(
            "{address} does not let us make {name}: give the user the permissions to configure, write and read twinloop.* ({})",
            reason(error)
        )),
        _ => lost(address, error),
    }
}

/// The reason for which the broker has closed the channel, where it was one.
pub(super) fn soft(error: &lapin::Error) -> Option<AMQPSoftError> {
    match error.kind() {
        ErrorKind::ProtocolError(error) => match error.kind() {
            AMQPErrorKind::Soft(soft) => Some(soft.clone()),
            AMQPErrorKind::Hard(_) => None,
        },
        _ => None,
    }
}

fn reason(error: &lapin::Error) -> String {
    match error.kind() {
        ErrorKind::ProtocolError(error) => error.get_message().to_string(),
        ErrorKind::IOError(error) => error.to_string(),
        _ => error.to_string(),
    }
}
