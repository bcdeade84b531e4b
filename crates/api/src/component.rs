//! The operations an isolate can call.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;
use twinloop_mailbox::Text;
use twinloop_runtime::{Answer, Component, Failure, Invocation, Operation};
use twinloop_schema::{Registry, RequestShape};

use crate::config::Listen;
use crate::endpoint::Endpoint;
use crate::route::Router;
use crate::server::Server;

/// The HTTP edge as a component.
///
/// **Operations** (arguments -> answer, both JSON):
/// 1 `listen`: [`Listen`] -> `{"host","port","url"}`. The calling isolate begins to serve. A second isolate with the same
///   arguments joins. Errors: `unavailable` when the address cannot be bound, `invalid_argument` with every problem of the
///   declarations in `details.problems`, `failed_precondition` when another configuration is being served.
/// 2 `drain`: `{"graceMs"}` -> `{"open"}`, the number of connections that had to be cut. Idempotent, legal before `listen`.
/// 3 `retire`: nothing -> `null`. The calling isolate gets no more requests.
pub fn component() -> Box<dyn Component> {
    Box::new(Api { active: Arc::default() })
}

struct Api {
    active: Arc<Mutex<Option<Active>>>,
}

struct Active {
    config: Listen,
    server: Arc<Server>,
    port: u16,
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
        let active = Arc::clone(&self.active);
        Box::pin(async move {
            match invocation.operation {
                1 => listen(&active, &invocation).await,
                2 => drain(&active, &invocation).await,
                3 => {
                    invocation.core.isolates().retire(invocation.isolate.id);
                    Ok(Text::from("null"))
                }
                other => Err(Failure::new("unimplemented", format!("api has no operation {other}"))),
            }
        })
    }
}

async fn listen(active: &Mutex<Option<Active>>, invocation: &Invocation) -> Answer {
    let config: Listen = invocation.arguments()?;
    let mut active = active.lock().await;
    let port = match &*active {
        Some(current) if !current.server.is_stopping() => {
            if current.config != config {
                let message = "another configuration is already being served: every isolate must listen with the same one";
                return Err(Failure::new("failed_precondition", message));
            }
            current.port
        }
        _ => {
            let router = build(&config)?;
            let address = (config.host.as_str(), config.port);
            let (server, port) =
                Server::start(invocation.core, router, config.limits.clone(), address).await?;
            *active = Some(Active { config: config.clone(), server, port });
            port
        }
    };
    invocation.core.isolates().serve(Arc::clone(&invocation.isolate));
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
