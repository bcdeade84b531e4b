//! Preflights: which policy answers what a browser asks before a request of another origin.

use http::Response;
use http::header::ORIGIN;
use http::request::Parts as Head;
use twinloop_runtime::Core;

use crate::answer::body::Body;
use crate::policy::{OriginStanding, Preflight, tell_refused};
use crate::routing::endpoint::Endpoint;
use crate::routing::route::Router;

/// Answers a preflight for the endpoint that would take the request; `None` for any other request, and where no policy of CORS
/// holds there. A path that is unknown or private is answered as any other by the app's policy, and tells nothing of itself.
pub(crate) fn answer(
    runtime: &'static Core,
    router: &Router,
    head: &Head,
    path: &str,
) -> Option<Response<Body>> {
    let preflight = Preflight::read(head)?;
    let cors = router.policies(&router.find(&preflight.method, path))?.cors()?;
    let origin = head.headers.get(ORIGIN);
    tell_refused(runtime, cors, origin, &preflight.method);
    let at_path = router.at(path);
    let is_admitted = |endpoint: &Endpoint| {
        let policies = endpoint.policies.as_deref();
        policies
            .and_then(|policies| policies.cors())
            .is_some_and(|cors| cors.admit(origin) != OriginStanding::Refused)
    };
    let mut methods: Vec<&str> =
        at_path.iter().filter(|(_, endpoint)| is_admitted(endpoint)).map(|(method, _)| *method).collect();
    if at_path.is_empty() {
        methods.push(preflight.method.as_str());
    }
    Some(preflight.answer(cors, &methods))
}
