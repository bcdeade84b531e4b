//! Where the ids of requests come from, and how clients are told.

use http::{HeaderMap, HeaderName};
use twinloop_runtime::telemetry::TraceId;

use crate::config::{RequestIdConfig, RequestIdSource};
use crate::request::id::RequestId;
use crate::telemetry::trace::{RequestTrace, caller};

const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Where the ids of requests come from, and how the client is told.
#[derive(Debug)]
pub(crate) struct RequestIds {
    from: RequestIdSource,
    header: HeaderName,
}

impl RequestIds {
    /// Reads the configuration; the error is a sentence.
    pub(crate) fn new(config: &RequestIdConfig) -> Result<Self, String> {
        let header = HeaderName::try_from(&config.header)
            .map_err(|_| format!("requestId.header is {:?}, which is no header name", config.header))?;
        // A clone of the constant touches no count that all threads share; every answer makes one.
        let header = if header == X_REQUEST_ID { X_REQUEST_ID } else { header };
        Ok(Self { from: config.from, header })
    }

    /// The id that a proxy has given the request, where ids are taken from proxies.
    fn given(&self, headers: &HeaderMap) -> Option<RequestId> {
        let is_read = self.from == RequestIdSource::Trusted;
        headers.get(&self.header).filter(|_| is_read).and_then(RequestId::from_proxy)
    }

    /// The id of a request and its place in its trace; `is_trusted` says that a trusted proxy has sent it, since nobody else's header is
    /// read. The trace is the caller's, where `traceparent` names one. A trace that begins
    /// here has the digits of the id, and an id that no proxy gives has those of the trace.
    pub(crate) fn identify(&self, is_trusted: bool, headers: &HeaderMap) -> (RequestId, RequestTrace) {
        let given = if is_trusted { self.given(headers) } else { None };
        let caller = caller(headers);
        let of_caller = caller.map(|caller| caller.trace);
        let trace = of_caller.or_else(|| given?.trace()).unwrap_or_else(TraceId::random);
        let id = given.unwrap_or_else(|| RequestId::of(trace));
        (id, RequestTrace::begin(caller, trace, headers))
    }

    /// The header in which answers tell the id; `None` where it is off.
    pub(crate) fn told_in(&self) -> Option<&HeaderName> {
        Some(&self.header).filter(|_| self.from != RequestIdSource::Off)
    }

    /// Tells the client the id, unless the header is off.
    pub(crate) fn tell(&self, id: RequestId, headers: &mut HeaderMap) {
        if let Some(header) = self.told_in() {
            headers.insert(header.clone(), id.header_value());
        }
    }
}
