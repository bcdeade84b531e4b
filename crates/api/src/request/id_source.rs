//! Where the ids of requests come from, and how clients are told.

use http::{HeaderMap, HeaderName};

use crate::config::{RequestIdConfig, RequestIdSource};
use crate::request::id::RequestId;

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

    /// The id of a request; `is_trusted` says that a trusted proxy has sent it. The header of a trusted proxy comes before `traceparent`; nobody else's is read.
    pub(crate) fn of(&self, is_trusted: bool, headers: &HeaderMap) -> RequestId {
        let given = match self.from {
            RequestIdSource::Trusted => headers.get(&self.header).filter(|_| is_trusted),
            RequestIdSource::Random | RequestIdSource::Off => None,
        };
        given.and_then(RequestId::from_proxy).unwrap_or_else(|| RequestId::of(headers))
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
