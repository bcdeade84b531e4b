//! The client's errors as errors of this crate.

use lapin::ErrorKind;
use lapin::protocol::{AMQPErrorKind, AMQPHardError, AMQPSoftError};
use twinloop_runtime::Failure;

use crate::provider::rabbitmq::address::Address;
use crate::provider::rabbitmq::envelope::LEAST_FRAME_BYTES;
use crate::provider::tls_trouble::TlsTrouble;

/// Converts the error of a connection that could not be opened.
pub(super) fn not_connected(address: &Address, error: &lapin::Error) -> Failure {
    let reason = reason(error);
    if let ErrorKind::ProtocolError(protocol) = error.kind() {
        match protocol.kind() {
            AMQPErrorKind::Soft(AMQPSoftError::ACCESSREFUSED) => {
                return Failure::failed_precondition(format!(
                    "{address} refuses the login: correct user and password in the URL ({reason})"
                ));
            }
            AMQPErrorKind::Hard(AMQPHardError::NOTALLOWED) => {
                let vhost = address.vhost();
                return Failure::failed_precondition(format!(
                    "{address} refuses access to the vhost {vhost:?}: create it, give the user permissions there, or correct the \
                     URL ({reason})"
                ));
            }
            _ => {}
        }
    }
    if let Some(trouble) = TlsTrouble::of(&reason) {
        let advice = trouble.advice("amqp://", ", or server_name_indication=…");
        return Failure::failed_precondition(format!(
            "{address} cannot be reached by TLS: {advice} ({reason})"
        ));
    }
    Failure::unavailable(format!("{address} cannot be reached: {reason}"))
}

/// Makes the error of a broker whose frames are too small for the headers of a message.
pub(super) fn small_frames(address: &Address, frame_max: u32) -> Failure {
    Failure::failed_precondition(format!(
        "{address} allows frames of {frame_max} bytes, and Twinloop needs {LEAST_FRAME_BYTES}: raise frame_max in the broker's \
         configuration"
    ))
}

/// Converts the error of a channel or connection that was lost during an operation.
pub(super) fn lost(address: &Address, error: &lapin::Error) -> Failure {
    Failure::unavailable(format!("the connection to {address} was lost: {}", reason(error)))
}

/// Converts the error of an exchange or queue that could not be declared.
pub(super) fn not_declared(address: &Address, name: &str, error: &lapin::Error) -> Failure {
    match soft(error) {
        Some(AMQPSoftError::PRECONDITIONFAILED) => Failure::failed_precondition(format!(
            "{address} has {name} in another form: a subscription was made ordered or unordered, or another program declared \
             it; move its messages and delete it, or give the subscription another name ({})",
            reason(error)
        )),
        Some(AMQPSoftError::ACCESSREFUSED) => Failure::failed_precondition(format!(
            "{address} refuses to create {name}: give the user the permissions to configure, write and read twinloop.* ({})",
            reason(error)
        )),
        _ => lost(address, error),
    }
}

/// Returns the code with which the broker has closed the channel, if it has (AMQP 0-9-1, soft errors).
pub(super) fn soft(error: &lapin::Error) -> Option<AMQPSoftError> {
    match error.kind() {
        ErrorKind::ProtocolError(error) => match error.kind() {
            AMQPErrorKind::Soft(soft) => Some(soft.clone()),
            AMQPErrorKind::Hard(_) => None,
        },
        _ => None,
    }
}

/// Whether the broker has closed a channel because a message was not acknowledged within its `consumer_timeout`. It closes channels for
/// other reasons with the same code.
pub(super) fn is_consumer_timeout(error: &lapin::Error) -> bool {
    soft(error) == Some(AMQPSoftError::PRECONDITIONFAILED) && reason(error).contains("timed out")
}

fn reason(error: &lapin::Error) -> String {
    match error.kind() {
        ErrorKind::ProtocolError(error) => error.get_message().to_string(),
        ErrorKind::IOError(error) => error.to_string(),
        _ => error.to_string(),
    }
}
