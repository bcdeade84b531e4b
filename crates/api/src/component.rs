//! The operations an isolate can call.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;
use twinloop_mailbox::{Kind, Text};
use twinloop_runtime::{Answer, Component, Failure, Invocation, Isolate, Operation, Serving};
use twinloop_schema::{Registry, RequestShape};

use crate::config::Listen;
use crate::endpoint::Endpoint;
use crate::health;
use crate::route::Router;
use crate::server::Server;

/// The HTTP edge as a component.
///
/// **Operations** (arguments -> answer, both JSON):
/// 1 `listen`: [`Listen`] -> `{"host","port","url"}`. The calling isolate begins to serve. A second isolate with the same
///   arguments joins. Errors: `unavailable` when the address cannot be bound, `invalid_argument` with every problem of the
///   declarations in `details.problems`, `failed_precondition` when another configuration is being served; one that all of
///   its isolates have left is not.
/// 2 `drain`: `{"graceMs"}` -> `{"open"}`, the number of connections that had to be cut. Idempotent, legal before `listen`.
/// 3 `retire`: nothing -> `null`. The calling isolate gets no more requests.
/// 4 `announce`: `{"ready"}` -> `null`. Whether requests should be sent here, for whoever asks for the app's health.
/// 5 `join`: as `listen`, for an isolate beside the one that listens: it never opens a port. Errors: also
///   `failed_precondition` when there is no server to join.
pub fn component() -> Box<dyn Component> {
    Box::new(Api::default())
}

#[derive(Default)]
struct Api {
    active: Arc<Mutex<Option<Active>>>,
    serving: Arc<Serving>,
}

struct Active {
    config: Listen,
    server: Arc<Server>,
    port: u16,
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
        "api"
    }

    fn call(&self, invocation: Invocation) -> Operation {
        let (active, serving) = (Arc::clone(&self.active), Arc::clone(&self.serving));
        Box::pin(async move {
            match invocation.operation {
                1 => listen(&active, &serving, &invocation, true).await,
                2 => drain(&active, &invocation).await,
                3 => {
                    serving.leave(invocation.isolate.id);
                    Ok(Text::from("null"))
                }
                4 => announce(&active, &invocation).await,
                5 => listen(&active, &serving, &invocation, false).await,
                other => Err(Failure::new("unimplemented", format!("api has no operation {other}"))),
            }
        })
    }

    fn heir(&self, kind: Kind) -> Option<Arc<Isolate>> {
        if kind == Kind::Request { self.serving.pick() } else { None }
    }

    fn isolate_ended(&self, isolate: &Isolate) {
        self.serving.leave(isolate.id);
    }
}

async fn listen(
    active: &Mutex<Option<Active>>,
    serving: &Arc<Serving>,
    invocation: &Invocation,
    may_bind: bool,
) -> Answer {
    let config: Listen = invocation.arguments()?;
    let mut active = active.lock().await;
    if let Some(abandoned) = active.take_if(|current| current.config != config && serving.is_empty()) {
        abandoned.server.drain(Duration::ZERO).await;
    }
    let port = match &*active {
        Some(current) if !current.server.is_stopping() => {
            if current.config != config {
                let message = "another configuration is already being served: every isolate must listen with the same one";
                return Err(Failure::new("failed_precondition", message));
            }
            current.port
        }
        _ if !may_bind => {
            let message = "there is no server to join: it has stopped, or was never started";
            return Err(Failure::new("failed_precondition", message));
        }
        _ => {
            let router = build(&config)?;
            let address = (config.host.as_str(), config.port);
            let serving = Arc::clone(serving);
            let (server, port) =
                Server::start(invocation.core, serving, router, config.limits.clone(), address).await?;
            *active = Some(Active { config: config.clone(), server, port });
            port
        }
    };
    serving.enter(&invocation.isolate);
    Ok(Text::from(json!({ "host": config.host, "port": port, "url": url(&config.host, port) }).to_string()))
}

/// Everything that must be right before a port is taken; all that is wrong is told at once.
fn build(config: &Listen) -> Result<Router, Failure> {
    let mut problems = config.limits.problems();
    let registry =
        Registry::from_json(&config.types).map(Arc::new).map_err(|error| problems.push(error.to_string()));
    let mut endpoints = Vec::with_capacity(config.endpoints.len());
    for (target, declared) in config.endpoints.iter().enumerate() {
        let shape = match &registry {
            Ok(registry) if !declared.request.is_null() => {
                let shape = RequestShape::from_json(Arc::clone(registry), &declared.request);
                shape.map(Some).map_err(|error| format!("{}.{}: {error}", declared.service, declared.name))
            }
            _ => Ok(None),
        };
        match shape.and_then(|shape| Endpoint::new(target, declared, shape)) {
            Ok(endpoint) => endpoints.push(endpoint),
            Err(problem) => problems.push(problem),
        }
    }
    for declared in &config.statics {
        match Endpoint::of_files(declared) {
            Ok(endpoint) => endpoints.push(endpoint),
            Err(problem) => problems.push(problem),
        }
    }
    endpoints.extend(health::endpoints(config.health.as_ref(), &endpoints));
    let router = Router::new(endpoints).map_err(|more| problems.extend(more));
    match router {
        Ok(router) if problems.is_empty() => Ok(router),
        _ => {
            let message = format!("the endpoints cannot be served: {}", problems.join("; "));
            Err(Failure::new("invalid_argument", message).with_details(json!({ "problems": problems })))
        }
    }
}

/// Where a browser on this machine finds it.
fn url(host: &str, port: u16) -> String {
    match host {
        "0.0.0.0" | "::" | "[::]" => format!("http://localhost:{port}"),
        host if host.contains(':') && !host.starts_with('[') => format!("http://[{host}]:{port}"),
        host => format!("http://{host}:{port}"),
    }
}

async fn announce(active: &Mutex<Option<Active>>, invocation: &Invocation) -> Answer {
    let Announce { ready } = invocation.arguments()?;
    if let Some(Active { server, .. }) = &*active.lock().await {
        if ready { server.readiness.begin() } else { server.readiness.end() }
    }
    Ok(Text::from("null"))
}

async fn drain(active: &Mutex<Option<Active>>, invocation: &Invocation) -> Answer {
    let arguments: Drain = invocation.arguments()?;
    let server = active.lock().await.as_ref().map(|active| Arc::clone(&active.server));
    let open = match &server {
        Some(server) => server.drain(Duration::from_millis(arguments.grace_ms)).await,
        None => 0,
    };
    let mut active = active.lock().await;
    if active
        .as_ref()
        .is_some_and(|active| server.as_ref().is_some_and(|server| Arc::ptr_eq(server, &active.server)))
    {
        *active = None;
    }
    Ok(Text::from(json!({ "open": open }).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_url_can_be_opened() {
        assert_eq!(url("127.0.0.1", 4000), "http://127.0.0.1:4000");
        assert_eq!(url("0.0.0.0", 4000), "http://localhost:4000");
        assert_eq!(url("::1", 4000), "http://[::1]:4000");
    }
}
