//! What a call of one endpoint may do that no request from outside may: reach a private endpoint, and name its caller.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use twinloop_runtime::Failure;

use crate::answer::refusal::Refusal;
use crate::auth::admission::{Admission, AuthStep};
use crate::auth::caller::Caller;
use crate::auth::gateway::Gateway;
use crate::auth::guard::AuthGuard;

/// A call, as an isolate makes it.
#[derive(Deserialize)]
pub(crate) struct CallConfig {
    /// The endpoint's index.
    target: u16,
    /// Who calls; `None` for nobody.
    #[serde(default)]
    auth: Option<NamedCaller>,
}

#[derive(Deserialize)]
struct NamedCaller {
    /// The index of the auth handler that is taken to have recognised the caller.
    handler: u16,
    data: Box<RawValue>,
}

/// The rights of a connection that one call uses.
pub(crate) struct Grant {
    /// The index of the endpoint that is called, whether it is exposed or not.
    pub(crate) target: u16,
    caller: Option<(u16, Arc<Caller>)>,
}

impl Grant {
    /// Reads a call. Errors: `invalid_argument` for data that the auth handler could not have given.
    pub(crate) fn new(config: CallConfig, gateway: &Gateway) -> Result<Self, Failure> {
        let caller = config.auth.map(|NamedCaller { handler: index, data }| {
            let handler = gateway.handler(index);
            let caller =
                handler.and_then(|handler| Caller::read(handler.data.as_ref(), data.get().as_bytes()));
            let unfit =
                || Failure::invalid_argument("the auth data is not of the type that the auth handler gives");
            caller.map(|caller| (index, Arc::new(caller))).ok_or_else(unfit)
        });
        Ok(Self { target: config.target, caller: caller.transpose()? })
    }

    /// Admits the caller of the call, whatever credentials the request has.
    ///
    /// Errors: 401 where a caller is needed and there is none, or one of an auth handler that the endpoint does not take.
    pub(crate) fn admit(&self, guard: &AuthGuard) -> Result<Admission, Refusal> {
        match &self.caller {
            Some((handler, caller)) if guard.takes(*handler) => {
                let known = AuthStep::Known { handler: *handler, caller: Arc::clone(caller) };
                Ok(Admission { steps: vec![known] })
            }
            None if !guard.required => Ok(Admission { steps: Vec::new() }),
            _ => Err(Refusal::UNAUTHENTICATED),
        }
    }
}
