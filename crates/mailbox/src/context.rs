//! What a job has in Rust while it runs.

use std::any::Any;
use std::sync::Arc;

use bytes::Bytes;

/// The part of a job that stays in Rust until the isolate asks for it, such as the headers of a request.
pub trait Context: Send + Sync {
    /// One named value, or `None` where there is none.
    fn get(&self, name: &str) -> Option<String>;
    /// All values as one JSON text.
    fn all(&self) -> String;
    /// Takes a message of the isolate about the running job; false where the component knows none.
    fn tell(&self, _message: &str) -> bool {
        false
    }
    /// The handler that runs the job, for people; `None` where the component has no name for it.
    fn label(&self) -> Option<String> {
        None
    }
    /// The bytes that the job has by this name beside its text, such as a binary body; `None` where there are none.
    fn bytes(&self, _name: &str) -> Option<Bytes> {
        None
    }
    /// Notes that the isolate takes the job now. Called on the isolate's thread under the port's lock, so it must return at once.
    fn taken(&self) {}
    /// What the runtime knows of the job, for calls that the job makes; `None` where it knows nothing.
    fn operation(&self) -> Option<Arc<dyn Any + Send + Sync>> {
        None
    }
}
