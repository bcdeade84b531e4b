//! The component: what isolates call.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::sync::watch;
use twinloop_mailbox::Text;
use twinloop_runtime::{Component, Failure, Invocation, Isolate, Operation, redact_with};

use crate::sources::Sources;
use crate::store::Store;
use crate::watch::Watch;

/// What an isolate may ask; `contract/cases/secrets/operations.json` says the same.
pub const OPERATIONS: [(&str, u16); 4] = [("listen", 1), ("changes", 2), ("unlisten", 3), ("refresh", 4)];

/// What is to be read again, for the isolate that settles what is found.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Watched {
    names: Vec<String>,
    sources: Sources,
    /// 0 for never.
    refresh_ms: u64,
}

#[derive(Deserialize)]
struct Listen {
    watch: Option<Watched>,
}

#[derive(Deserialize)]
struct Changes {
    since: u64,
}

#[derive(Default)]
struct State {
    /// By isolate: whether it has stopped listening.
    listeners: HashMap<u32, watch::Sender<bool>>,
    watch: Option<(u32, Arc<Watch>)>,
}

/// Number 5 in every frame.
#[derive(Default)]
struct Secrets(Arc<Mutex<State>>);

/// The component, with nothing watched.
pub fn component() -> Box<dyn Component> {
    redact_with(|text| Store::shared().redact(text));
    Box::new(Secrets::default())
}

impl Component for Secrets {
    fn name(&self) -> &'static str {
        "secrets"
    }

    fn call(&self, invocation: Invocation) -> Operation {
        let state = Arc::clone(&self.0);
        Box::pin(async move {
            match invocation.operation {
                1 => listen(&state, &invocation),
                2 => changes(&state, &invocation).await,
                3 => {
                    end(&state, invocation.isolate.id);
                    Ok(Text::default())
                }
                4 => {
                    let watch = lock(&state).watch.as_ref().map(|(_, watch)| Arc::clone(watch));
                    if let Some(watch) = watch {
                        watch.read_again().await;
                    }
                    Ok(Text::default())
                }
                other => Err(Failure::new("unimplemented", format!("secrets has no operation {other}"))),
            }
        })
    }

    fn isolate_ended(&self, isolate: &Isolate) {
        end(&self.0, isolate.id);
        lock(&self.0).listeners.remove(&isolate.id);
    }
}

/// From now on the isolate may ask for changes; gives the number after which they count.
fn listen(state: &Mutex<State>, invocation: &Invocation) -> Result<Text, Failure> {
    // What a parser says of a text may show a piece of it.
    let Listen { watch } = serde_json::from_slice(&invocation.payload)
        .map_err(|_| Failure::bad_arguments(&"the places of secrets are not as expected"))?;
    let id = invocation.isolate.id;
    let mut state = lock(state);
    state.listeners.insert(id, watch::Sender::new(false));
    if let Some(Watched { names, sources, refresh_ms }) = watch.filter(|watched| watched.refresh_ms > 0) {
        let refresh = Duration::from_millis(refresh_ms);
        let watch = Watch::new(Store::shared(), names, sources, refresh, invocation.core);
        if let Some((_, before)) = state.watch.replace((id, watch)) {
            before.stop();
        }
    }
    Ok(Text::from(json!({ "now": Store::shared().now() }).to_string()))
}

/// Waits until a value or a candidate is newer than `since`; empty when the isolate listens no longer.
async fn changes(state: &Mutex<State>, invocation: &Invocation) -> Result<Text, Failure> {
    let Changes { since } = invocation.arguments()?;
    let ended = lock(state).listeners.get(&invocation.isolate.id).map(watch::Sender::subscribe);
    let Some(mut ended) = ended else { return Ok(Text::default()) };
    let store = Store::shared();
    let mut moved = store.moved();
    loop {
        let news = store.news(since);
        if !news.is_empty() {
            let text = serde_json::to_string(&news);
            return text.map(Text::from).map_err(|error| Failure::bad_arguments(&error));
        }
        tokio::select! {
            _ = moved.changed() => {}
            // An error says that the isolate is gone.
            _ = ended.wait_for(|ended| *ended) => return Ok(Text::default()),
        }
    }
}

fn end(state: &Mutex<State>, isolate: u32) {
    let mut state = lock(state);
    if let Some(listener) = state.listeners.get(&isolate) {
        listener.send_replace(true);
    }
    if let Some((_, watch)) = state.watch.take_if(|(owner, _)| *owner == isolate) {
        watch.stop();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn the_operations_are_those_of_the_contract() {
        let contract = include_str!("../../../contract/cases/secrets/operations.json");
        let contract: HashMap<String, u16> = serde_json::from_str(contract).unwrap();
        let here: HashMap<String, u16> =
            OPERATIONS.iter().map(|(name, number)| ((*name).to_owned(), *number)).collect();
        assert_eq!(here, contract);
    }
}
