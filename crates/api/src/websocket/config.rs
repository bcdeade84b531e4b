//! The options of a WebSocket stream, as JavaScript describes them.

use serde::Deserialize;
use serde_json::Value;

/// The options of a stream, with their defaults.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StreamConfig {
    /// The `Place` of the messages that a client sends, a body alone; `null` where the stream takes none.
    #[serde(default)]
    pub incoming: Value,
    /// The form of messages.
    #[serde(default)]
    pub format: MessageFormat,
    /// Whether text messages are taken in the raw form. Default false.
    #[serde(default)]
    pub takes_text: bool,
    /// Whether binary messages are taken in the raw form. Default false.
    #[serde(default)]
    pub takes_bytes: bool,
    /// Most bytes of a message, inflated; a larger one closes the connection with 1009. Default 1 MiB.
    #[serde(default = "default_max_message")]
    pub max_message: usize,
    /// Whether permessage-deflate is agreed to when a client offers it. Default false: a compressor costs memory and time, and
    /// secrets that are compressed together with what an attacker chooses can be guessed from the size.
    #[serde(default)]
    pub compress: bool,
    /// Milliseconds between pings; a client that answers none until the next is gone. `null` sends none. Default 30,000.
    #[serde(default = "default_ping")]
    pub ping_ms: Option<u64>,
    /// Milliseconds without a message in either direction after which the connection closes with 1001; `null`, the default, has no
    /// limit.
    #[serde(default)]
    pub idle_timeout_ms: Option<u64>,
    /// The answer to a message that does not fit its type.
    #[serde(default)]
    pub bad_message: BadMessage,
}

/// The form of a stream's messages.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum MessageFormat {
    /// Each message is one JSON document, in a text frame or, from a client, a binary one.
    #[default]
    Json,
    /// Text frames are strings and binary frames are bytes, as they are.
    Raw,
}

/// The answer to a message that does not fit its type.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub enum BadMessage {
    /// The connection closes: 1007 for what is no JSON, 1008 for what does not fit the type.
    #[default]
    Close,
    /// The client is sent the error as a message, `{"code":"invalid_argument",…}`, and the stream goes on.
    Error,
}

fn default_max_message() -> usize {
    1 << 20
}

#[allow(clippy::unnecessary_wraps, reason = "serde takes the field's own type")]
fn default_ping() -> Option<u64> {
    Some(30_000)
}
