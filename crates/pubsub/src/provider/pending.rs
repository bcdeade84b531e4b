//! The future that every method of a provider returns.

use std::future::Future;
use std::pin::Pin;

use twinloop_runtime::Failure;

/// The future that a provider's method returns.
pub type BrokerFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;
