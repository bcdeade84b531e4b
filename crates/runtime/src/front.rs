//! What takes requests from outside, as other components ask about it.

use std::future::Future;
use std::pin::Pin;

use serde_json::Value;

/// The answer of a health probe: its HTTP status, and a JSON body with the reason.
pub type ProbeAnswer = (u16, Value);

/// A probe that is being answered.
pub type Probing<'a> = Pin<Box<dyn Future<Output = ProbeAnswer> + Send + 'a>>;

/// The server that takes the app's requests. The component that has one gives it to the core while it serves.
pub trait Front: Send + Sync {
    /// The URL under which a browser on this machine reaches the app; `None` without a port.
    fn url(&self) -> Option<&str>;

    /// Whether the event loops respond.
    fn live(&self) -> ProbeAnswer;

    /// Whether requests should be sent to this process.
    fn ready(&self) -> Probing<'_>;
}
