//! The client's and the server's errors as errors of this crate.

use std::fmt::Display;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::{ConnectError, ConnectErrorKind};
use twinloop_runtime::Failure;

use crate::provider::nats::address::Address;
use crate::provider::tls_trouble::TlsTrouble;

/// The texts by which a server tells that a limit is reached; the client passes some errors on as a text alone.
const FULL: &[&str] = &["maximum", "resource", "exceeded", "insufficient", "no space"];

/// Returns the server's code of an error that the client has wrapped.
pub(super) fn code_of(error: &(dyn std::error::Error + 'static)) -> Option<ErrorCode> {
    let told = error.source()?.downcast_ref::<async_nats::jetstream::Error>()?;
    Some(told.error_code())
}

/// Converts the error of a connection that could not be opened.
pub(super) fn not_connected(address: &Address, error: &ConnectError) -> Failure {
    match error.kind() {
        ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
            Failure::failed_precondition(format!(
                "{address} refuses the login: correct user, token or credentials in the URL ({})",
                error.kind()
            ))
        }
        // The client tells of a failed handshake by several kinds.
        kind => match TlsTrouble::of(&error.to_string()) {
            Some(trouble) => {
                let advice = trouble.advice("nats://", "");
                Failure::failed_precondition(format!(
                    "{address} cannot be reached by TLS: {advice} ({error})"
                ))
            }
            None if kind == ConnectErrorKind::Tls => Failure::failed_precondition(format!(
                "{address} cannot be reached by TLS: check the files that the URL names ({error})"
            )),
            None => Failure::unavailable(format!("{address} cannot be reached: {error}")),
        },
    }
}

/// Makes the error of a server without JetStream.
pub(super) fn no_jetstream(address: &Address) -> Failure {
    Failure::failed_precondition(format!(
        "{address} has no JetStream: start nats-server with -js, or enable it for the account"
    ))
}

/// Converts the error of a request to JetStream.
pub(super) fn refused(
    address: &Address,
    what: &str,
    code: Option<ErrorCode>,
    reason: &dyn Display,
) -> Failure {
    let full = [
        ErrorCode::ACCOUNT_RESOURCES_EXCEEDED,
        ErrorCode::INSUFFICIENT_RESOURCES,
        ErrorCode::STORAGE_RESOURCES_EXCEEDED,
        ErrorCode::MEMORY_RESOURCES_EXCEEDED,
        ErrorCode::MAXIMUM_STREAMS_LIMIT,
        ErrorCode::MAXIMUM_CONSUMERS_LIMIT,
        ErrorCode::STREAM_MAX_STREAM_BYTES_EXCEEDED,
    ];
    let misfit = [
        ErrorCode::STREAM_REPLICAS_NOT_SUPPORTED,
        ErrorCode::STREAM_SUBJECT_OVERLAP,
        ErrorCode::STREAM_INVALID_CONFIG,
        ErrorCode::CONSUMER_WQ_CONSUMER_NOT_UNIQUE,
        ErrorCode::STREAM_NAME_EXIST,
    ];
    match code {
        Some(ErrorCode::JETSTREAM_NOT_ENABLED | ErrorCode::JETSTREAM_NOT_ENABLED_FOR_ACCOUNT) => {
            no_jetstream(address)
        }
        Some(code) if full.contains(&code) => Failure::resource_exhausted(format!(
            "{address} has no room to {what}: raise the limits of JetStream, or delete what is not needed ({reason})"
        )),
        Some(code) if misfit.contains(&code) => Failure::failed_precondition(format!(
            "{address} refuses to {what}: another program has it in another form, or `replicas` exceeds the servers ({reason})"
        )),
        _ => Failure::unavailable(format!("{address} did not {what}: {reason}")),
    }
}

/// Converts the error of a message that was not stored.
pub(super) fn not_stored(address: &Address, error: &PublishError) -> Failure {
    let reason = error.to_string();
    match error.kind() {
        PublishErrorKind::MaxPayloadExceeded => Failure::failed_precondition(format!(
            "{address} takes no message of this size: raise max_payload in the server's configuration ({reason})"
        )),
        PublishErrorKind::Other if FULL.iter().any(|text| reason.contains(text)) => {
            Failure::resource_exhausted(format!(
                "{address} has no room for the message: raise the stream's or the account's limits, or let subscriptions catch up \
                 ({reason})"
            ))
        }
        _ => Failure::unavailable(format!("{address} did not store the message: {reason}")),
    }
}

/// Makes the error of a connection that is lost at the moment; the client opens it again by itself.
pub(super) fn disconnected(address: &Address) -> Failure {
    Failure::unavailable(format!("the connection to {address} is lost, and tried again"))
}
