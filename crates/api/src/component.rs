//! The component of the HTTP edge: answers the operations that isolates call.

use std::sync::{Arc, Weak};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;
use twinloop_runtime::{
    Answer, Answering, Component, Failure, Front, Invocation, Isolate, Primitive, Serving, json_text,
    no_result,
};
use twinloop_schema::{Registry, RequestShape};

use crate::auth::gateway::Gateway;
use crate::auth::operation::{Authenticated, Forget};
use crate::config::Listen;
use crate::connection::accept;
use crate::connection::entry::Entrance;
use crate::connection::remote::Scheme;
use crate::cookie::keys::{CookieKeyRing, CookieKeys};
use crate::health::answer as probe;
use crate::health::front::AppFront;
use crate::hidden::HiddenText;
use crate::in_memory::exchanges::{ExchangeNumber, MemoryExchanges};
use crate::in_memory::request::MemoryRequest;
use crate::policy::{PolicyBuilder, PolicyConfig};
use crate::request::id_source::RequestIds;
use crate::request::peer::Trust;
use crate::routing::documents;
use crate::routing::endpoint::Endpoint;
use crate::routing::route::Router;
use crate::server::{Server, ServerParts};
use crate::websocket::StreamEndpoint;

twinloop_runtime::operations! {
    /// An operation of the HTTP edge, with its arguments.
    enum Operation of "api" {
        /// Begins to serve in the calling isolate: [`Listen`] -> `{"host","port","url","unix"}`, `null` where there is none. A second isolate with the same
        /// arguments joins. Errors: `unavailable` when the address cannot be bound, `invalid_argument` with every problem
        /// of the declarations in `details.problems`, `failed_precondition` while other isolates serve another configuration.
        Listen(Listen) = 1,
        /// Closes the port and lets open requests end: `{"graceMs"}` -> `{"open"}`, the number of connections that were
        /// closed with requests open. Idempotent; allowed before `listen`.
        Drain(Drain) = 2,
        /// Stops giving requests to the calling isolate.
        Retire = 3,
        /// Sets whether the readiness probe reports ready: `{"ready"}`.
        Announce(Announce) = 4,
        /// Begins to serve in a further isolate: as `listen`, but opens no port. Errors: those of `listen`, and
        /// `failed_precondition` when there is no server to join.
        Join(Listen) = 5,
        /// Keeps an auth handler's result for the credentials of a ticket: `{"handler","ticket","data"}`. Without a server, nothing.
        Authenticated(Authenticated) = 6,
        /// Forgets results of an auth handler: `{"handler","userID"}`, or `{"handler","headers","query"}` for credentials.
        Forget(Forget) = 7,
        /// Seals cookies by new secrets from now on: `{"secrets"}`, the newest first. What former ones have sealed can still be opened.
        /// Errors: `invalid_argument` for a secret that is too short. Without a server, nothing.
        RotateCookies(RotateCookies) = 8,
        /// Sends a request in memory: [`MemoryRequest`] -> the head of its answer, with the body where that is short.
        /// Errors: `failed_precondition` where the server takes no such requests; those of [`MemoryExchanges::send`].
        Exchange(MemoryRequest) = 9,
        /// Reads the next piece of an answer in memory: its number -> the number of its bytes, 0 at the end.
        ReadAnswer(ExchangeNumber) = 10,
        /// Ends an exchange in memory, as a client that leaves: its number. Idempotent.
        CutExchange(ExchangeNumber) = 11,
        /// Moves the clock of the process forward, once the handlers of requests that were sent before are running:
        /// `{"ms","sent"}`, with the number of exchanges that the isolate has begun. Errors: as for `exchange`.
        AdvanceClock(Advance) = 12,
    }
}

/// The entry of the HTTP edge in the addon's list of primitives.
pub const PRIMITIVE: Primitive =
    Primitive { name: "api", operations: Operation::describe(), instant: None, make: component };

/// Makes the component of the HTTP edge, without a server; `number` is the component's number in calls and jobs.
pub fn component(number: u16) -> Box<dyn Component> {
    let serving = Arc::new(Serving::new(number));
    Box::new(Api { active: Arc::default(), serving, exchanges: Arc::default() })
}

struct Api {
    active: Arc<Mutex<Option<Active>>>,
    serving: Arc<Serving>,
    exchanges: Arc<MemoryExchanges>,
}

struct Active {
    config: Listen,
    server: Arc<Server>,
    port: u16,
    /// What other components ask about the server.
    _front: Arc<AppFront>,
}

#[derive(Deserialize)]
struct RotateCookies {
    secrets: Vec<HiddenText>,
}

#[derive(Deserialize)]
struct Advance {
    ms: u64,
    sent: u64,
}

#[derive(Deserialize)]
struct Announce {
    ready: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Drain {
    grace_ms: u64,
}

impl Component for Api {
    fn name(&self) -> &'static str {
        PRIMITIVE.name
    }

    fn call(&self, invocation: Invocation) -> Answering {
        let (active, serving) = (Arc::clone(&self.active), Arc::clone(&self.serving));
        let exchanges = Arc::clone(&self.exchanges);
        Box::pin(async move {
            match Operation::read(invocation.operation, &invocation.payload)? {
                Operation::Listen(config) => listen(&active, &serving, &invocation, config, true).await,
                Operation::Drain(asked) => drain(&active, &asked).await,
                Operation::Retire => {
                    serving.leave(invocation.isolate.id);
                    no_result()
                }
                Operation::Announce(asked) => announce(&active, &asked).await,
                Operation::Authenticated(result) => {
                    with_server(&active, |server| result.keep(&server.gateway)).await
                }
                Operation::Forget(asked) => with_server(&active, |server| asked.apply(&server.gateway)).await,
                Operation::RotateCookies(asked) => rotate_cookies(&active, &asked).await,
                Operation::Exchange(request) => {
                    let server = in_memory(&active).await?;
                    exchanges.send(&server, &invocation.isolate, request).await
                }
                Operation::ReadAnswer(number) => exchanges.read(&invocation.isolate, number).await,
                Operation::CutExchange(number) => exchanges.cut(&invocation.isolate, number),
                Operation::AdvanceClock(Advance { ms, sent }) => {
                    in_memory(&active).await?;
                    exchanges.reach_handlers(&invocation.isolate, sent).await;
                    invocation.core.advance(Duration::from_millis(ms));
                    no_result()
                }
                Operation::Join(config) => listen(&active, &serving, &invocation, config, false).await,
            }
        })
    }

    fn heir(&self) -> Option<Arc<Isolate>> {
        self.serving.pick()
    }

    fn isolate_ended(&self, isolate: &Isolate) {
        self.serving.leave(isolate.id);
        self.exchanges.leave(isolate.id);
    }
}

async fn listen(
    active: &Mutex<Option<Active>>,
    serving: &Arc<Serving>,
    invocation: &Invocation,
    mut config: Listen,
    may_bind: bool,
) -> Answer {
    let mut active = active.lock().await;
    if let (Some(current), false) = (&*active, may_bind) {
        // The limits of the first isolate hold: defaults may depend on free memory, which has changed since. So may secrets have.
        config.limits = current.config.limits.clone();
        config.cookie_secrets.clone_from(&current.config.cookie_secrets);
    }
    if let Some(abandoned) = active.take_if(|current| current.config != config && serving.is_empty()) {
        abandoned.server.drain(Duration::ZERO).await;
    }
    let port = match &*active {
        Some(current) if !current.server.is_stopping() => {
            if current.config != config {
                let message = "another configuration is already being served: every isolate must listen with the same one";
                return Err(Failure::failed_precondition(message));
            }
            current.port
        }
        _ if !may_bind => {
            let message = "there is no server to join: it has stopped, or was never started";
            return Err(Failure::failed_precondition(message));
        }
        _ => {
            let parts = build(&config)?;
            let serving = Arc::clone(serving);
            let (server, port) = accept::start(invocation.core, serving, parts, &config).await?;
            let url = url_of(&config, port);
            let front = Arc::new(AppFront::new(Arc::clone(&server), url, config.health.as_ref()));
            let asked: Weak<dyn Front> = Arc::downgrade(&front) as _;
            invocation.core.set_front(asked);
            *active = Some(Active { config: config.clone(), server, port, _front: front });
            port
        }
    };
    serving.enter(&invocation.isolate);
    let url = url_of(&config, port);
    let unix = config.unix.map(|unix| unix.path);
    json_text(&json!({ "host": config.host, "port": port, "url": url, "unix": unix }))
}

/// Builds what serves requests before a port is bound; the error lists all problems at once.
fn build(config: &Listen) -> Result<ServerParts, Failure> {
    let mut problems = config.limits.problems();
    let registry =
        Registry::from_json(&config.types).map(Arc::new).map_err(|error| problems.push(error.to_string()));
    let request_ids = RequestIds::new(&config.request_id).map_err(|problem| problems.push(problem));
    let told_in = request_ids.as_ref().ok().and_then(RequestIds::told_in).cloned();
    let mut policies = PolicyBuilder::new(told_in);
    let gateway = match &registry {
        Ok(registry) => Gateway::new(config.gateway.as_ref(), registry).unwrap_or_else(|more| {
            problems.extend(more);
            Gateway::default()
        }),
        Err(()) => Gateway::default(),
    };
    let cookie_keys = CookieKeys::derive(&config.cookie_secrets);
    let cookie_keys = cookie_keys.map_err(|problem| problems.push(problem)).unwrap_or_default();
    let cookie_keys = CookieKeyRing::new(cookie_keys);
    let mut endpoints = Vec::with_capacity(config.endpoints.len());
    for (target, declared) in config.endpoints.iter().enumerate() {
        let shape = match &registry {
            Ok(registry) if !declared.request.is_null() => {
                let shape = RequestShape::from_json(Arc::clone(registry), &declared.request);
                let shape = shape.map(|shape| if declared.sensitive { shape.hiding_values() } else { shape });
                shape.map(Some).map_err(|error| format!("{}: {error}", declared.title()))
            }
            _ => Ok(None),
        };
        let stream = match (&registry, &declared.stream) {
            (Ok(registry), Some(stream)) => StreamEndpoint::new(stream, declared, registry).map(Some),
            _ => Ok(None),
        };
        let stream = stream.map_err(|problem| problems.push(problem)).ok().flatten().map(Arc::new);
        let made = shape.and_then(|shape| Endpoint::new(target, declared, shape));
        let made = made.map(|endpoint| endpoint.streaming(stream));
        let made = made.and_then(|endpoint| endpoint.guarded(&gateway, declared.auth.as_ref()));
        match made
            .and_then(|endpoint| govern(endpoint, &declared.policies, declared.sensitive, &mut policies))
        {
            Ok(endpoint) => endpoints.push(endpoint),
            Err(problem) => problems.push(problem),
        }
    }
    for declared in &config.statics {
        let made = Endpoint::of_files(declared);
        let made = made.and_then(|endpoint| endpoint.guarded(&gateway, declared.auth.as_ref()));
        match made.and_then(|endpoint| govern(endpoint, &declared.policies, false, &mut policies)) {
            Ok(endpoint) => endpoints.push(endpoint),
            Err(problem) => problems.push(problem),
        }
    }
    let documents = documents::endpoints(&config.documents, &endpoints, |endpoint, declared| {
        govern(endpoint, declared, false, &mut policies)
    });
    endpoints.extend(documents.map_err(|problem| problems.push(problem)).unwrap_or_default());
    endpoints.extend(probe::endpoints(config.health.as_ref(), &endpoints));
    let unrouted = policies.build(&config.policies, false);
    let unrouted = unrouted.map_err(|problem| problems.push(problem)).unwrap_or_default();
    let router = Router::new(endpoints).map_err(|more| problems.extend(more));
    let trust = Trust::new(&config.trust_proxy).map_err(|more| problems.extend(more));
    let entry = Entrance::new(config).map_err(|more| problems.extend(more));
    match (router, trust, entry, request_ids) {
        (Ok(mut router), Ok(trust), Ok(entry), Ok(request_ids)) if problems.is_empty() => {
            router.unrouted = unrouted;
            Ok(ServerParts { router, gateway, trust, entry, request_ids, cookie_keys })
        }
        _ => {
            let message = format!("the endpoints cannot be served: {}", problems.join("; "));
            Err(Failure::invalid_argument(message).with_details(json!({ "problems": problems })))
        }
    }
}

/// Gives an endpoint its policies; the error is a sentence.
fn govern(
    mut endpoint: Endpoint,
    config: &PolicyConfig,
    is_sensitive: bool,
    policies: &mut PolicyBuilder,
) -> Result<Endpoint, String> {
    let built = policies.build(config, is_sensitive);
    endpoint.policies = built.map_err(|problem| format!("{endpoint}: {problem}"))?;
    Ok(endpoint)
}

/// The URL under which a browser on this machine reaches the server; `None` without a host.
fn url_of(config: &Listen, port: u16) -> Option<String> {
    let scheme = if config.tls.is_some() { Scheme::Https } else { Scheme::Http };
    config.host.as_deref().map(|host| url(scheme, host, port))
}

fn url(scheme: Scheme, host: &str, port: u16) -> String {
    let scheme = scheme.as_str();
    match host {
        "0.0.0.0" | "::" | "[::]" => format!("{scheme}://localhost:{port}"),
        host if host.contains(':') && !host.starts_with('[') => format!("{scheme}://[{host}]:{port}"),
        host => format!("{scheme}://{host}:{port}"),
    }
}

async fn with_server(active: &Mutex<Option<Active>>, act: impl FnOnce(&Server)) -> Answer {
    if let Some(Active { server, .. }) = &*active.lock().await {
        act(server);
    }
    no_result()
}

/// The server, where it takes requests in memory.
async fn in_memory(active: &Mutex<Option<Active>>) -> Result<Arc<Server>, Failure> {
    match &*active.lock().await {
        Some(Active { server, config, .. }) if config.in_memory => Ok(Arc::clone(server)),
        Some(_) => Err(Failure::failed_precondition("the app listens, and takes no requests in memory")),
        None => Err(Failure::failed_precondition("the app has no endpoint, or is not started")),
    }
}

async fn rotate_cookies(active: &Mutex<Option<Active>>, asked: &RotateCookies) -> Answer {
    match active.lock().await.as_ref().map(|active| active.server.cookie_keys.rotate(&asked.secrets)) {
        Some(Err(problem)) => Err(Failure::invalid_argument(problem)),
        None | Some(Ok(())) => no_result(),
    }
}

async fn announce(active: &Mutex<Option<Active>>, asked: &Announce) -> Answer {
    let set = |server: &Server| if asked.ready { server.readiness.begin() } else { server.readiness.end() };
    with_server(active, set).await
}

async fn drain(active: &Mutex<Option<Active>>, asked: &Drain) -> Answer {
    let server = active.lock().await.as_ref().map(|active| Arc::clone(&active.server));
    let open = match &server {
        Some(server) => server.drain(Duration::from_millis(asked.grace_ms)).await,
        None => 0,
    };
    let mut active = active.lock().await;
    if active
        .as_ref()
        .is_some_and(|active| server.as_ref().is_some_and(|server| Arc::ptr_eq(server, &active.server)))
    {
        *active = None;
    }
    json_text(&json!({ "open": open }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_can_be_opened() {
        assert_eq!(url(Scheme::Http, "127.0.0.1", 4000), "http://127.0.0.1:4000");
        assert_eq!(url(Scheme::Http, "0.0.0.0", 4000), "http://localhost:4000");
        assert_eq!(url(Scheme::Https, "::1", 4000), "https://[::1]:4000");
    }
}
