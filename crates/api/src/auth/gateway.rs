//! The auth handlers of a server, by their index.

use std::sync::Arc;

use twinloop_schema::Registry;

use super::config::{GatewayConfig, GuardConfig};
use super::credentials::AuthHandler;
use super::guard::AuthGuard;

/// The auth handlers of an app; an app without a gateway has none.
#[derive(Default)]
pub(crate) struct Gateway {
    /// The target of the jobs that only ask who a caller is.
    pub(crate) target: u16,
    handlers: Vec<Arc<AuthHandler>>,
}

impl Gateway {
    /// Prepares the auth handlers; the error has a sentence for each that cannot be used.
    pub(crate) fn new(config: Option<&GatewayConfig>, registry: &Arc<Registry>) -> Result<Self, Vec<String>> {
        let Some(GatewayConfig { target, handlers }) = config else { return Ok(Self::default()) };
        let mut problems = Vec::new();
        let mut prepared = Vec::with_capacity(handlers.len());
        for (index, handler) in handlers.iter().enumerate() {
            let title = format!("the auth handler {}", handler.name);
            let made = u16::try_from(index)
                .map_err(|_| "there are more than 65,536".to_owned())
                .and_then(|index| AuthHandler::new(index, handler, registry));
            match made {
                Ok(handler) => prepared.push(Arc::new(handler)),
                Err(problem) => problems.push(format!("{title}: {problem}")),
            }
        }
        if problems.is_empty() { Ok(Self { target: *target, handlers: prepared }) } else { Err(problems) }
    }

    /// Makes the guard of an endpoint; the error is a sentence.
    pub(crate) fn guard(&self, config: Option<&GuardConfig>) -> Result<Option<Box<AuthGuard>>, String> {
        let Some(GuardConfig { required, handlers }) = config else { return Ok(None) };
        let found: Option<Vec<_>> = handlers.iter().map(|index| self.handlers.get(*index).cloned()).collect();
        match found {
            Some(found) if !found.is_empty() => Ok(Some(Box::new(AuthGuard::new(*required, found)))),
            _ => Err("it names an auth handler that is not there".to_owned()),
        }
    }

    /// The auth handler with this index.
    pub(crate) fn handler(&self, index: u16) -> Option<&AuthHandler> {
        self.handlers.get(usize::from(index)).map(|handler| &**handler)
    }
}
