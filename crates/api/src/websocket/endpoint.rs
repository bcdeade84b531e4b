//! A stream's endpoint, prepared for handshakes.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use twinloop_schema::{Registry, RequestShape};

use crate::config::EndpointConfig;
use crate::websocket::config::{BadMessage, MessageFormat, StreamConfig};

/// The frames that are taken as they are.
#[derive(Clone, Copy)]
pub(crate) struct RawFrames {
    pub(crate) text: bool,
    pub(crate) bytes: bool,
}

/// The part of an endpoint that only streams have.
pub(crate) struct StreamEndpoint {
    /// The shape of the client's messages; `None` where the stream takes none, or takes them as they are.
    pub(crate) incoming: Option<RequestShape>,
    pub(crate) format: MessageFormat,
    /// What is taken in the raw form.
    pub(crate) raw: RawFrames,
    pub(crate) max_message: usize,
    pub(crate) compress: bool,
    pub(crate) ping: Option<Duration>,
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) bad_message: BadMessage,
    /// Whether the handshake reads cookies, which a browser sends along for pages of any origin.
    pub(crate) reads_cookies: bool,
}

impl StreamEndpoint {
    /// Prepares a stream; the error is a sentence.
    pub(crate) fn new(
        config: &StreamConfig,
        endpoint: &EndpointConfig,
        registry: &Arc<Registry>,
    ) -> Result<Self, String> {
        let incoming = match (&config.incoming, config.format) {
            (Value::Null, _) | (_, MessageFormat::Raw) => None,
            (place, MessageFormat::Json) => {
                let shape = RequestShape::from_json(Arc::clone(registry), place)
                    .map_err(|error| format!("{}: its messages: {error}", endpoint.title()))?;
                Some(if endpoint.sensitive { shape.hiding_values() } else { shape })
            }
        };
        let is_cookie = |field: &Value| field["in"] == "cookie";
        Ok(Self {
            incoming,
            format: config.format,
            raw: RawFrames { text: config.takes_text, bytes: config.takes_bytes },
            max_message: config.max_message,
            compress: config.compress,
            ping: config.ping_ms.map(Duration::from_millis),
            idle_timeout: config.idle_timeout_ms.map(Duration::from_millis),
            bad_message: config.bad_message,
            reads_cookies: endpoint.request["fields"]
                .as_array()
                .is_some_and(|fields| fields.iter().any(is_cookie)),
        })
    }
}
